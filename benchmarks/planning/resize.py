"""Communities of 1,000–2,000: `resize` beside a greedy merge-and-split, on invented unbalanced divisions.

./run exec python benchmarks/planning/resize.py cells_a.gpkg cells_b.gpkg [--kinds too_small too_big mixed] [--seed 1]

Every file holds polygons that tile, with a column of households. `divisions` invents the communities of today. The
greedy peer does what a planner does by hand: the smallest community joins its smallest neighbour until none is too
small, then each that is too large is divided, growing the part that keeps the name to just under the limit or into
equal parts, whichever moves fewer. Both plans are matched with today's communities by linear assignment.
"""

import argparse
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from divisions import SIZES, division
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics, resize
from gridmgmt.planning.partition.problem import components
from gridmgmt.planning.resizing.found import matched

LOW, HIGH = 1000, 2000
Ints = NDArray[np.int64]


def greedy(borders: csr_array, weights: Ints, home: Ints, centres: NDArray[np.float64]) -> Ints:
    """Labels of the better of two hand-made plans: more households in range, then fewer moved."""
    merged = merge_small(borders, weights, home)
    plans = [split_large(borders, weights, merged, centres, equal) for equal in (False, True)]
    return max(plans, key=lambda labels: (households_in_range(weights, labels), -moved(weights, home, labels)))


def merge_small(borders: csr_array, weights: Ints, home: Ints) -> Ints:
    """The smallest community below the range joins the smallest neighbour, again and again."""
    labels = home.copy()
    while True:
        loads = np.bincount(labels, weights=weights)
        small = [label for label in np.unique(labels) if loads[label] < LOW]
        if not small:
            return labels
        label = min(small, key=lambda one: loads[one])
        around = np.setdiff1d(labels[borders[labels == label].indices], [label])
        if not len(around):
            return labels
        labels[labels == label] = around[np.argmin(loads[around])]


def split_large(borders: csr_array, weights: Ints, start: Ints, centres: NDArray[np.float64], equal: bool) -> Ints:
    """Every part above the range is peeled from its rim: unit by unit the nearest to the farthest one."""
    labels = start.copy()
    for label in np.unique(start):
        rest = np.flatnonzero(labels == label)
        while (total := int(weights[rest].sum())) > HIGH:
            count = -(-total // HIGH)
            size = total / count if equal else max(LOW, total - HIGH) if count == 2 else HIGH
            piece = peeled(borders, weights, rest, centres, size)
            labels[piece] = labels.max() + 1
            rest = np.setdiff1d(rest, piece)
            pieces = components(borders, np.isin(np.arange(len(labels)), rest))
            rest = max(pieces, key=lambda one: int(weights[one].sum()))
            for crumb in pieces:
                if crumb is not rest:
                    labels[crumb] = labels.max()
    return labels


def peeled(borders: csr_array, weights: Ints, units: Ints, centres: NDArray[np.float64], size: float) -> Ints:
    """Connected units of about `size` households at one end of a part."""
    middle = centres[units].mean(axis=0)
    start = int(units[np.argmax(np.hypot(*(centres[units] - middle).T))])
    piece, load, inside = [start], int(weights[start]), set(units.tolist())
    while load < size:
        fringe = {int(u) for u in borders[piece].indices if int(u) in inside} - set(piece)
        if not fringe:
            break
        unit = min(fringe, key=lambda u: (float(np.hypot(*(centres[u] - centres[start]))), u))
        if load + weights[unit] > HIGH:
            break
        piece.append(unit)
        load += int(weights[unit])
    return np.array(piece, dtype=np.int64)


def moved(weights: Ints, home: Ints, labels: Ints) -> int:
    return matched(home, np.unique(labels, return_inverse=True)[1], weights)[1]


def households_in_range(weights: Ints, labels: Ints) -> int:
    loads = np.bincount(labels, weights=weights)
    return int(loads[(loads >= LOW) & (loads <= HIGH)].sum())


def compare(path: Path, kind: str, households: str, seed: int, time_limit_s: float) -> None:
    """One row of the table."""
    frame = gpd.read_file(path)
    cells = frame.geometry.to_numpy()
    borders, weights = adjacency(cells, tolerance_m=0.1), frame[households].to_numpy(dtype=np.int64)
    centres = shapely.get_coordinates(shapely.centroid(cells))
    home = division(kind, borders, weights, centres, seed)
    start = time.perf_counter()
    hand_made = greedy(borders, weights, home, centres)
    peer_s = time.perf_counter() - start
    plan = resize(frame.assign(today=home), current="today", households=households, time_limit_s=time_limit_s)
    report, peer_moved = plan.report, moved(weights, home, hand_made)
    figures, touched, _ = report["objectives"]
    peer_range = households_in_range(weights, hand_made) / weights.sum()
    assert metrics.not_contiguous(borders, plan.units["part"].to_numpy()) == 0
    print(
        f"| {path.stem} | {kind} | {int(home.max()) + 1} → {report['parts']} | "
        f"{100 * report['household_share_in_range']:.1f} % ({len(report['unmet'])} unmet) | "
        f"{figures['value']:,} | {figures['bound']:,} | {100 * figures['gap']:.1f} % | "
        f"{touched['value']} / {touched['bound']} | {report['elapsed_s']:.0f} s{' *' if report['stopped'] else ''} | "
        f"{peer_moved:,} ({100 * peer_range:.1f} % in range, {peer_s:.1f} s) | "
        f"{100 * (1 - figures['value'] / peer_moved):.1f} % | {100 * (1 - figures['bound'] / peer_moved):.1f} % |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--households", default="households")
    parser.add_argument("--kinds", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time-limit", type=float, default=60.0)
    asked = parser.parse_args()
    print(  # * behind the time: the clock ended the search
        "| cells | today | communities | in range | moved | bound | gap | touched / bound | time | greedy moves | "
        "fewer | at most |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for path in asked.files:
        for kind in asked.kinds:
            compare(path, kind, asked.households, asked.seed, asked.time_limit)


if __name__ == "__main__":
    main()
