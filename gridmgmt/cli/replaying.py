"""What `gridmgmt replay` shows: both sides in a table of words, and the map of the application that draws maps."""

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmgmt.services.replay import ReplayResult

MAPS = "maps.replayed"  # an application of the checkout (ADR 0002); the wheel goes without maps
SIDES = ("before", "real", "optimal", "optimal_same_count")


def draw_replay(session: "Session", result: "ReplayResult", path: Path) -> None:
    """Write the before/after page; MissingProgram where the maps are not there."""
    from gridmgmt.cli.main import language
    from gridmgmt.errors import MissingProgram
    from gridmgmt.messages import Words

    if importlib.util.find_spec("maps") is None or importlib.util.find_spec(MAPS) is None:
        raise MissingProgram(program="maps", remedy=Words("reasons.checkout_remedy"))
    path.parent.mkdir(parents=True, exist_ok=True)
    importlib.import_module(MAPS).write_replay(session, result, path, language())


def say_replay(result: "ReplayResult") -> None:
    """Both sides line by line, then the verdict of every norm on the real plan and on the best one."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    for side in SIDES:
        typer.echo(text(f"plans.side_{side}", language(), **_figures(result.report[side])))
    typer.echo(text("plans.verdicts", language()))
    for real, best in zip(result.report["real"]["verdicts"], result.report["optimal"]["verdicts"], strict=True):
        typer.echo(f"  {real['clause']:<8} {real['norm']:<28} {_verdict(real)} | {_verdict(best)}")


def _figures(side: dict[str, Any]) -> dict[str, Any]:
    return {
        "stations": side["stations"],
        "in_range": side["stations_in_range"],
        "share": f"{100 * side['household_share_in_range']:.1f}",
        "mean": side["walk"]["mean_m"],
        "within": f"{100 * side['walk']['share_within_15_minutes']:.1f}",
    }


def _verdict(row: dict[str, Any]) -> str:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    word = text(f"plans.verdict_{row['verdict']}", language())
    return word if row["verdict"] == "no_data" else f"{word} ({row['met']}/{row['checked']})"
