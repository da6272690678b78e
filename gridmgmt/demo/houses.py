"""Buildings with their households, and the entrances they are reached by (metres)."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.demo.dwellings import apportion, fit, homes, split
from gridmgmt.demo.fabric import PATTERNS, lay_rows
from gridmgmt.demo.ground import Ground

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Buildings:
    """Columns, one row per building, sorted by community and block."""

    geometry: NDArray[np.object_]
    front: NDArray[np.float64]
    kind: NDArray[np.str_]
    community: Whole
    block: Whole
    halls: Whole
    households: Whole
    residents: Whole
    floors: Whole


@dataclass(frozen=True)
class Entrances:
    """Columns, one row per entrance; `building` is a row number of Buildings, `number` counts from 1."""

    geometry: NDArray[np.object_]
    building: Whole
    number: Whole
    households: Whole
    residents: Whole


def raise_buildings(ground: Ground, rng: np.random.Generator) -> Buildings:
    """Fill every built face with its pattern and move the communities' households in."""
    use, free = ground.face_use, ground.buildable()
    rows = []
    for name, pattern in PATTERNS.items():
        faces = np.flatnonzero(use == name)
        laid = lay_rows(free[faces], pattern, rng)
        kind = np.full(len(laid.geometry), pattern.kind)
        rows.append((laid.geometry, laid.front, kind, faces[laid.face], laid.width_m, laid.depth_m))
    shapes, fronts, kinds, face, width, depth = (np.concatenate(column) for column in zip(*rows, strict=True))
    community, block = ground.face_community[face], ground.face_block[face]
    order = np.lexsort((face, community))
    kinds, community = kinds[order], community[order]
    room = homes(kinds, width[order], depth[order], rng)
    households, residents = np.zeros(len(order), dtype=np.int64), np.zeros(len(order), dtype=np.int64)
    for number, spec in enumerate(ground.geography.communities):
        members = np.flatnonzero((community == number) & (room.usual > 0))
        households[members] = fit(spec.households, room, members)
        residents[members] = apportion(spec.residents, households[members].astype(float), minimum=1)
    flats = np.maximum(room.flats_per_floor, 1)
    floors = np.where(room.usual > 0, -(-households // flats), rng.integers(2, 9, len(order)))
    return Buildings(
        shapes[order], fronts[order], kinds, community, block[order], room.halls, households, residents, floors
    )


def open_entrances(buildings: Buildings) -> Entrances:
    """Doors along the front of every building; households are shared out over them evenly."""
    halls = np.minimum(buildings.halls, np.maximum(buildings.households, 1))
    building = np.repeat(np.arange(len(halls)), halls)
    number = np.arange(len(building)) - np.repeat(np.cumsum(halls) - halls, halls)
    start, end = buildings.front[building, 0], buildings.front[building, 1]
    place = ((number + 0.5) / halls[building])[:, None]
    points = shapely.points(np.round(start + place * (end - start), 3))
    return Entrances(
        points, building, number + 1, split(buildings.households, halls), split(buildings.residents, halls)
    )
