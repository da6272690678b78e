"""`gridmgmt plan`: plans on the database."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from gridmgmt.cli.planning import Effort, EffortOption, RoundnessOption
from gridmgmt.cli.stations import (
    AimOption,
    GoalOption,
    HighOption,
    LowOption,
    ParetoOption,
    RuralOption,
    SuggestOption,
    WeightsOption,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmgmt.store.tables import Plan

Where = Annotated[str | None, typer.Option("--subdistrict", help="Code or name; without it the whole district.")]
At = Annotated[datetime | None, typer.Option(help="The day whose boundaries are planned; today.", formats=["%Y-%m-%d"])]
Author = Annotated[str, typer.Option(help="Who made the plan.")]
Seed = Annotated[int, typer.Option(help="Equal seeds give equal plans.")]
TimeLimit = Annotated[float, typer.Option(min=0.1, help="Seconds; the last stop.")]

commands = typer.Typer(no_args_is_help=True, help="Plans on the database: compute, list, look at, publish.")


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="plan")


@commands.command()
def divide(
    subdistrict: Where = None,
    community: Annotated[list[str] | None, typer.Option(help="Code of a community; again for more.")] = None,
    at: At = None,
    target: Annotated[int, typer.Option(min=1, help="Households of a grid.")] = 150,
    low: Annotated[int, typer.Option(min=0, help="Fewest households of a grid.")] = 120,
    high: Annotated[int, typer.Option(min=1, help="Most households of a grid.")] = 180,
    effort: EffortOption = Effort.FAST,
    roundness: RoundnessOption = None,
    author: Author = "",
    seed: Seed = 0,
    time_limit: TimeLimit = 60.0,
) -> None:
    """Divide communities into grids of about 150 households."""
    from gridmgmt.cli.plan_files import show_progress
    from gridmgmt.services.plans import divide_grids
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        plan = divide_grids(
            session,
            _scope(session, subdistrict, _day(at)),
            at=_day(at),
            community_codes=community,
            target=target,
            low=low,
            high=high,
            effort=effort.value,
            roundness=roundness,
            author=author,
            seed=seed,
            time_limit_s=time_limit,
            progress=show_progress(),
        )
        _say_plan(plan)


@commands.command()
def resize(
    subdistrict: Where = None,
    at: At = None,
    low: Annotated[int, typer.Option(min=0, help="Fewest households of a community.")] = 1000,
    high: Annotated[int, typer.Option(min=1, help="Most households of a community.")] = 2000,
    locked: Annotated[list[str] | None, typer.Option(help="A community that stays as it is; again for more.")] = None,
    whole_grids: Annotated[bool, typer.Option(help="Move whole grids where they can.")] = True,
    author: Author = "",
    seed: Seed = 0,
    time_limit: TimeLimit = 60.0,
) -> None:
    """Redraw communities to 1,000–2,000 households with the fewest households moved."""
    from gridmgmt.services.plans import resize_communities
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        code = _scope(session, subdistrict, _day(at))
        plan = resize_communities(
            session,
            code,
            at=_day(at),
            low=low,
            high=high,
            locked=locked or (),
            whole_grids=whole_grids,
            author=author,
            seed=seed,
            time_limit_s=time_limit,
        )
        _say_plan(plan)


@commands.command()
def merge(
    subdistrict: Where = None,
    at: At = None,
    low: LowOption = None,
    high: HighOption = None,
    rural: RuralOption = False,
    goal: GoalOption = None,
    weights: WeightsOption = None,
    pareto: ParetoOption = None,
    author: Author = "",
    seed: Seed = 0,
    time_limit: TimeLimit = 60.0,
) -> None:
    """Merge stations to 6,000–10,000 households each, inside their subdistrict, proven best."""
    from gridmgmt.cli.merging import named_goals, say_front, say_merge, write_front
    from gridmgmt.services.plans import merge_stations, station_front
    from gridmgmt.store.engine import transaction

    goals = named_goals(goal, weights)
    with transaction() as session:
        scope, day = _scope(session, subdistrict, _day(at)), _day(at)
        plan = merge_stations(
            session,
            scope,
            at=day,
            low=low,
            high=high,
            rural=rural,
            author=author,
            seed=seed,
            time_limit_s=time_limit,
            **goals,
        )
        typer.echo(f"{plan.id}  {plan.name}")
        say_merge(plan)
        if pareto is not None:
            front = station_front(session, scope, at=day, low=low, high=high, rural=rural)
            write_front(pareto, front)
            say_front(front)


@commands.command()
def coverage(
    plan_id: Annotated[UUID, typer.Argument(help="A plan of stations (merge or replay).")],
    suggest: SuggestOption = 0,
    aim: AimOption = "coverage",
    report: Annotated[Path | None, typer.Option(help="JSON file for the figures.")] = None,
) -> None:
    """Walking distances before and under a plan of stations, and where more stations would help most."""
    from gridmgmt.cli.main import language
    from gridmgmt.cli.plan_files import write_json
    from gridmgmt.cli.stations import say_coverage
    from gridmgmt.cli.suggesting import say_suggestion, suggestion_figures
    from gridmgmt.messages import text
    from gridmgmt.services.coverage import coverage_of_plan, suggest_stations
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        found = coverage_of_plan(session, plan_id)
        figures, next_ = found.report, None
        if suggest:
            where: dict[str, Any] = {"count": suggest, "aim": aim, "plan_id": plan_id}
            next_ = suggest_stations(session, found.ground.scope_code, found.ground.at, **where)
            figures = {**figures, "suggestion": suggestion_figures(next_)}
    for side in ("before", "after"):
        typer.echo(text(f"plans.coverage_{side}", language()))
        say_coverage(found.report[side])
    sums = found.communities[["gained", "lost"]].sum()
    typer.echo(text("plans.gained_and_lost", language(), gained=int(sums["gained"]), lost=int(sums["lost"])))
    if next_ is not None:
        say_suggestion(next_)
    if report is not None:
        write_json(report, figures)


@commands.command("list")
def list_() -> None:
    """All plans, newest first: id, state, day, name."""
    from gridmgmt.services.plans import list_plans
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        for plan in list_plans(session):
            typer.echo(f"{plan.id}  {plan.state:<9}  {plan.base_date}  {plan.name}")


@commands.command()
def show(
    plan_id: Annotated[UUID, typer.Argument(help="As `plan list` gives it.")],
    as_json: Annotated[bool, typer.Option("--json", help="The whole report.")] = False,
) -> None:
    """The report of a plan."""
    import json

    from gridmgmt.services.plans import get_plan
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        plan = get_plan(session, plan_id)
        if as_json:
            typer.echo(json.dumps(plan.report, ensure_ascii=False, indent=2))
        else:
            _say_plan(plan)


@commands.command()
def publish(
    plan_id: Annotated[UUID, typer.Argument(help="As `plan list` gives it.")],
    on: Annotated[datetime, typer.Option(help="First day of the new boundaries.", formats=["%Y-%m-%d"])],
) -> None:
    """Put a plan in force: the old boundaries or stations end, the new ones begin."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.services.boundaries import publish_plan
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        done = publish_plan(session, plan_id, on.date())
    counts = {"closed": len(done["closed"]), "opened": len(done["opened"]), "kept": done["kept"]}
    typer.echo(text("plans.published", language(), day=on.date(), **counts))


def _scope(session: "Session", wanted: str | None, at: date) -> str:
    """The code of a subdistrict given by code or name, or of the district."""
    from gridmgmt.services.plans import find_scope

    return find_scope(session, wanted, at)


def _day(at: datetime | None) -> date:
    from gridmgmt.services.plans import today

    return at.date() if at else today()


def _say_plan(plan: "Plan") -> None:
    from gridmgmt.cli.planning import say

    typer.echo(f"{plan.id}  {plan.name}")
    say(plan)
