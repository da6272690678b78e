"""Which community lies where, how large and how full it is: the plan the demo city is sliced after."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np

from gridmgmt.policy.luohu2006 import read_luohu_2006

Size = Literal["full", "small"]

TYPES = {"m": "mid_high_end", "o": "old_residential", "v": "urban_village", "e": "enclave"}
# drawn well inside the document's classes, so that streets may bend without a community leaving its class
_AREA_KM2 = {"B": (1.1, 1.55), "C": (0.56, 0.9), "D": (0.235, 0.46), "E": (0.11, 0.183)}
_RESIDENTS = {"1": (20800, 25000), "2": (16600, 19800), "3": (11200, 14800), "4": (8300, 9900), "5": (2800, 4800)}
_RESIDENTS_PER_HOUSEHOLD = (2.66, 2.94)


@dataclass(frozen=True)
class CommunitySpec:
    """What is wanted of one community."""

    code: str
    name: str
    subdistrict: str
    community_type: str
    area_m2: float
    residents: int
    households: int


@dataclass(frozen=True)
class DistrictCut:
    """A cut between subdistricts: `low` lie west or south of it, `towards` is its normal in degrees."""

    low: tuple[str, ...]
    high: tuple[str, ...]
    towards: float
    street_class: str
    name: str


@dataclass(frozen=True)
class Geography:
    """The district's outline (km), the cuts between its subdistricts, and the station groups in slicing order."""

    outline_km: tuple[tuple[float, float], ...]
    river_points: int
    edges: dict[str, dict[str, str]]
    cuts: tuple[DistrictCut, ...]
    hills: tuple[tuple[float, float, float, float], ...]
    lakes: tuple[tuple[float, float, float, float, str], ...]
    railway_km: tuple[tuple[float, float], ...]
    yard_km: tuple[tuple[float, float], ...]
    stream_km: tuple[tuple[float, float], ...]
    groups: dict[str, tuple[tuple[CommunitySpec, ...], ...]]

    @property
    def communities(self) -> list[CommunitySpec]:
        """All communities in code order."""
        return sorted((c for groups in self.groups.values() for g in groups for c in g), key=lambda c: c.code)


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "geography.toml").read_text("utf-8"))


def draw_geography(size: Size, rng: np.random.Generator) -> Geography:
    """Draw each community's area, residents and households within its classes."""
    raw = _raw()
    frame = raw[size]
    cuts = tuple(
        DistrictCut(tuple(c["low"]), tuple(c["high"]), c["towards"], c["class"], c["name"]) for c in frame["cuts"]
    )
    names = {name for cut in cuts for name in cut.low + cut.high}
    groups = {name: _groups(name, raw["communities"][name], rng) for name in raw["communities"] if name in names}
    lines = {
        k: tuple(tuple(row) for row in frame[k]) for k in ("outline", "hills", "lakes", "railway", "yard", "stream")
    }
    return Geography(
        outline_km=lines["outline"],
        river_points=frame["river_points"],
        edges=frame["edge"],
        cuts=cuts,
        hills=lines["hills"],
        lakes=lines["lakes"],
        railway_km=lines["railway"],
        yard_km=lines["yard"],
        stream_km=lines["stream"],
        groups=groups,
    )


def _groups(subdistrict: str, rows: list[str], rng: np.random.Generator) -> tuple[tuple[CommunitySpec, ...], ...]:
    """The station groups of 2006 in slicing order; members of a group come one after the other."""
    case = read_luohu_2006()
    codes = {c.name: c.code for c in case.communities}
    group_of = {name: g.name for g in case.station_groups for name in g.community_names}
    ordered: dict[str, list[CommunitySpec]] = {}
    for row in rows:
        name, classes, *fixed = row.split()
        spec = _draw(codes[name], name, subdistrict, classes, fixed, rng)
        ordered.setdefault(group_of[name], []).append(spec)
    return tuple(tuple(members) for members in ordered.values())


def _draw(
    code: str, name: str, subdistrict: str, classes: str, fixed: list[str], rng: np.random.Generator
) -> CommunitySpec:
    kind, residents_class, area_class = tuple(classes)
    area_km2 = float(fixed[0]) if fixed else rng.uniform(*_AREA_KM2[area_class])
    residents = int(rng.integers(*_RESIDENTS[residents_class]))
    households = round(residents / rng.uniform(*_RESIDENTS_PER_HOUSEHOLD))
    return CommunitySpec(code, name, subdistrict, TYPES[kind], area_km2 * 1e6, residents, households)
