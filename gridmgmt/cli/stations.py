"""`gridmgmt resize`, `merge` and `coverage` on files, and `gridmgmt replay`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridmgmt.cli.plan_files import result_file, write_json
from gridmgmt.cli.planning import CrsOption, InputFile, OutFile, ReportFile, SourceLayer

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

Households = Annotated[str, typer.Option(help="Column with the households.")]
Seed = Annotated[int, typer.Option(help="Equal seeds give equal plans.")]
TimeLimit = Annotated[float, typer.Option(min=0.1, help="Seconds; the last stop.")]
CodeOption = Annotated[str | None, typer.Option(help="Column that names the rows in the report.")]

LowOption = Annotated[int | None, typer.Option(min=0, help="Fewest households of a station; 6000, rural 0.")]
HighOption = Annotated[int | None, typer.Option(min=1, help="Most households of a station; 10000, rural 600.")]
RuralOption = Annotated[bool, typer.Option("--rural", help="Villages: several small ones may share a station.")]
GoalOption = Annotated[
    list[str] | None, typer.Option(help="stations, walk, premises, upgrade, type, staff, outside; again for the next.")
]
WeightsOption = Annotated[
    str | None, typer.Option(help="One price of several goals, such as walk=1,stations=500 (walk: per household-km).")
]
SuggestOption = Annotated[int, typer.Option(min=0, help="Say where so many more stations help most.")]
AimOption = Annotated[str, typer.Option(help="coverage: most households within 15 minutes; walk: least walking.")]
ParetoOption = Annotated[
    Path | None, typer.Option(help="CSV or JSON file for the whole front: stations, mean walk, upgrade.")
]

replay_commands = typer.Typer(no_args_is_help=True, help="A plan that was carried out, checked and compared.")


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.command()(resize)
    app.command()(merge)
    app.command()(coverage)
    app.add_typer(replay_commands, name="replay")


def resize(
    units: InputFile,
    current: Annotated[str, typer.Option(help="Column with the community of today.")],
    out: OutFile,
    households: Households = "households",
    parent: Annotated[str | None, typer.Option(help="Column no community may cross.")] = None,
    low: Annotated[int, typer.Option(min=0, help="Fewest households of a community.")] = 1000,
    high: Annotated[int, typer.Option(min=1, help="Most households of a community.")] = 2000,
    locks: Annotated[str | None, typer.Option(help="Column: rows where it is true stay in their community.")] = None,
    locked: Annotated[list[str] | None, typer.Option(help="A community that stays as it is; again for more.")] = None,
    grids: Annotated[str | None, typer.Option(help="Column with the grid: whole grids move where they can.")] = None,
    report: ReportFile = None,
    code: CodeOption = None,
    crs: CrsOption = None,
    source_layer: SourceLayer = None,
    seed: Seed = 0,
    time_limit: TimeLimit = 60.0,
) -> None:
    """Redraw communities to 1,000–2,000 households with the fewest households moved."""
    from gridmgmt.cli.main import language
    from gridmgmt.cli.plan_files import read_frame, write_plan, write_report
    from gridmgmt.cli.planning import say
    from gridmgmt.messages import text
    from gridmgmt.planning.resize import resize as resize_units

    plan = resize_units(
        read_frame(units, crs, source_layer),
        current=current,
        households=households,
        parent=parent,
        low=low,
        high=high,
        locks=locks,
        locked=locked or (),
        grids=grids,
        code=code,
        seed=seed,
        time_limit_s=time_limit,
    )
    write_plan(out, plan)
    write_report(report, plan)
    say(plan)
    moved, gap = plan.report["moved_households"], 100 * plan.report["objective"]["gap"]
    typer.echo(text("plans.moved", language(), count=moved, gap=f"{gap:.1f}"))
    if "grids_split" in plan.report:
        typer.echo(text("plans.grids_split", language(), count=len(plan.report["grids_split"])))


def merge(
    communities: InputFile,
    out: OutFile,
    households: Households = "households",
    parent: Annotated[str | None, typer.Option(help="Column no station area may cross.")] = None,
    low: LowOption = None,
    high: HighOption = None,
    rural: RuralOption = False,
    locks: Annotated[str | None, typer.Option(help="Column: rows of one value stay together, of two apart.")] = None,
    goal: GoalOption = None,
    weights: WeightsOption = None,
    premises: Annotated[str | None, typer.Option(help="Column: norms that the station's premises miss.")] = None,
    upgrade: Annotated[str | None, typer.Option(help="Column: m² or yuan that the premises lack, whole.")] = None,
    kinds: Annotated[str | None, typer.Option(help="Column: type of the community, for the weight type.")] = None,
    staff: Annotated[str | None, typer.Option(help="Column: staff of today; who moves where is said.")] = None,
    pareto: ParetoOption = None,
    report: ReportFile = None,
    code: CodeOption = None,
    crs: CrsOption = None,
    source_layer: SourceLayer = None,
    seed: Seed = 0,
    time_limit: TimeLimit = 60.0,
) -> None:
    """Group communities into station areas of 6,000–10,000 households, proven best for each parent."""
    from gridmgmt.cli.merging import named_goals, say_front, say_merge, with_staff, write_front
    from gridmgmt.cli.plan_files import read_frame, write_plan, write_report
    from gridmgmt.planning.frames import households_of
    from gridmgmt.planning.merge import merge as merge_communities
    from gridmgmt.planning.merging.front import merge_front

    frame = read_frame(communities, crs, source_layer)
    how: dict[str, Any] = {"households": households, "parent": parent, "low": low, "high": high, "rural": rural}
    how |= {"locks": locks, "upgrade": upgrade, "code": code}
    rank = None if premises is None else households_of(frame, premises)
    goals = named_goals(goal, weights)
    plan = merge_communities(
        frame, kinds=kinds, staff=staff, site_rank=rank, seed=seed, time_limit_s=time_limit, **how, **goals
    )
    plan = plan if staff is None else with_staff(plan, staff, code)
    write_plan(out, plan)
    write_report(report, plan)
    say_merge(plan)
    if pareto is not None:
        front = merge_front(frame, **how)
        write_front(pareto, front)
        say_front(front)


def coverage(
    buildings: InputFile,
    streets: Annotated[Path, typer.Option(help="Lines that meet in common vertices.", exists=True)],
    stations: Annotated[Path, typer.Option(help="Points or polygons.", exists=True)],
    out: Annotated[
        Path | None, typer.Option(help="GeoPackage to write: layer `buildings`.", callback=result_file)
    ] = None,
    barriers: Annotated[Path | None, typer.Option(help="Rivers, railways, walls not to cross.", exists=True)] = None,
    households: Households = "households",
    serving: Annotated[str | None, typer.Option(help="Column with the serving station; else the nearest.")] = None,
    serving_after: Annotated[str | None, typer.Option(help="The same after a change: gained and lost.")] = None,
    community: Annotated[str, typer.Option(help="Column by which gained and lost are counted.")] = "community",
    suggest: SuggestOption = 0,
    candidates: Annotated[
        Path | None, typer.Option(help="Places for new stations; street corners.", exists=True)
    ] = None,
    aim: AimOption = "coverage",
    report: ReportFile = None,
    crs: CrsOption = None,
    source_layer: SourceLayer = None,
) -> None:
    """Walking distance along the streets from every building to its station: shares, median, what is out of reach."""
    from gridmgmt.cli.plan_files import read_beside, read_frame
    from gridmgmt.cli.suggesting import say_suggestion, suggestion_figures
    from gridmgmt.planning.service import coverage as cover
    from gridmgmt.planning.service_suggestion import suggest_station

    places = (
        read_frame(buildings, crs, source_layer),
        read_beside(streets, "streets", crs),
        read_beside(stations, "stations", crs),
        read_beside(barriers, "barriers", crs),
    )
    before = cover(*places, households=households, serving=serving)
    frame, figures = before.buildings, before.report
    if serving_after is not None:
        after = cover(*places, households=households, serving=serving_after)
        frame, figures = _before_and_after(before, after, households, community)
    found = None
    if suggest:
        more: dict[str, Any] = {"candidates": read_beside(candidates, "candidates", crs), "count": suggest, "aim": aim}
        found = suggest_station(*places, households=households, serving=serving_after or serving, **more)
        figures = {**figures, "suggestion": suggestion_figures(found)}
    _write_coverage(out, report, frame, figures)
    say_coverage(figures if serving_after is None else figures["after"])
    if found is not None:
        say_suggestion(found)


def _write_coverage(out: Path | None, report: Path | None, frame: "GeoDataFrame", figures: dict[str, Any]) -> None:
    import numpy as np

    from gridmgmt.cli.plan_files import write_layers

    if out is not None:
        write_layers(out, {"buildings": frame.replace(np.inf, np.nan)})
    if report is not None:
        write_json(report, figures)


def _before_and_after(
    before: Any, after: Any, households: str, community: str
) -> "tuple[GeoDataFrame, dict[str, Any]]":
    from gridmgmt.planning.frames import column_of, households_of
    from gridmgmt.planning.service import change_of, compare_coverage

    weights = households_of(before.buildings, households)
    table = compare_coverage(before.metres, after.metres, weights, column_of(before.buildings, community))
    columns = {
        "station_after": after.buildings["station"],
        "distance_after_m": after.buildings["distance_m"],
        "change": change_of(before.metres, after.metres),
    }
    figures = {"task": "coverage", "before": before.report, "after": after.report}
    return before.buildings.assign(**columns), {**figures, "communities": table.to_dict("records")}


def say_coverage(figures: dict[str, Any]) -> None:
    """The shares within each distance, the median, and who is out of reach, one line each."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    for limit, share in figures["share_within_m"].items():
        typer.echo(text("plans.share_within", language(), metres=limit, share=f"{100 * share:.1f}"))
    share = 100 * figures["share_within_15_minutes"]
    typer.echo(text("plans.share_within_15_minutes", language(), share=f"{share:.1f}"))
    typer.echo(text("plans.median_and_p90", language(), median=figures["median_m"], p90=figures["p90_m"]))
    lost = figures["unreachable"]
    if lost["buildings"]:
        typer.echo(text("plans.unreachable", language(), buildings=lost["buildings"], households=lost["households"]))


@replay_commands.command("luohu-2006")
def replay_luohu_2006(
    report: ReportFile = None,
    map_: Annotated[Path | None, typer.Option("--map", help="HTML file: before and after, side by side.")] = None,
) -> None:
    """Luohu's merger of 115 stations into 83, checked against the norms, beside the best plan for the same goals."""
    from gridmgmt.cli.replaying import draw_replay, say_replay
    from gridmgmt.services.replay import replay_luohu_2006 as replay
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        result = replay(session)
        if report is not None:
            write_json(report, result.report)
        if map_ is not None:
            draw_replay(session, result, map_)
    say_replay(result)
