"""From labels to what a planner sees: one row per grid, the part of every unit, the report."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning import metrics
from gridmgmt.planning.dividing.atoms import Atoms
from gridmgmt.planning.dividing.dedicated import Carved
from gridmgmt.planning.partition import Certificate, Miss
from gridmgmt.planning.partition.certificate import OVERSIZE_UNIT, PROOFS
from gridmgmt.planning.partition.evenness import least_total_deviation
from gridmgmt.planning.report import Objective, Status, Unmet, build_report

RESIDENTIAL = "residential"
UNITS_NAMED = 50  # of one part out of range
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Range:
    """Households of a grid: InvalidInput unless 0 ≤ low ≤ target ≤ high."""

    low: float
    high: float
    target: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise InvalidInput(detail=Words("reasons.range_empty", low=self.low, high=self.high))
        if not self.low <= self.target <= self.high:
            raise InvalidInput(detail=Words("reasons.target_outside", target=self.target, low=self.low, high=self.high))


@dataclass(frozen=True)
class Grids:
    """The division: atoms with their groups, the part (a,) of each, and what is proven about the residential ones."""

    carved: Carved
    labels: Ints
    proof: Certificate

    @property
    def residential(self) -> NDArray[np.bool_]:
        """(a,) atoms that are in no dedicated grid."""
        return ~np.isin(self.carved.atoms.group, list(self.carved.kinds))


def parts_frame(
    grids: Grids, values: list[Any], target: float, metric_crs: Any, *, overlapping: bool = False
) -> GeoDataFrame:
    """One row per part, dissolved; cells known to lie over one another take the slower union."""
    carved, labels, atoms = grids.carved, grids.labels, grids.carved.atoms
    order = np.argsort(labels, kind="stable")
    first = np.flatnonzero(np.diff(labels[order], prepend=-1))
    union = shapely.union_all if overlapping else _dissolved
    shapes = [union(cells) for cells in np.split(atoms.cells[order], first[1:])]
    group = atoms.group[order][first]
    total = metrics.part_weights(labels, atoms.households)
    return gpd.GeoDataFrame(
        {
            "part": np.arange(len(first)),
            "kind": [carved.kinds.get(number, RESIDENTIAL) for number in group],
            "within": [values[carved.parents.get(number, number)] for number in group],
            "units": np.bincount(labels, weights=atoms.row >= 0).astype(np.int64),
            "households": total,
            "deviation": total - target,
        },
        geometry=shapes,
        crs=metric_crs,
    )


def _dissolved(cells: NDArray[np.object_]) -> Any:
    """The union of cells that tile; where their borders do not match vertex by vertex, by the slower way."""
    try:
        return shapely.coverage_union_all(cells)
    except shapely.GEOSException:
        return shapely.union_all(cells)


def part_of_rows(atoms: Atoms, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) the part with most households of each row; of equals the one with more atoms, then the first."""
    real = atoms.row >= 0
    tally = pd.DataFrame({"row": atoms.row[real], "part": labels[real], "households": atoms.households[real]})
    sums = tally.groupby(["row", "part"])["households"].agg(["sum", "size"]).reset_index()
    best = sums.sort_values(["row", "sum", "size", "part"], ascending=[True, False, False, True]).drop_duplicates("row")
    return np.asarray(best["part"], dtype=np.int64)


def grid_report(grids: Grids, borders: csr_array, limits: Range, parts: GeoDataFrame, **more: Any) -> dict[str, Any]:
    """The report; `borders` (a, a) between atoms that may share a part."""
    carved, proof = grids.carved, grids.proof
    residential = (parts["kind"] == RESIDENTIAL).to_numpy()
    number = parts["part"].to_numpy()[residential]
    alone = [miss.part for miss in proof.misses if miss.reason == OVERSIZE_UNIT]
    households = parts["households"].to_numpy()[residential]
    forced = np.isin(number, [miss.part for miss in proof.misses if miss.reason in PROOFS])
    return build_report(
        task="divide",
        status=_status(proof, len(number)),
        households=households,
        low=limits.low,
        high=limits.high,
        target=limits.target,
        oversize=np.isin(number, alone),
        not_contiguous=metrics.not_contiguous(borders, grids.labels),
        objective=Objective("households_out_of_range", proof.outside, proof.outside_bound),
        dedicated_grids=int((~residential).sum()),
        share_in_range_excluding_forced=metrics.share(metrics.in_range(households, limits.low, limits.high)[~forced]),
        missed_by_reason=dict(sorted(Counter(miss.reason for miss in proof.misses).items())),
        household_share_bound=round(proof.share_bound, 6),
        household_share_of_bound=round(proof.share / proof.share_bound, 6) if proof.share_bound else 1.0,
        total_deviation=_total_deviation(grids, borders, limits).as_dict(),
        compounds=_compounds(carved.atoms, grids.labels),
        unmet=[_named(miss, carved.atoms.name) for miss in proof.misses],
        **more,
    )


def _named(miss: Miss, names: NDArray[np.object_]) -> Unmet:
    return Unmet(miss.part, miss.reason, tuple(names[list(miss.units[:UNITS_NAMED])]))


def _total_deviation(grids: Grids, borders: csr_array, limits: Range) -> Objective:
    """Households by which the residential grids miss the target, all together; lone units above the cap left out."""
    atoms = grids.carved.atoms
    alone = [miss.part for miss in grids.proof.misses if miss.reason == OVERSIZE_UNIT]
    among = np.flatnonzero(grids.residential & ~np.isin(grids.labels, alone))
    loads = np.bincount(grids.labels[among], weights=atoms.households[among])[np.unique(grids.labels[among])]
    bound = least_total_deviation(borders[among][:, among], atoms.households[among], limits.target)
    return Objective("total_deviation", float(np.abs(loads - limits.target).sum()), bound + grids.proof.uneven)


def _compounds(atoms: Atoms, labels: Ints) -> dict[str, int]:
    """How many compounds there are, and how many of them lie in more than one part."""
    inside = atoms.compound >= 0
    pairs = np.unique(np.column_stack([atoms.compound[inside], labels[inside]]), axis=0)
    parts = np.unique(pairs[:, 0], return_counts=True)[1]
    return {"count": len(parts), "split": int((parts > 1).sum())}


def _status(proof: Certificate, parts: int) -> Status:
    """Infeasible only where it is proven that no grid at all can be in range; optimal where no fewer can be out."""
    if len(proof.misses) == parts and all(miss.reason in PROOFS for miss in proof.misses):
        return "infeasible"
    return "optimal" if proof.outside <= proof.outside_bound else "feasible"
