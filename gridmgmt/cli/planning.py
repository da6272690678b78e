"""`gridmgmt divide`: planning on files."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmgmt.cli.plan_files import result_file

if TYPE_CHECKING:
    from gridmgmt.planning.report import PlanResult
    from gridmgmt.store.tables import Plan

InputFile = Annotated[Path, typer.Argument(help="GeoPackage, GeoJSON, Shapefile or GeoParquet.", exists=True)]
OutFile = Annotated[Path, typer.Option(help="GeoPackage to write: layers `units` and `parts`.", callback=result_file)]
SourceLayer = Annotated[str | None, typer.Option(help="Layer of the input, where it has several.")]
ReportFile = Annotated[Path | None, typer.Option(help="JSON file for the report.")]
CrsOption = Annotated[str | None, typer.Option(help="EPSG:n, gcj02 or bd09, where the file does not say.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.command()(divide)


class Effort(StrEnum):
    """How long `divide` searches, and for what."""

    FAST = "fast"
    THOROUGH = "thorough"
    EXACT = "exact"


EffortOption = Annotated[
    Effort, typer.Option(help="fast; thorough: rounder; exact: least deviation, with a proven bound.")
]
RoundnessOption = Annotated[
    float | None,
    typer.Option(help="How round grids shall be on the mean (Polsby-Popper); fast: 0.67, thorough: 0.69."),
]


def divide(
    units: InputFile,
    out: OutFile,
    households: Annotated[str, typer.Option(help="Column with the households.")] = "households",
    within: Annotated[str | None, typer.Option(help="Column that no grid reaches across (community).")] = None,
    target: Annotated[int, typer.Option(min=1, help="Households of a grid.")] = 150,
    low: Annotated[int, typer.Option(min=0, help="Fewest households of a grid.")] = 120,
    high: Annotated[int, typer.Option(min=1, help="Most households of a grid.")] = 180,
    report: ReportFile = None,
    areas: Annotated[Path | None, typer.Option(help="Polygons that the grids must tile.", exists=True)] = None,
    areas_code: Annotated[str, typer.Option(help="Column of --areas with the values of --within.")] = "code",
    entrances: Annotated[Path | None, typer.Option(help="Entrances that split large units.", exists=True)] = None,
    places: Annotated[Path | None, typer.Option(help="Places that get grids of their own.", exists=True)] = None,
    streets: Annotated[Path | None, typer.Option(help="Streets the grids had better follow.", exists=True)] = None,
    barriers: Annotated[Path | None, typer.Option(help="Rivers, railways, walls not to cross.", exists=True)] = None,
    code: Annotated[str | None, typer.Option(help="Column that names the units in the report.")] = None,
    crs: CrsOption = None,
    source_layer: SourceLayer = None,
    compounds: Annotated[str | None, typer.Option(help="Column with the compound, kept whole where it can be.")] = None,
    effort: EffortOption = Effort.FAST,
    thorough: Annotated[bool, typer.Option("--thorough", help="The same as --effort thorough.")] = False,
    roundness: RoundnessOption = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal plans.")] = 0,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds; the last stop.")] = 60.0,
) -> None:
    """Divide units into contiguous grids of about 150 households."""
    from gridmgmt.cli.plan_files import read_beside, read_frame, show_progress, write_plan, write_report
    from gridmgmt.planning.divide import divide as divide_units

    plan = divide_units(
        read_frame(units, crs, source_layer),
        households=households,
        within=within,
        target=target,
        low=low,
        high=high,
        areas=read_beside(areas, "areas", crs),
        areas_code=areas_code,
        entrances=read_beside(entrances, "entrances", crs),
        places=read_beside(places, "places", crs),
        streets=read_beside(streets, "streets", crs),
        barriers=read_beside(barriers, "barriers", crs),
        code=code,
        compounds=compounds,
        effort="thorough" if thorough else effort.value,
        roundness=roundness,
        seed=seed,
        time_limit_s=time_limit,
        progress=show_progress(),
    )
    write_plan(out, plan)
    write_report(report, plan)
    say(plan)


def say(plan: "PlanResult | Plan") -> None:
    """One line on what was planned, and one for each reason why a part is out of range."""
    from collections import Counter

    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    figures = plan.report
    share = 100 * figures["share_in_range"]
    status = text(f"planning.status_{figures['status']}", language())
    typer.echo(text("planning.summary", language(), parts=figures["parts"], share=f"{share:.1f}", status=status))
    for warning in figures.get("warnings", ()):
        typer.echo("  " + text(f"planning.{warning['reason']}", language(), count=warning["count"]))
    for reason, count in Counter(entry["reason"] for entry in figures["unmet"]).most_common():
        typer.echo("  " + text("planning.reason", language(), count=count, reason=reason_text(reason)))


def reason_text(reason: str) -> str:
    """What a reason code means; the code itself where no text is kept for it."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    try:
        return text(f"planning.{reason}", language())
    except KeyError:
        return reason
