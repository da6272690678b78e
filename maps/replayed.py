"""The replay of Luohu 2006 as a page: both plans side by side, their figures, and the verdict of every norm."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmgmt.messages import Language
from gridmgmt.policy.luohu2006 import read_luohu_2006
from gridmgmt.policy.norms import profile
from gridmgmt.services.replay import HIGH, LOW, ReplayResult, Side, changed_communities
from maps.atlas import write_page
from maps.context import Context
from maps.district import District
from maps.replay import replay
from maps.text import number, percent

SIDES = ("real", "optimal")


def write_replay(session: Session, result: ReplayResult, path: Path, language: Language = "zh") -> None:
    """Write the page of a replay; its base map is that of the day the plan was made for."""
    write_page(path, replay_page(session, result, language))


def replay_page(session: Session, result: ReplayResult, language: Language = "zh") -> str:
    """The page of a replay."""
    case = read_luohu_2006()
    place = case.district_name if language == "zh" else "Luohu"
    context = Context(at=result.ground.at, place=place, language=language)
    communities = result.ground.communities
    return replay(
        District(session, result.ground.at).base,
        result.real.frame,
        result.optimal.frame,
        context,
        low=LOW,
        high=HIGH,
        changed=communities[changed_communities(result)],
        stations=(_stations(result, result.real), _stations(result, result.optimal)),
        figures=figures(result.report, context),
        verdicts=verdicts(result.report, language),
    )


def figures(report: Mapping[str, Any], context: Context) -> list[Sequence[object]]:
    """Rows of label, real, optimal: walks, shares within each distance, premises, staff, violations."""
    sides = [report[side] for side in SIDES]
    walks = ("mean_m", "median_m", "p90_m")
    limits = sides[0]["walk"]["share_within_m"]
    soon = "share_within_15_minutes"
    return [
        [context.say("replay_staff"), *(number(side["staff_total"]) for side in sides)],
        *([context.say(f"replay_walk_{key}"), *(number(side["walk"][key]) for side in sides)] for key in walks),
        *(
            [
                context.say("replay_within", metres=limit),
                *(percent(side["walk"]["share_within_m"][limit]) for side in sides),
            ]
            for limit in limits
        ),
        [context.say("replay_within_15_minutes"), *(percent(side["walk"][soon]) for side in sides)],
        *(
            [context.say(f"replay_{name}"), *(percent(side["premises"][name]["share"]) for side in sides)]
            for name in sides[0]["premises"]
        ),
    ]


def verdicts(report: Mapping[str, Any], language: Language) -> list[dict[str, str]]:
    """Rows of the verdict table, one per norm, with how many stations met it of how many."""
    norms = profile("luohu-2006")
    real, optimal = (report[side]["verdicts"] for side in SIDES)
    return [
        {
            "clause": one["clause"],
            "title": one["quote"] if language == "zh" else norms.norm(one["norm"]).quote_en,
            "real": one["verdict"],
            "optimal": two["verdict"],
            "real_figure": _met(one),
            "optimal_figure": _met(two),
        }
        for one, two in zip(real, optimal, strict=True)
    ]


def _met(row: Mapping[str, Any]) -> str:
    return "" if row["verdict"] == "no_data" else f"{row['met']} / {row['checked']}"


def _stations(result: ReplayResult, side: Side) -> gpd.GeoDataFrame:
    return result.sites.stations.iloc[side.areas.site]
