"""`gridmgmt policy`: the norms of the source documents, and what reaches them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from gridmgmt.errors import InvalidInput

if TYPE_CHECKING:
    from gridmgmt.policy.evaluation import Verdict
    from gridmgmt.policy.model import Norm

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
    from gridmgmt.policy.norms import profile as read_profile

    for norm in read_profile(profile).norms:
        typer.echo(f"{norm.clause:<10} {norm.key}  {_bounds(norm.low, norm.high)} {norm.unit}")
        _quote(norm)
        if norm.remark:
            typer.echo(f"           ※ {norm.remark}")


@commands.command()
def check(
    name: Annotated[
        str | None, typer.Argument(metavar="PROFILE", help="As `policy list` names it, or a TOML file.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="The same, as an option.")] = None,
    within: Annotated[str | None, typer.Option(help="Code or name of a boundary; the district.")] = None,
    at: Annotated[datetime | None, typer.Option(help="The day; today.", formats=["%Y-%m-%d"])] = None,
    plan: Annotated[UUID | None, typer.Option(help="A stored plan instead of the register.")] = None,
    report: Annotated[Path | None, typer.Option(help="JSON file for the verdicts.")] = None,
) -> None:
    """The verdict of every norm on the register of a day, or on a plan. What is not known is never called met."""
    from gridmgmt.cli.plan_files import write_json
    from gridmgmt.policy.norms import profile as read_profile
    from gridmgmt.services.compliance import check_plan, check_register
    from gridmgmt.services.plans import find_scope, today
    from gridmgmt.store.engine import transaction

    if (name is None) == (profile is None):
        raise InvalidInput(detail="name one profile, such as: gridmgmt policy check luohu-2006")
    norms = read_profile(name or profile or "")
    day = at.date() if at else today()
    with transaction() as session:
        if plan is not None:
            verdicts = check_plan(session, norms, plan)
        else:
            verdicts = check_register(session, norms, find_scope(session, within, day), day)
    if report is not None:
        write_json(report, [verdict.as_dict() for verdict in verdicts])
    for verdict in verdicts:
        _say(verdict)


def _say(verdict: "Verdict") -> None:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    word = text(f"plans.verdict_{verdict.outcome}", language())
    typer.echo(f"{word:<8} {verdict.norm.clause:<10} {verdict.norm.key}  {_counts(verdict)}")
    _quote(verdict.norm)
    missed = [finding for finding in verdict.findings if finding.outcome == "not_met"]
    for finding in missed[:MISSES_SHOWN]:
        typer.echo(f"           {finding.subject.name}: {finding.figure:g} ({finding.margin:+g})")


def _quote(norm: "Norm") -> None:
    """The words of the clause, in Chinese as they stand there, and what they say for readers of English."""
    from gridmgmt.cli.main import language

    typer.echo(f"           {norm.quote}")
    if language() != "zh":
        typer.echo(f"           {norm.quote_en}")


def _counts(verdict: "Verdict") -> str:
    checked = len(verdict.findings)
    return f"{verdict.count('met')}/{checked}" if checked else "–"


def _bounds(low: float | None, high: float | None) -> str:
    return f"{'' if low is None else f'{low:g}'}–{'' if high is None else f'{high:g}'}"
