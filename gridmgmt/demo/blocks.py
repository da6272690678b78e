"""From communities to blocks: which land is built on, and with what.

A community is halved by streets into cells. The lowest cells are built on until its households find room; the rest
stay hills, lakes, parks or works. Built cells are halved on into superblocks, each given one use, and those by paths
into faces.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gridmgmt.demo.geography import CommunitySpec, Geography
from gridmgmt.demo.mesh import Mesh, Ring, Street, signed_area
from gridmgmt.demo.names import StreetNames
from gridmgmt.demo.slicing import Sliced, halve
from gridmgmt.demo.terrain import elevation, lake_of

_CELL_M2 = 110_000
_HILLY = 0.12  # unbuilt cells above this stay green; below it they are works, depots and parks
# households per hectare of a superblock, streets and yards included
CAPACITY = {"tower": 300.0, "walkup": 150.0, "urban_village": 205.0, "villa": 12.0}
_MIX = {
    "mid_high_end": {"tower": 0.80, "walkup": 0.195, "villa": 0.005},
    "old_residential": {"walkup": 0.74, "tower": 0.26},
    "urban_village": {"urban_village": 0.48, "walkup": 0.38, "tower": 0.14},
    "enclave": {"walkup": 0.62, "urban_village": 0.26, "tower": 0.12},
}
_FACE_M2 = {
    "tower": 21_000, "walkup": 13_000, "urban_village": 5_200, "villa": 14_000,
    "public": 15_000, "commercial": 15_000, "works": 34_000, "green": 1e9, "water": 1e9,
}  # fmt: skip
_OPEN_SHARE = 0.13  # of the superblocks: schools, markets, parks


@dataclass(frozen=True)
class Block:
    """A superblock: its community, its use and the rings of its faces. `lake` numbers the lake it is part of."""

    community: int
    use: str
    ring: Ring
    faces: tuple[Ring, ...]
    lake: int | None = None


def lay_out(geography: Geography, sliced: Sliced, names: StreetNames, rng: np.random.Generator) -> list[Block]:
    """All superblocks of the district, community by community."""
    layout = _Layout(geography, sliced.mesh, names, rng)
    specs = geography.communities
    return [block for i, spec in enumerate(specs) for block in layout.community(i, spec, sliced.communities[spec.code])]


@dataclass(frozen=True)
class _Layout:
    geography: Geography
    mesh: Mesh
    names: StreetNames
    rng: np.random.Generator

    def community(self, number: int, spec: CommunitySpec, ring: Ring) -> Iterator[Block]:
        cells = self._halve_to(ring, _CELL_M2, "local")
        built, left = self._choose_built(spec, cells)
        size_m2 = 21_000 if spec.area_m2 < 200_000 else 30_000  # the old core has the finer grain
        superblocks = [part for cell in built for part in self._halve_to(cell, size_m2, "local")]
        for use, part in self._uses(spec, superblocks):
            yield self._block(number, use, part)
        for cell, height in left:
            yield from self._unbuilt(number, cell, height)

    def _unbuilt(self, number: int, cell: Ring, height: float) -> Iterator[Block]:
        lake = self._lake(cell)
        if lake is not None:
            yield Block(number, "water", cell, (cell,), lake)
        elif height > _HILLY:
            yield Block(number, "green", cell, (cell,))
        else:
            for part in self._halve_to(cell, 52_000, "local"):
                yield self._block(number, str(self.rng.choice(["works", "commercial", "green", "works"])), part)

    def _block(self, number: int, use: str, ring: Ring) -> Block:
        return Block(number, use, ring, tuple(self._halve_to(ring, _FACE_M2[use], "path")))

    def _choose_built(self, spec: CommunitySpec, cells: list[Ring]) -> tuple[list[Ring], list[tuple[Ring, float]]]:
        """Build on the lowest cells until the households fit with room to spare; returns those and the rest."""
        mix = _MIX[spec.community_type]
        density = sum(share * CAPACITY[kind] for kind, share in mix.items()) / 1e4
        wanted_m2 = 1.5 * spec.households / density
        middles = np.array([self._middle(cell) for cell in cells])
        heights = elevation(self.geography, middles)
        lowest = middles[np.argmin(heights + 0.05 * middles[:, 0] / 1e3)]  # towns lie to the west, towards the core
        pull = 0.12 * np.hypot(*(middles - lowest).T) / 1e3
        pull += [10.0 if self._lake(cell) is not None else 0.0 for cell in cells]  # drained only where all else is full
        built: list[Ring] = []
        left: list[tuple[Ring, float]] = []
        for i in np.argsort(heights + pull + self.rng.uniform(0, 0.04, len(cells)), kind="stable"):
            if wanted_m2 > 0:
                built.append(cells[i])
                wanted_m2 -= self._area(cells[i])
            else:
                left.append((cells[i], float(heights[i])))
        return built, left

    def _uses(self, spec: CommunitySpec, parts: list[Ring]) -> Iterator[tuple[str, Ring]]:
        """One use per superblock: quotas of the type's mix, in bands, so that a village core stays together."""
        areas = np.array([self._area(part) for part in parts]) / 1e4
        quota = _quotas(spec, float(areas.sum()) * (1 - _OPEN_SHARE))
        turn = self.rng.uniform(0, 2, 2) - 1
        order = np.argsort([float(np.dot(turn, self._middle(part))) for part in parts], kind="stable")
        every = max(2, round(1 / _OPEN_SHARE))
        for place, i in enumerate(order):
            if place % every == every - 1 and len(parts) > 3:
                yield str(self.rng.choice(["public", "public", "commercial", "green"])), parts[i]
                continue
            kind = max(quota, key=lambda k: quota[k])
            if quota[kind] <= 0:
                yield str(self.rng.choice(["commercial", "public", "green", "works"])), parts[i]
                continue
            quota[kind] -= areas[i] * CAPACITY[kind]
            yield kind, parts[i]

    def _halve_to(self, ring: Ring, most_m2: float, street_class: str) -> list[Ring]:
        area = self._area(ring)
        if area <= most_m2 * self.rng.uniform(0.85, 1.3):
            return [ring]
        drawn = "collector" if street_class == "local" and area > 450_000 else street_class
        street = self.mesh.add_street(Street(drawn, self.names.draw(drawn, self.rng)))
        halves = halve(self.mesh, ring, street, self.rng)
        if halves is None:
            return [ring]
        return [part for half in halves for part in self._halve_to(half, most_m2, street_class)]

    def _lake(self, cell: Ring) -> int | None:
        """The lake that reaches into a cell, if any."""
        points = [self._middle(cell), *self.mesh.coordinates(cell)]
        return next((lake for point in points if (lake := lake_of(self.geography, point)) is not None), None)

    def _area(self, ring: Ring) -> float:
        return abs(signed_area(self.mesh.coordinates(ring)))

    def _middle(self, ring: Ring) -> tuple[float, float]:
        x, y = np.mean(self.mesh.coordinates(ring), axis=0)
        return float(x), float(y)


def _quotas(spec: CommunitySpec, room_ha: float) -> dict[str, float]:
    """Households per kind of superblock; walk-ups give way to towers where the land is short."""
    mix = dict(_MIX[spec.community_type])
    if spec.area_m2 < 500_000:
        mix.pop("villa", None)
    for _ in range(20):
        need_ha = sum(share * spec.households / CAPACITY[kind] for kind, share in mix.items())
        if need_ha <= room_ha:
            break
        for kind in ("villa", "walkup", "urban_village"):
            if mix.get(kind, 0.0) > 0.05:
                moved = min(0.06, mix[kind])
                mix[kind] -= moved
                mix["tower"] += moved
                break
    return {kind: share * spec.households for kind, share in mix.items()}
