"""`gridmgmt score`, `gridmgmt plan score | compare | ensemble`: how good a plan is, beside others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from gridmgmt.cli.planning import CrsOption
from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmgmt.cli.plan_sides import Columns
    from gridmgmt.cli.reports import ReportFacts
    from gridmgmt.messages import Language
    from gridmgmt.planning.comparing.comparison import Comparison
    from gridmgmt.planning.scorecard import Scorecard

CURRENT = "current"

PlanArgument = Annotated[UUID, typer.Argument(help="As `plan list` gives it.")]
Side = Annotated[str, typer.Argument(help="A plan's id, `current` for what was in force, or a file of units.")]
JsonFile = Annotated[Path | None, typer.Option(help="JSON file for the figures.")]
LowOption = Annotated[int, typer.Option(min=0, help="Fewest households of a part.")]
HighOption = Annotated[int, typer.Option(min=1, help="Most households of a part.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command, and to `gridmgmt plan`."""
    from gridmgmt.cli.plans import commands

    app.command()(score)
    commands.command("score")(score_stored)
    commands.command()(compare)
    commands.command()(ensemble)


def score(
    units: Annotated[Path, typer.Argument(help="Units with their part; layer `units` of a GeoPackage.", exists=True)],
    low: LowOption = 120,
    high: HighOption = 180,
    target: Annotated[float | None, typer.Option(help="Households of a part; the middle of the range.")] = None,
    part: Annotated[str, typer.Option(help="Column with the part.")] = "part",
    households: Annotated[str, typer.Option(help="Column with the households.")] = "households",
    current: Annotated[str | None, typer.Option(help="Column with the area of today.")] = None,
    compound: Annotated[str | None, typer.Option(help="Column with the compound.")] = None,
    streets: Annotated[Path | None, typer.Option(help="Streets, for walks.", exists=True)] = None,
    stations: Annotated[Path | None, typer.Option(help="Stations, for walks.", exists=True)] = None,
    barriers: Annotated[Path | None, typer.Option(help="Rivers, railways, walls.", exists=True)] = None,
    crs: CrsOption = None,
    report: JsonFile = None,
) -> None:
    """Every metric of a plan in a file; what is not given says "no data"."""
    from gridmgmt.cli.plan_files import read_beside
    from gridmgmt.cli.plan_sides import read_units
    from gridmgmt.planning.scorecard import score as score_frames

    frame, parts = read_units(units, crs)
    card = score_frames(
        frame,
        parts,
        low=low,
        high=high,
        target=target,
        households=households,
        part=part,
        current=current,
        compound=compound,
        streets=read_beside(streets, "streets", crs),
        stations=read_beside(stations, "stations", crs),
        barriers=read_beside(barriers, "barriers", crs),
    )
    _say_card(card, report)


def score_stored(plan_id: PlanArgument, report: JsonFile = None) -> None:
    """Every metric of a stored plan."""
    from gridmgmt.services.comparing import score_plan
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        card = score_plan(session, plan_id)
    _say_card(card, report)


def compare(
    a: Side,
    b: Side,
    out: Annotated[Path | None, typer.Option(help="Report to write: .xlsx, .json, .html or .pdf.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language of the report: zh or en.")] = None,
    profile: Annotated[str | None, typer.Option(help="Norms to check plan B by, as `policy list` names them.")] = None,
    low: LowOption = 120,
    high: HighOption = 180,
    code: Annotated[str, typer.Option(help="Files: column by which units are matched.")] = "code",
    households: Annotated[str, typer.Option(help="Files: column with the households.")] = "households",
    part_a: Annotated[str, typer.Option(help="File A: column with the part.")] = "part",
    part_b: Annotated[str, typer.Option(help="File B: column with the part.")] = "part",
    crs: CrsOption = None,
) -> None:
    """Plan B against plan A: households that move, what became of each part, every metric side by side.

    With --part-a the plan of a file is compared with a division that the same file has in another column. Options
    from --low on are for files.
    """
    from gridmgmt.cli.plan_sides import Columns
    from gridmgmt.cli.reports import check_suffix, write_comparison

    language = _language(lang)
    check_suffix(out)
    files = Path(a).is_file() and Path(b).is_file()
    if files:
        sides = ((Path(a), part_a), (Path(b), part_b))
        found, facts = _from_files(sides, Columns(code, households, low, high, crs), profile)
    else:
        found, facts = _stored(a, b, language, profile)
    if out is not None:
        write_comparison(out, found, language, facts)
        typer.echo(_text("report_written", path=out), err=True)
    typer.echo(
        _text(
            "compared_units" if files else "compared",
            first=found.a.name,
            second=found.b.name,
            households=found.households_moved,
            buildings=found.units_moved,
            touched=found.areas_touched,
            information=found.variation_of_information,
        )
    )
    if out is None:
        _say_pairs(found)
        _say_verdicts(facts)


def ensemble(
    plan_id: PlanArgument,
    size: Annotated[int, typer.Option(min=1, help="Random valid plans to set beside it.")] = 10_000,
    thin: Annotated[int | None, typer.Option(min=1, help="Steps between two of them; as many as parts.")] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal ensembles.")] = 0,
    report: JsonFile = None,
) -> None:
    """How a plan stands among random valid ones: "better than 97 % of 10,000"."""
    from gridmgmt.cli.plan_files import write_json
    from gridmgmt.planning.scorecard import METRICS
    from gridmgmt.services.comparing import plan_ensemble
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        found = plan_ensemble(session, plan_id, size=size, thin=thin, seed=seed)
    figures = {"size": size, "parts": found.parts, "frozen": len(found.frozen), "accepted": f"{found.accepted:.1%}"}
    typer.echo(_text("ensemble_summary", **figures))
    for key, value in found.start.items():
        title, shown = METRICS[key].title(_language(None)), METRICS[key].shown(value, _language(None))
        share = f"{found.better_than(key, value):.1%}"
        typer.echo("  " + _text("better_than", title=title, figure=shown, size=size, share=share))
    if report is not None:
        write_json(report, found.as_dict() | {"seed": seed})


def _from_files(
    sides: "Sequence[tuple[Path, str]]", columns: "Columns", profile: str | None
) -> "tuple[Comparison, ReportFacts]":
    """Two sides from files, each with its column of parts; with a profile the verdicts on the second file's plan."""
    from gridmgmt.cli.plan_sides import division, subjects_of_file
    from gridmgmt.cli.reports import ReportFacts
    from gridmgmt.planning.comparing.comparison import compare
    from gridmgmt.policy.evaluation import evaluate
    from gridmgmt.policy.norms import profile as read_profile
    from gridmgmt.services.plans import today

    norms = None if profile is None else read_profile(profile)
    found = compare(*(division(path, part, columns) for path, part in sides))
    verdicts = [] if norms is None else evaluate(subjects_of_file(sides[1][0]), norms)
    return found, ReportFacts(at=today(), place="", verdicts=[row.as_dict() for row in verdicts])


def _stored(a: str, b: str, language: "Language", profile: str | None) -> "tuple[Comparison, ReportFacts]":
    """Two sides of the database, and what the report says besides."""
    from gridmgmt.cli.reports import ReportFacts
    from gridmgmt.policy.norms import profile as read_profile
    from gridmgmt.services.comparing import compare_plans
    from gridmgmt.services.compliance import check_plan
    from gridmgmt.services.plans import get_plan
    from gridmgmt.store.engine import transaction

    sides: list[Any] = [CURRENT if side == CURRENT else _plan_id(side) for side in (a, b)]
    norms = None if profile is None else read_profile(profile)
    with transaction() as session:
        found = compare_plans(session, sides[0], sides[1], language=language)
        planned = get_plan(session, sides[0] if sides[1] == CURRENT else sides[1])
        verdicts = [] if norms is None else [row.as_dict() for row in check_plan(session, norms, planned.id)]
        facts = ReportFacts(planned.base_date, "", planned.report, verdicts)
    return found, facts


def _plan_id(side: str) -> UUID:
    try:
        return UUID(side)
    except ValueError as error:
        raise InvalidInput(detail=Words("reasons.compare_side", side=side)) from error


def _say_card(card: "Scorecard", report: Path | None) -> None:
    from gridmgmt.cli.plan_files import write_json

    group = ""
    for metric, title, shown in card.rows(_language(None)):
        if metric.group != group:
            group = metric.group
            typer.echo(_text(f"group_{group}"))
        typer.echo(f"  {title}: {shown}")
    if report is not None:
        write_json(report, card.as_dict())


def _say_pairs(found: "Comparison") -> None:
    language = _language(None)
    for pair in found.metrics:
        shown = [pair.metric.shown(value, language) for value in (pair.a, pair.b)]
        better = _text(f"better_{pair.better}")
        typer.echo(f"  {pair.metric.title(language)}: {' → '.join(shown)}  {better}")


def _say_verdicts(facts: "ReportFacts") -> None:
    from gridmgmt.messages import text

    for row in facts.verdicts:
        word = text(f"plans.verdict_{row['verdict']}", _language(None))
        typer.echo(f"  {word:<8} {row['clause']:<10} {row['norm']}  {row['met']}/{row['checked']}")


def _language(given: str | None) -> "Language":
    from gridmgmt.cli.main import language
    from gridmgmt.messages import LANGUAGES

    for known in LANGUAGES:
        if known == (given or language()):
            return known
    raise InvalidInput(detail=Words("reasons.no_such_language", given=given, languages=LANGUAGES))


def _text(key: str, **values: object) -> str:
    from gridmgmt.messages import text

    return text(f"scorecard.{key}", _language(None), **values)
