"""Luohu 2006 replayed: the plan that was carried out, checked against the norms, beside the best one for its goals.

The goals, in the order of section 二 of the measures: (二) fewest households in stations outside 6,000–10,000, then
fewest missing from the range or in excess of it; (三) fewest household-norms missed at the premises kept; (四) shortest
walks along the streets. No station area crosses a subdistrict and every one is whole. The best plan is exact,
subdistrict by subdistrict; so is the best one with just as many stations as the real plan, and the front over every
number of stations.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.messages import Words, text
from gridmgmt.planning.frames import metric
from gridmgmt.planning.merge import MIN_BORDER_M, parent_pools
from gridmgmt.planning.merging.groups import Group, mask_of
from gridmgmt.planning.merging.poolplan import PoolPlan
from gridmgmt.planning.merging.pricedgroups import price
from gridmgmt.planning.merging.prices import GOAL_NAMES, GOALS, Goal
from gridmgmt.planning.merging.stationreport import ParentPool, reason
from gridmgmt.planning.merging.stations import best_counts, plans_by_count
from gridmgmt.policy.luohu2006 import read_luohu_2006
from gridmgmt.policy.norms import profile
from gridmgmt.services import station_areas
from gridmgmt.services.plans.ground import Ground, Sites, read_ground, read_sites, station_name
from gridmgmt.services.plans.stored import Draft, save_plan
from gridmgmt.services.station_areas import Areas
from gridmgmt.store.tables import Plan

BEFORE_THE_MERGE = date(2006, 7, 31)  # 七(一): the survey ends, nothing is merged yet
GOALS_OF_2006: tuple[Goal, ...] = ("outside", "violation", "premises", "walk")
LOW, HIGH = 6000, 10000  # 二(二)


@dataclass(frozen=True)
class Side:
    """One set of station areas: `areas` as arrays, and as a frame with name, households, station_code, staff."""

    areas: Areas
    frame: GeoDataFrame
    figures: dict[str, Any]


@dataclass(frozen=True)
class ReplayResult:
    """The real plan and the best one on the same ground.

    `report` has `real`, `optimal` and `optimal_same_count` with the same keys, `before`, `front` and `goals`.
    `buildings` has distance_before_m, distance_real_m and distance_optimal_m (infinite where no way leads).
    """

    ground: Ground
    sites: Sites
    before: Side
    real: Side
    optimal: Side
    same_count: Side
    buildings: GeoDataFrame
    report: dict[str, Any]


@dataclass(frozen=True)
class _Case:
    """The ground with its pools of communities, one per subdistrict, and its borders in metres."""

    ground: Ground
    sites: Sites
    pools: Sequence[ParentPool]
    borders: csr_array


def replay_luohu_2006(session: Session, at: date = BEFORE_THE_MERGE) -> ReplayResult:
    """Apply the plan of 2006 to the stations of the day `at`, and find the best plan for the same goals.

    Works on the whole district or on any of its subdistricts that are in the database. Each area keeps the premises
    that reach most norms, the nearest to the homes among equals, in the real plan as in the best.

    Raises NotFound where the district is not loaded, InvalidInput where communities of the plan are missing.
    """
    started = time.perf_counter()
    case = _case(session, at)
    real_groups = _real_groups(case)
    front = _front(case.pools)
    best = min(front, key=lambda count: front[count].values)
    sides = {
        "before": _side(case, _alone(case), None, "given"),
        "real": _side(case, real_groups, front[best], "given"),
        "optimal": _side(case, list(front[best].groups), front[best], "optimal"),
        "optimal_same_count": _side(case, list(front[len(real_groups)].groups), front[len(real_groups)], "optimal"),
    }
    report = {name: side.figures for name, side in sides.items()} | {
        "task": "replay",
        "at": at.isoformat(),
        "low": LOW,
        "high": HIGH,
        "goals": [GOAL_NAMES[goal] for goal in GOALS_OF_2006],
        "front": [_front_row(count, front[count]) for count in sorted(front)],
        "elapsed_s": round(time.perf_counter() - started, 3),
    }
    walked = {
        f"distance_{name}_m": station_areas.walks(case.ground, case.sites, sides[name].areas)
        for name in ("before", "real", "optimal")
    }
    buildings = case.ground.buildings.assign(**walked)
    return ReplayResult(
        ground=case.ground,
        sites=case.sites,
        before=sides["before"],
        real=sides["real"],
        optimal=sides["optimal"],
        same_count=sides["optimal_same_count"],
        buildings=buildings,
        report=report,
    )


def save_replay(session: Session, result: ReplayResult, author: str = "") -> Plan:
    """Store the real plan, so that it can be looked at and published like any other."""
    frame, ground = result.real.frame, result.ground
    served = ground.communities.groupby(result.real.areas.part)["name"].agg(station_name)
    parts = frame.assign(
        code=frame["station_code"],
        name=served.to_numpy(),
        parent_code=frame["subdistrict_code"],
        kind="residential",
    )
    assignment = pd.DataFrame({"unit_code": ground.communities["code"].to_numpy(), "part": result.real.areas.part})
    name = text("plans.name_replay", "zh", scope=read_luohu_2006().district_name)
    parameters = {"low": LOW, "high": HIGH}
    draft = Draft(
        "replay", name, ground.scope_code, ground.at, parts, assignment, _plan_report(result), parameters, author
    )
    return save_plan(session, draft)


def _plan_report(result: ReplayResult) -> dict[str, Any]:
    """The real side as the report of a plan, with the keys that every plan has."""
    figures = result.real.figures
    return {
        "task": "replay",
        "parts": figures["stations"],
        "not_contiguous": figures["adjacency_violations"],
        **figures,
    }


def _case(session: Session, at: date) -> _Case:
    ground = read_ground(session, read_luohu_2006().district_code, at)
    sites = read_sites(session, ground)
    plane = metric(ground.communities)
    pools = list(
        parent_pools(plane, "households", "parent_code", LOW, HIGH, travel=sites.travel, site_rank=sites.missed)
    )
    borders = adjacency(plane.geometry.to_numpy(), tolerance_m=0.5)
    borders.data[borders.data < MIN_BORDER_M] = 0
    borders.eliminate_zeros()
    return _Case(ground, sites, pools, borders)


def _real_groups(case: _Case) -> list[Group]:
    """The 83 areas of the document (fewer where only some subdistricts are there), priced as the best ones are.

    Masks number the communities of their pool; groups are in the order of the pools.
    """
    codes = pd.Index(case.ground.communities["code"])
    groups = []
    for pool in case.pools:
        place = {int(row): position for position, row in enumerate(pool.rows)}
        documents = [group for group in read_luohu_2006().station_groups if group.subdistrict_code == pool.parent]
        rows = [codes.get_indexer(list(group.community_codes)) for group in documents]
        if sorted(np.concatenate(rows).tolist()) != sorted(pool.rows.tolist()):
            raise InvalidInput(detail=Words("reasons.replay_other", parent=pool.parent))
        groups += [_global(pool, price(pool.pool, mask_of([place[int(row)] for row in members]))) for members in rows]
    return groups


def _alone(case: _Case) -> list[Group]:
    return [_global(pool, price(pool.pool, 1 << node)) for pool in case.pools for node in range(len(pool.rows))]


def _global(pool: ParentPool, group: Group) -> Group:
    """The group in numbers of the whole frame instead of its pool's."""
    mask = mask_of(pool.rows[group.members])
    site = int(pool.rows[group.site])
    return Group(mask, group.households, group.violation, site, group.site_rank, group.travel)


def _front(pools: Sequence[ParentPool]) -> dict[int, PoolPlan]:
    """The best plan of the whole district for every number of stations, in numbers of the whole frame."""
    fronts = []
    for pool in pools:
        plans = plans_by_count(pool.pool, GOALS_OF_2006)
        fronts.append({count: _global_plan(pool, plan) for count, plan in plans.items()})
    return reduce(best_counts, fronts)


def _global_plan(pool: ParentPool, plan: PoolPlan) -> PoolPlan:
    return PoolPlan(tuple(_global(pool, group) for group in plan.groups), plan.goals, plan.values, plan.bounds)


def _side(case: _Case, groups: list[Group], best: PoolPlan | None, status: str) -> Side:
    groups = sorted(groups, key=lambda group: group.members)
    part = np.empty(len(case.ground.communities), dtype=np.int64)
    for number, group in enumerate(groups):
        part[group.members] = number
    areas = Areas(part, case.sites.station[[group.site for group in groups]])
    verdicts = station_areas.judge(case.ground, case.sites, case.borders, areas, profile("luohu-2006"))
    figures = {
        "status": status,
        **station_areas.measure(case.ground, case.sites, case.borders, areas, LOW, HIGH),
        "objectives": _objectives(groups, best),
        "verdicts": [verdict.as_dict() for verdict in verdicts],
        "unmet": list(_unmet(case, groups)),
    }
    return Side(areas, station_areas.frame(case.ground, case.sites, areas), figures)


def _objectives(groups: Sequence[Group], best: PoolPlan | None) -> list[dict[str, Any]]:
    """Each goal's value, and beside it that of the best plan: a proven bound as long as the goals before it are met."""
    rows = []
    for position, goal in enumerate(GOALS_OF_2006):
        value = sum(GOALS[goal](group) for group in groups)
        bound = None if best is None else best.bounds[position]
        rows.append({"name": GOAL_NAMES[goal], "value": value, "best": bound})
    return rows


def _unmet(case: _Case, groups: Sequence[Group]) -> list[dict[str, Any]]:
    codes = case.ground.communities["code"].to_numpy()
    where = {int(row): pool for pool in case.pools for row in pool.rows}
    rows = []
    for part, group in enumerate(groups):
        if group.violation:
            pool = where[group.members[0]]
            place = pd.Index(pool.rows).get_indexer(group.members)
            local = price(pool.pool, mask_of(place))
            rows.append(
                {
                    "part": part,
                    "reason": reason(pool.pool, local),
                    "units": codes[group.members].tolist(),
                    "households": group.households,
                }
            )
    return rows


def _front_row(count: int, plan: PoolPlan) -> dict[str, Any]:
    values: Mapping[str, int] = {GOAL_NAMES[goal]: value for goal, value in zip(plan.goals, plan.values, strict=True)}
    return {"stations": count, **values}


def changed_communities(result: ReplayResult) -> NDArray[np.bool_]:
    """(communities,) which the best plan serves from another station than the real one did."""
    real = result.real.areas.site[result.real.areas.part]
    best = result.optimal.areas.site[result.optimal.areas.part]
    changed: NDArray[np.bool_] = real != best
    return changed
