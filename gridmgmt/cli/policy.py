"""`gridmgmt policy`: the norms of the source documents, and what reaches them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

if TYPE_CHECKING:
    from gridmgmt.policy.evaluation import Finding, Verdict
    from gridmgmt.policy.model import Norm, Profile
    from gridmgmt.policy.subjects import Subjects

ProfileName = Annotated[str, typer.Argument(help="A profile as `policy list` names it, or a TOML file of your own.")]
MISSES_SHOWN = 5

commands = typer.Typer(no_args_is_help=True, help="Norms of the source documents: list, show, check.")


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="policy")


@commands.command("list")
def list_() -> None:
    """The profiles: name, number of norms, document."""
    from gridmgmt.policy.norms import profiles

    for known in profiles().values():
        typer.echo(f"{known.name:<14} {len(known.norms):>3}  {known.title}")


@commands.command()
def show(profile: ProfileName) -> None:
    """The norms of a profile with clause, bounds and words."""
    from gridmgmt.cli.main import language
    from gridmgmt.policy.norms import profile as read_profile
    from gridmgmt.policy.wording import bounds_words

    for norm in read_profile(profile).norms:
        typer.echo(f"{norm.clause:<10} {norm.key}  {bounds_words(norm, language())}")
        _quote(norm)
        if norm.remark:
            typer.echo(f"           ※ {norm.remark if language() == 'zh' else norm.remark_en or norm.remark}")


@commands.command()
def check(
    name: Annotated[
        str | None, typer.Argument(metavar="PROFILE", help="As `policy list` names it, or a TOML file.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="The same, as an option.")] = None,
    within: Annotated[str | None, typer.Option(help="Code or name of a boundary; the district.")] = None,
    at: Annotated[datetime | None, typer.Option(help="The day; today.", formats=["%Y-%m-%d"])] = None,
    plan: Annotated[
        str | None, typer.Option(help="Instead of the register: a stored plan's id, or a file of --out.")
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(help="CSV or XLSX with what else is known: applies_to, code, and a column per quantity."),
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Only what --figures says; no register is asked.")] = False,
    report: Annotated[Path | None, typer.Option(help="JSON file for the verdicts.")] = None,
) -> None:
    """The verdict of every norm on the register of a day, on a plan, or on figures of your own.

    What is not known is never called met.
    """
    from gridmgmt.cli.plan_files import write_json
    from gridmgmt.cli.plan_sides import subjects_of_file
    from gridmgmt.policy.evaluation import evaluate
    from gridmgmt.policy.norms import profile as read_profile
    from gridmgmt.policy.subjects import with_figures

    if (name is None) == (profile is None):
        raise InvalidInput(detail=Words("reasons.policy_one_profile"))
    norms = read_profile(name or profile or "")
    more = _figures(figures)
    _say_unused(figures, more, norms)
    if alone and (figures is None or plan is not None):
        raise InvalidInput(detail=Words("policy.alone_what"))
    if alone:
        verdicts = evaluate(more, norms)
    elif plan is not None and Path(plan).is_file():
        verdicts = evaluate(with_figures(subjects_of_file(Path(plan)), more), norms)
    else:
        verdicts = _stored(norms, plan, within, at, more)
    if report is not None:
        write_json(report, [verdict.as_dict() for verdict in verdicts])
    for verdict in verdicts:
        _say(verdict)


def _figures(path: Path | None) -> "Subjects":
    """The things of a table by kind; none without a file."""
    from gridmgmt.io.sheets import read_csv, read_xlsx
    from gridmgmt.policy.subjects import read_figures

    if path is None:
        return {}
    if not path.is_file():
        raise InvalidInput(detail=Words("policy.no_file", path=path))
    readers: dict[str, Any] = {".csv": read_csv, ".xlsx": read_xlsx}
    if path.suffix.lower() not in readers:
        raise InvalidInput(detail=Words("policy.no_table", name=path.name))
    return read_figures(readers[path.suffix.lower()](path), path.name)


def _say_unused(path: Path | None, more: "Subjects", norms: "Profile") -> None:
    """Columns of the user's table that no norm asks for: misspelt ones would else be "no data" without a word."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    given = dict.fromkeys(name for subjects in more.values() for subject in subjects for name in subject.values)
    asked = {name for norm in norms.norms for name in norm.reads}
    if path is not None and (unused := [name for name in given if name not in asked]):
        typer.echo(text("policy.figures_unused", language(), name=path.name, columns=unused), err=True)


def _stored(
    norms: "Profile", plan: str | None, within: str | None, at: datetime | None, more: "Subjects"
) -> "list[Verdict]":
    from gridmgmt.services.compliance import check_plan, check_register
    from gridmgmt.services.plans import find_scope, today
    from gridmgmt.store.engine import transaction

    day = at.date() if at else today()
    with transaction() as session:
        if plan is not None:
            return check_plan(session, norms, _plan_id(plan), more)
        return check_register(session, norms, find_scope(session, within, day), day, more)


def _plan_id(plan: str) -> UUID:
    try:
        return UUID(plan)
    except ValueError as error:
        raise InvalidInput(detail=Words("policy.no_plan", plan=plan)) from error


def _say(verdict: "Verdict") -> None:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    word = text(f"plans.verdict_{verdict.outcome}", language())
    typer.echo(f"{word:<8} {verdict.norm.clause:<10} {verdict.norm.key}  {_counts(verdict)}")
    _quote(verdict.norm)
    missed = [finding for finding in verdict.findings if finding.outcome == "not_met"]
    for finding in missed[:MISSES_SHOWN]:
        _say_miss(finding)


def _say_miss(finding: "Finding") -> None:
    """A thing that misses its norm, with its figure, how far it is off, and what the figure counts."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import LISTED, text
    from gridmgmt.policy.wording import PLAIN

    typer.echo(f"           {finding.subject.name}: {finding.figure:{PLAIN}} ({finding.margin:+{PLAIN}})")
    if finding.behind:
        names = LISTED[language()].join(finding.behind[:MISSES_SHOWN]) + (
            " …" if len(finding.behind) > MISSES_SHOWN else ""
        )
        typer.echo(f"             {text('policy.behind', language(), names=names)}")


def _quote(norm: "Norm") -> None:
    """The words of the clause, in Chinese as they stand there, and what they say for readers of English."""
    from gridmgmt.cli.main import language

    typer.echo(f"           {norm.quote}")
    if language() != "zh":
        typer.echo(f"           {norm.quote_en}")


def _counts(verdict: "Verdict") -> str:
    """How many things reach the norm, of how many, and the least margin with its unit; or that it is about none."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.policy.wording import PLAIN, unit_words

    margins = [finding.margin for finding in verdict.findings if finding.margin is not None]
    if not verdict.findings:
        spared = verdict.not_concerned
        return f"–  {text('policy.concerns_none', language(), count=spared)}" if spared else "–"
    counted = f"{verdict.count('met')}/{len(verdict.findings)}"
    return f"{counted}  {min(margins):+{PLAIN}} {unit_words(verdict.norm.unit, language())}" if margins else counted
