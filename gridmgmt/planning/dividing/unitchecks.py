"""What `divide` asks of the units it is given: polygons or points, and room for the column it adds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.planning.dividing.atoms import Atoms
from gridmgmt.planning.dividing.dedicated import OTHER_KINDS, Carved
from gridmgmt.planning.frames import households_of, names_of, require_shapes, require_unused, warning

ENTRANCES_STRAY = "entrances_stray"  # warning: entrances of a building that is not among the units
ENTRANCES_DIFFER = "entrances_differ"  # warning: a unit's entrances hold other households than the unit says
PLACES_WITHOUT_GRID = "places_without_grid"  # warning: places that got no grid of their own


def require_units(frame: GeoDataFrame, names: NDArray[np.object_]) -> None:
    """Raise InvalidInput where a unit is no polygon or point, or where the column `part` is taken."""
    require_unused(frame, "part")
    require_shapes(frame, names)


def warnings_about_entrances(
    atoms: Atoms, entrances: GeoDataFrame | None, split: Mapping[int, NDArray[np.intp]]
) -> list[dict[str, Any]]:
    """Entrances of no unit, and units whose entrances count otherwise than they do.

    `atoms` before the split; `split` has the rows of entrances by the atom they replace.
    """
    if entrances is None:
        return []
    buildings = entrances["building_code"].to_numpy()
    stray = ~np.isin(buildings.astype(str), atoms.name.astype(str))
    counted = households_of(entrances, "households")
    differ = [unit for unit, doors in split.items() if counted[doors].sum() != atoms.households[unit]]
    return warning(ENTRANCES_STRAY, np.unique(buildings[stray].astype(str)).astype(object)) + warning(
        ENTRANCES_DIFFER, atoms.name[differ]
    )


def warnings_about_places(places: GeoDataFrame | None, carved: Carved) -> list[dict[str, Any]]:
    """Places that got no grid: of an unknown kind, points, outside every area, too small, or all there is of one."""
    if places is None:
        return []
    kinds = places["kind"]
    wanted = ~kinds.isin(OTHER_KINDS).to_numpy()
    without = np.setdiff1d(np.flatnonzero(wanted), carved.places)
    return warning(PLACES_WITHOUT_GRID, names_of(places)[without])
