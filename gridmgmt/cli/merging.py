"""What `gridmgmt merge` says and writes beside the plan: goals and weights, staff, the front, remarks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

if TYPE_CHECKING:
    import pandas as pd

    from gridmgmt.planning.report import PlanResult
    from gridmgmt.store.tables import Plan

FRONT_ROWS_SHOWN = 30


def named_goals(goal: Sequence[str] | None, weights: str | None) -> dict[str, Any]:
    """The keywords `goals` or `weights` of a merge; InvalidInput where both are asked for."""
    from gridmgmt.planning.merging.prices import DEFAULT_GOALS, goals_named, weights_named

    if goal and weights:
        raise InvalidInput(detail=Words("reasons.goal_or_weights"))
    if weights:
        return {"weights": weights_named(weights)}
    return {"goals": goals_named(goal) if goal else DEFAULT_GOALS}


def with_staff(plan: "PlanResult", staff: str, code: str | None) -> "PlanResult":
    """The plan with `staff` for each station, and in the report who moves where."""
    from gridmgmt.planning.frames import names_of
    from gridmgmt.services.staffing import staff_of_plan

    people = staff_of_plan(plan, names_of(plan.units, code), staff)
    figures = {**people.figures, "moves": people.moves.to_dict("records")}
    return replace(plan, parts=plan.parts.assign(staff=people.staff), report=plan.report | {"staff": figures})


def say_merge(plan: "PlanResult | Plan") -> None:
    """The plan in words, then remarks on the input, prices, and staff that move."""
    from gridmgmt.cli.main import language
    from gridmgmt.cli.planning import say
    from gridmgmt.messages import text

    say(plan)
    figures = plan.report
    for remark in figures.get("remarks", []):
        typer.echo(text(f"planning.remark_{remark}", language()), err=True)
    for row in figures.get("prices", []):
        name = text(f"planning.price_{row['name']}", language())
        typer.echo(f"  {name}: {row['amount']:,.1f} × {row['weight']:g} = {row['price']:,.1f}")
    if "staff" in figures:
        staff = figures["staff"]
        counts = {"total": staff["total_after"], "moved": staff["moved"], "away": staff["moved_to_another_area"]}
        typer.echo(text("plans.staff_moves", language(), **counts))


def write_front(path: Path, front: "pd.DataFrame") -> None:
    """The front as CSV or JSON, by the ending of the file's name."""
    from gridmgmt.cli.plan_files import write_json

    if path.suffix.lower() not in (".csv", ".json"):
        raise InvalidInput(detail=Words("reasons.front_suffix", name=path.name))
    if path.suffix.lower() == ".csv":
        path.parent.mkdir(parents=True, exist_ok=True)
        front.to_csv(path, index=False)
    else:
        write_json(path, front.astype(object).where(front.notna(), None).to_dict("records"))


def say_front(front: "pd.DataFrame") -> None:
    """The front as a small table: the whole where there are several parents."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.planning.merging.front import WHOLE

    together = front[front["parent"] == WHOLE]
    shown = together if len(together) else front
    typer.echo(text("plans.front", language(), plans=len(shown)))
    typer.echo(text("plans.front_columns", language()))
    for row in shown.head(FRONT_ROWS_SHOWN).itertuples():
        typer.echo(f"{row.stations:>8} {row.mean_walk_m:>12,.1f} {row.upgrade:>12,}")
    if len(shown) > FRONT_ROWS_SHOWN:
        typer.echo(f"{'…':>8}")
