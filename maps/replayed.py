"""The replay of 2006 as a sheet: the merge as it was done, beside the best one for the same goals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmgmt.messages import Language
from gridmgmt.policy.norms import profile
from gridmgmt.services.replay import HIGH, LOW, ReplayResult, Side, changed_communities
from maps import pages
from maps.base import Base
from maps.context import Context
from maps.district import District
from maps.pagefile import write_page
from maps.text import number, percent

PROFILE = "luohu-2006"
_PREMISES = ("office", "service", "plaza")


def write_replay(session: Session, result: ReplayResult, path: Path, language: Language = "zh") -> None:
    """Write the sheet of a replay that was just computed."""
    write_page(path, replay_page(session, result, language))


def replay_page(session: Session, result: ReplayResult, language: Language = "zh") -> str:
    """The sheet of a replay, on the base map of the day that the plan was made for."""
    district = District(session, result.ground.at)
    context = Context(at=district.at, place=district.place, language=language)
    return replay_sheet(result, district.base, context)


def replay_sheet(result: ReplayResult, base: Base, context: Context) -> str:
    """Both sides with their stations; hatched are the communities that the best plan serves from elsewhere."""
    stations = result.sites.stations
    return pages.replay(
        base,
        result.real.frame,
        result.optimal.frame,
        context,
        low=LOW,
        high=HIGH,
        changed=result.ground.communities[changed_communities(result)],
        stations=(_kept(stations, result.real), _kept(stations, result.optimal)),
        figures=_figures(result, context),
        verdicts=_verdicts(result.report["real"]["verdicts"], result.report["optimal"]["verdicts"], context),
    )


def _kept(stations: gpd.GeoDataFrame, side: Side) -> gpd.GeoDataFrame:
    return stations[stations["code"].isin(side.frame["station_code"])]


def _figures(result: ReplayResult, context: Context) -> list[list[object]]:
    sides = [result.report[name] for name in ("real", "optimal")]
    rows: list[list[object]] = [
        [
            context.say("households_outside"),
            *(number(side["households"] - side["households_in_range"]) for side in sides),
        ],
        [context.say("median_walk"), *(number(side["walk"]["median_m"], unit="m") for side in sides)],
        [context.say("p90_walk"), *(number(side["walk"]["p90_m"], unit="m") for side in sides)],
        [context.say("fifteen_minutes"), *(percent(side["walk"]["share_within_15_minutes"]) for side in sides)],
    ]
    for name in _PREMISES:
        shares = (percent(side["premises"][name]["share"]) for side in sides)
        rows.append([context.say("premises_reached", premises=context.say(name)), *shares])
    rows.append([context.say("staff"), *(number(side["staff_total"]) for side in sides)])
    return rows


def _verdicts(
    real: Sequence[Mapping[str, Any]], optimal: Sequence[Mapping[str, Any]], context: Context
) -> list[dict[str, str]]:
    quotes = {norm.key: norm.quote if context.language == "zh" else norm.quote_en for norm in profile(PROFILE).norms}
    return [
        {
            "title": context.say(f"norm_{left['norm']}"),
            "clause": left["clause"],
            "quote": quotes[left["norm"]],
            "real": left["verdict"],
            "optimal": right["verdict"],
            "real_figure": _count(left),
            "optimal_figure": _count(right),
        }
        for left, right in zip(real, optimal, strict=True)
    ]


def _count(verdict: Mapping[str, Any]) -> str:
    """How many of those concerned meet the norm; nothing where it is asked of the plan as a whole, or not known."""
    return f"{verdict['met']} / {verdict['checked']}" if verdict["checked"] > 1 and verdict["no_data"] == 0 else ""
