"""A set of station areas measured: range, walks, premises, staff, and the verdict of every norm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning import metrics
from gridmgmt.planning.frames import names_of
from gridmgmt.planning.service import summarise
from gridmgmt.policy.evaluation import Verdict, evaluate
from gridmgmt.policy.norms import Kind, Profile
from gridmgmt.policy.staffing import largest_remainder
from gridmgmt.policy.subjects import Subject, subjects_in
from gridmgmt.services.boundaries.households import NOWHERE, locate
from gridmgmt.services.plans.ground import PREMISES_NORMS_M2, Ground, Sites, joined_names, reached

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Areas:
    """Which station area each community belongs to, and where each area's station sits.

    Attributes
    ----------
    part : (communities,) number of the area, from 0
    site : (areas,) the station (row of `Sites.stations`) whose premises the area uses
    """

    part: Ints
    site: Ints


def measure(ground: Ground, sites: Sites, borders: csr_array, areas: Areas, low: int, high: int) -> dict[str, Any]:
    """Figures of station areas; the keys are the same for every set, so that sets compare."""
    homes = ground.communities["households"].to_numpy(dtype=np.int64)
    loads = metrics.part_weights(areas.part, homes)
    inside = metrics.in_range(loads, low, high)
    return {
        "stations": len(loads),
        "stations_in_range": int(inside.sum()),
        "share_in_range": metrics.share(inside),
        "households": int(loads.sum()),
        "households_in_range": int(loads[inside].sum()),
        "household_share_in_range": metrics.share(inside, loads),
        "walk": summarise(walks(ground, sites, areas), _households(ground), names_of(ground.buildings)),
        "premises": premises(sites, areas),
        "staff_total": int(staff(ground, sites, areas).sum()),
        "adjacency_violations": metrics.not_contiguous(borders, areas.part),
        "parent_violations": int((_per_area(ground.communities["parent_code"], areas.part, "nunique") > 1).sum()),
    }


def walks(ground: Ground, sites: Sites, areas: Areas) -> NDArray[np.float64]:
    """(buildings,) metres to the station of the building's area, infinite where no way leads."""
    row = pd.Index(ground.communities["code"]).get_indexer(ground.buildings["community_code"])
    station = areas.site[areas.part[row]]
    metres: NDArray[np.float64] = sites.metres[station, np.arange(len(row))].astype(np.float64)
    return metres


def premises(sites: Sites, areas: Areas) -> dict[str, dict[str, Any]]:
    """Per norm how many stations reach it now, how many within the year, and the share of the latter."""
    kept = sites.stations.iloc[areas.site]
    found = {}
    for name, norm_m2 in PREMISES_NORMS_M2.items():
        soon = reached(kept, name)
        now = reached(kept, name, planned=False)
        found[name] = {
            "norm_m2": norm_m2,
            "now": int(now.sum()),
            "within_year": int(soon.sum()),
            "share": metrics.share(soon),
        }
    return found


def staff(ground: Ground, sites: Sites, areas: Areas) -> Ints:
    """(areas,) staff after the merge: each subdistrict keeps its people, shared by households (largest remainder)."""
    homes = ground.communities["households"].to_numpy(dtype=np.int64)
    loads = metrics.part_weights(areas.part, homes)
    parent = _per_area(ground.communities["parent_code"], areas.part, "first").to_numpy()
    people = sites.stations.groupby("subdistrict_code")["staff"].sum()
    shared = np.zeros(len(loads), dtype=np.int64)
    for code in np.unique(parent):
        mine = parent == code
        shared[mine] = largest_remainder(int(people.get(code, 0)), loads[mine])
    return shared


def judge(ground: Ground, sites: Sites, borders: csr_array, areas: Areas, profile: Profile) -> list[Verdict]:
    """The verdict of every norm of a profile on the stations, and on the plan as a whole."""
    return evaluate(subjects_of(ground, sites, borders, areas), profile)


def subjects_of(
    ground: Ground, sites: Sites, borders: csr_array, areas: Areas, redeployed: bool = True
) -> dict[Kind, Sequence[Subject]]:
    """Stations, communities and the plan as a whole with their figures.

    `redeployed`: the areas are a plan's. Staff follow the households, and premises count that come within the year; on
    the register of a day both are as they stand.
    """
    return {
        "station": _stations(ground, sites, borders, areas, redeployed),
        "community": _communities(ground, sites, areas),
        "plan": [_plan(ground, sites, areas, redeployed)],
    }


def names(ground: Ground, areas: Areas) -> NDArray[np.object_]:
    """(areas,) the names of the communities served, joined by a plus sign."""
    joined: NDArray[np.object_] = _per_area(ground.communities["name"], areas.part, joined_names).to_numpy(dtype=object)
    return joined


def frame(ground: Ground, sites: Sites, areas: Areas) -> GeoDataFrame:
    """The areas with part, name, station_code, subdistrict_code, households, geometry (EPSG:4326)."""
    communities = ground.communities.assign(part=areas.part)
    shapes = communities[["part", "geometry"]].dissolve("part").geometry
    homes = ground.communities["households"].to_numpy(dtype=np.int64)
    return GeoDataFrame(
        {
            "part": np.arange(len(areas.site)),
            "name": names(ground, areas),
            "station_code": sites.stations["code"].to_numpy()[areas.site],
            "subdistrict_code": _per_area(ground.communities["parent_code"], areas.part, "first").to_numpy(),
            "households": metrics.part_weights(areas.part, homes),
            "staff": staff(ground, sites, areas),
        },
        geometry=shapes.to_numpy(),
        crs=ground.communities.crs,
    )


def _people(ground: Ground, sites: Sites, areas: Areas, redeployed: bool) -> NDArray[np.float64]:
    """(areas,) staff, NaN where it is not known: of a subdistrict with a station or community without figures."""
    now: NDArray[np.float64] = sites.stations["staff"].to_numpy(dtype=float, na_value=np.nan)
    if not redeployed:
        here: NDArray[np.float64] = now[areas.site]
        return here
    parent = ground.communities["parent_code"]
    known = pd.Series(np.isfinite(_homes(ground) + now[sites.station])).groupby(parent.to_numpy()).all()
    if not known.any():
        return np.full(len(areas.site), np.nan)
    whole = ground.communities.assign(households=ground.communities["households"].fillna(0))
    people: NDArray[np.float64] = staff(replace(ground, communities=whole), sites, areas).astype(float)
    people[~_per_area(parent, areas.part, "first").map(known).to_numpy(dtype=bool)] = np.nan
    return people


def _homes(ground: Ground) -> NDArray[np.float64]:
    """(communities,) households, NaN where they are not known."""
    homes: NDArray[np.float64] = ground.communities["households"].to_numpy(dtype=float, na_value=np.nan)
    return homes


def _stations(ground: Ground, sites: Sites, borders: csr_array, areas: Areas, redeployed: bool) -> list[Subject]:
    kept = sites.stations.iloc[areas.site]
    states = ("m2", "planned_m2") if redeployed else ("m2",)
    best_m2 = {f"{name}_m2": kept[[f"{name}_{state}" for state in states]].max(axis=1) for name in PREMISES_NORMS_M2}
    table = pd.DataFrame(
        {
            "code": kept["code"].to_numpy(),
            "name": names(ground, areas),
            "households": np.bincount(areas.part, weights=_homes(ground)),
            "communities": np.bincount(areas.part),
            "subdistricts": _per_area(ground.communities["parent_code"], areas.part, "nunique").to_numpy(),
            "pieces": metrics.pieces_per_part(borders, areas.part),
            "staff": _people(ground, sites, areas, redeployed),
            "rural": (kept["station_type"] == "rural").astype(int).to_numpy(),
            **{column: values.to_numpy() for column, values in best_m2.items()},
        }
    )
    return subjects_in(table)


def households_only(ground: Ground) -> list[Subject]:
    """The communities with their households, where nothing is known of their stations."""
    return subjects_in(pd.DataFrame(ground.communities[["code", "name", "households"]]))


def _communities(ground: Ground, sites: Sites, areas: Areas) -> list[Subject]:
    """The communities with their households and the stations of the areas that stand in each."""
    table = pd.DataFrame(ground.communities[["code", "name", "households"]])
    return subjects_in(table.assign(stations=stations_inside_each(sites.stations.iloc[areas.site], ground.communities)))


def stations_inside_each(stations: GeoDataFrame, communities: GeoDataFrame) -> Ints:
    """(communities,) how many of the stations stand in each; one on a border stands in the first."""
    home = locate(shapely.point_on_surface(stations.geometry.to_numpy()), communities.geometry.to_numpy())
    counts: Ints = np.bincount(home[home != NOWHERE], minlength=len(communities))
    return counts


def _plan(ground: Ground, sites: Sites, areas: Areas, redeployed: bool) -> Subject:
    """The whole: what changes is known of a plan only, not of the register of a day."""
    metres, homes = walks(ground, sites, areas), _households(ground)
    near = summarise(metres, homes, names_of(ground.buildings))["share_within_15_minutes"]
    after, before = _people(ground, sites, areas, redeployed), sites.stations["staff"].sum()
    values: dict[str, float | None] = {
        "staff_change": float(after.sum() - before) if redeployed and np.isfinite(after).all() else None,
        "staff_moved_between_subdistricts": 0.0 if redeployed else None,  # each subdistrict shares out its own people
        "committees_change": 0.0 if redeployed else None,  # a merge leaves the communities as they are
        "share_within_15_minutes": near if homes.sum() and not np.isnan(metres).any() else None,
    }
    return Subject(ground.scope_code, ground.scope_code, values)


def _per_area(column: pd.Series, part: Ints, how: Any) -> pd.Series:
    return column.groupby(part).agg(how)


def _households(ground: Ground) -> Ints:
    homes: Ints = ground.buildings["households"].to_numpy(dtype=np.int64)
    return homes
