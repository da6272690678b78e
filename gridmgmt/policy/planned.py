"""The things a computed plan draws, with what its frames tell of them: stations of `merge`, communities of `resize`,
grids of `divide`."""

import math
from collections.abc import Sequence
from typing import Any, Protocol, TypeGuard

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.geo.crs import metric_crs
from gridmgmt.geo.pieces import pieces_per_part
from gridmgmt.policy.model import Kind
from gridmgmt.policy.subjects import RESIDENTIAL, Subject, subjects_in

MIN_BORDER_M, TOLERANCE_M = 1.0, 0.5  # as `merge` takes neighbours: less only touches; so far borders may lie apart
WHOLE = "plan"  # the code of the plan itself


class Planned(Protocol):
    """What `divide`, `resize` and `merge` return: the units with their part, and one row for each part."""

    @property
    def units(self) -> Any: ...

    @property
    def parts(self) -> Any: ...


def subjects_of_plan(plan: Planned) -> dict[Kind, Sequence[Subject]]:
    """The grids, communities or stations a computed plan draws, with what is known of them.

    Parts with a `site` are stations (of `merge`), those that `continues` communities of today are communities (of
    `resize`), all others grids (of `divide`), dedicated where they have a `kind` other than residential.
    """
    parts = plan.parts
    codes = parts["part"].astype(str)
    table = pd.DataFrame({"code": codes, "name": codes, "households": parts["households"]})
    if "site" in parts:
        return _of_stations(plan.units, parts, table)
    if "continues" in parts:
        return {"community": subjects_in(table.assign(name=parts["continues"]))}
    dedicated = parts["kind"] != RESIDENTIAL if "kind" in parts else None
    return {"grid": subjects_in(table.assign(dedicated=dedicated))}


def _of_stations(units: pd.DataFrame, parts: pd.DataFrame, table: pd.DataFrame) -> dict[Kind, Sequence[Subject]]:
    """Stations, the communities they serve, and the whole: a merge of stations leaves the committees as they are."""
    known = table.assign(name=parts["site"], pieces=_pieces(units, parts))
    if "communities" in parts:
        known = known.assign(communities=parts["communities"])
    if "parent" in parts:  # a station area lies inside its parent; without one nothing says what it crosses
        known = known.assign(subdistricts=parts["parent"].notna().map({True: 1.0, False: None}))
    if "staff" in parts:
        known = known.assign(staff=parts["staff"])
    whole = Subject(WHOLE, WHOLE, {"committees_change": 0.0, **_staff_figures(units, parts)})
    found: dict[Kind, Sequence[Subject]] = {"station": subjects_in(known), "plan": [whole]}
    communities = _communities(units, parts)
    return {**found, "community": communities} if communities else found


def _staff_figures(units: pd.DataFrame, parts: pd.DataFrame) -> dict[str, float | None]:
    """How the total of staff changes, and how many people a subdistrict gives away; empty where it is not known."""
    if "staff" not in parts or "staff" not in units:
        return {}
    parent = parts.set_index("part")["parent"].fillna("") if "parent" in parts else pd.Series("", index=parts["part"])
    before = pd.to_numeric(units["staff"], errors="coerce").groupby(units["part"].map(parent)).sum(min_count=1)
    change = parts["staff"].groupby(parts["part"].map(parent)).sum() - before
    inside = "parent" in parts and parts["parent"].notna().all()
    return {
        "staff_change": _finite(change.sum(skipna=False)),
        "staff_moved_between_subdistricts": _finite(-change.clip(upper=0).sum(skipna=False)) if inside else None,
    }


def _pieces(units: pd.DataFrame, parts: pd.DataFrame) -> NDArray[np.float64]:
    """(parts,) how many pieces the units of each part make, by the borders they share; NaN where nothing says it.

    Without areas of the units a part whose own area is one piece is known to be one; one of several may owe them to an
    exclave of a single unit.
    """
    if not (_areal(units) and "part" in units and units.crs is not None):
        alone = _areal(parts) and shapely.get_num_geometries(parts.geometry.to_numpy()) == 1
        return np.where(alone, 1.0, np.full(len(parts), np.nan))
    there = units.to_crs(metric_crs(units.to_crs(4326).total_bounds))
    borders = adjacency(there.geometry.to_numpy(), tolerance_m=TOLERANCE_M)
    labels, codes = pd.factorize(units["part"])
    counts = pd.Series(pieces_per_part(borders >= MIN_BORDER_M, labels), index=codes)
    known: NDArray[np.float64] = parts["part"].map(counts).to_numpy(dtype=float, na_value=np.nan)
    return known


def _areal(frame: pd.DataFrame) -> TypeGuard[GeoDataFrame]:
    return isinstance(frame, GeoDataFrame) and bool((shapely.get_dimensions(frame.geometry.to_numpy()) == 2).all())


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _communities(units: pd.DataFrame, parts: pd.DataFrame) -> list[Subject]:
    """The units as communities with `code` and `households`; none where other columns were planned by."""
    if not {"code", "households"} <= set(units):
        return []
    homes = pd.to_numeric(units["households"], errors="coerce")
    planned = parts.set_index("part")["households"]
    if not homes.groupby(units["part"]).sum().reindex(planned.index).eq(planned).all():
        return []
    columns = [column for column in ("code", "name") if column in units]
    return subjects_in(pd.DataFrame(units[columns]).assign(households=homes))
