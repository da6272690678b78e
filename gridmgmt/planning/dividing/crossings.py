"""What lies between two neighbouring units: a street, a river, a railway. A grid that reaches across pays for it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array

#: Price of one pair of neighbours in one grid with such a line between them. A perfectly round grid is worth 1.
STREET_PRICES: Mapping[str, float] = {"expressway": 0.6, "arterial": 0.2, "collector": 0.06, "local": 0.02, "path": 0.0}
#: Price of cutting two neighbours of one building (its entrances), or of one compound, apart.
BUILDING_PRICE, COMPOUND_PRICE = 0.3, 0.2
BARRIER_PRICES: Mapping[str, float] = {"river": 0.6, "railway": 0.6, "expressway": 0.6, "wall": 0.4}
USUAL_STREET, USUAL_BARRIER = "local", "wall"  # what a line counts as that does not say its class, or an unknown one


def crossing_costs(
    borders: csr_array,
    points: NDArray[np.object_],
    streets: GeoDataFrame | None,
    barriers: GeoDataFrame | None,
) -> csr_array:
    """Cost of cutting each edge of `borders`: minus the price of what the line between the two points crosses.

    A negative cost makes a cut welcome there. Same pattern as `borders`, zeros stored; `streets` with the column
    `street_class` and `barriers` with `kind`, in the CRS of `points`, metres; a line that does not say it, or an
    unknown one, counts as a local street or a wall. Of lines crossed the dearest counts.
    """
    pattern = borders.tocoo()
    upper = np.flatnonzero(pattern.row < pattern.col)
    ends = np.stack([shapely.get_coordinates(points)[side[upper]] for side in (pattern.row, pattern.col)], axis=1)
    price = np.zeros(len(upper))
    priced = (
        (streets, "street_class", STREET_PRICES, USUAL_STREET),
        (barriers, "kind", BARRIER_PRICES, USUAL_BARRIER),
    )
    for lines, column, prices, usual in priced:
        if lines is not None and len(lines) and len(upper):
            said = lines[column] if column in lines else pd.Series(usual, index=lines.index)
            values = said.astype(object).map(prices).fillna(prices[usual]).to_numpy(dtype=float)
            dear = values > 0
            tree = shapely.STRtree(lines.geometry.to_numpy()[dear])
            edge, line = tree.query(shapely.linestrings(ends), predicate="intersects")
            np.maximum.at(price, edge, values[dear][line])
    data = np.zeros(len(pattern.row))
    data[upper] = -price
    both = csr_array((data, borders.indices, borders.indptr), shape=borders.shape)
    mirrored = both.T.tocsr()
    mirrored.sort_indices()
    return csr_array((both.data + mirrored.data, borders.indices, borders.indptr), shape=borders.shape)


def cohesion_costs(borders: csr_array, building: NDArray[np.int64], compound: NDArray[np.int64]) -> csr_array:
    """Cost of cutting each edge of `borders` between two atoms of one building, or of one compound (−1: none).

    A building or compound is kept whole where that does not cost more elsewhere; one above the cap is cut along a
    short line. Same pattern as `borders`, zeros stored.
    """
    pattern = borders.tocoo()
    one, other = pattern.row, pattern.col
    in_building = (building[one] == building[other]) & (building[one] >= 0)
    in_compound = (compound[one] == compound[other]) & (compound[one] >= 0)
    price = np.where(in_building, BUILDING_PRICE, np.where(in_compound, COMPOUND_PRICE, 0.0))
    return csr_array((price, borders.indices, borders.indptr), shape=borders.shape)
