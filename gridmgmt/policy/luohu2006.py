"""Luohu 2006, the one full worked case: 115 stations merged into 83, as the district's document of 14 August 2006 says.

The facts stand in `luohu_2006.toml`; this module only reads them.

>>> case = read_luohu_2006()
>>> len(case.communities), len(case.station_groups), case.staff
(115, 83, 653)
>>> case.communities[0]
Community(code='440303001001', name='碧波', subdistrict_code='440303001')
>>> sum(len(group.community_codes) > 1 for group in case.station_groups)
30
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from gridmgmt.ids import BoundaryCode


@dataclass(frozen=True)
class Subdistrict:
    """One of the ten subdistricts (街道)."""

    code: BoundaryCode
    name: str


@dataclass(frozen=True)
class Community:
    """One of the 115 communities (社区). Codes number them in the order the document names them."""

    code: BoundaryCode
    name: str
    subdistrict_code: BoundaryCode


@dataclass(frozen=True)
class StationGroup:
    """The communities one station serves after the merge; a single one where the station was kept."""

    subdistrict_code: BoundaryCode
    community_codes: tuple[BoundaryCode, ...]
    community_names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The names of the communities served, joined by a plus sign."""
        return "+".join(self.community_names)


@dataclass(frozen=True)
class ClassLimit:
    """A size class: values above `above` (and not above the next higher limit), and how many communities fall in it."""

    above: float
    count: int


@dataclass(frozen=True)
class PremisesNorm:
    """How many of the 115 stations reach `norm_m2` now, within the year, hardly."""

    norm_m2: int
    now: int
    within_year: int
    hardly: int


@dataclass(frozen=True)
class Luohu2006:
    """The document's facts. `station_groups` is the plan that was carried out; `communities` are in code order."""

    title: str
    district_code: BoundaryCode
    district_name: str
    staff: int
    subdistricts: tuple[Subdistrict, ...]
    communities: tuple[Community, ...]
    station_groups: tuple[StationGroup, ...]
    community_types: dict[str, int]
    residents_classes: tuple[ClassLimit, ...]
    area_km2_classes: tuple[ClassLimit, ...]
    premises: dict[str, PremisesNorm]


@cache
def read_luohu_2006() -> Luohu2006:
    """Read the document's facts from the package's own data file."""
    raw = tomllib.loads((files(__package__) / "luohu_2006.toml").read_text("utf-8"))
    groups = tuple(group for part in raw["subdistrict"] for group in _groups(part))
    classes = raw["classes"]
    return Luohu2006(
        title=raw["title"],
        district_code=BoundaryCode(raw["district_code"]),
        district_name=raw["district"],
        staff=raw["staff"],
        subdistricts=tuple(Subdistrict(BoundaryCode(part["code"]), part["name"]) for part in raw["subdistrict"]),
        communities=tuple(_members(groups)),
        station_groups=groups,
        community_types=classes["community_type"],
        residents_classes=tuple(ClassLimit(**limit) for limit in classes["residents"]),
        area_km2_classes=tuple(ClassLimit(**limit) for limit in classes["area_km2"]),
        premises={name: PremisesNorm(**norm) for name, norm in raw["premises"].items()},
    )


def _groups(part: dict[str, Any]) -> list[StationGroup]:
    names = [*part["merged"], *([name] for name in part["kept"])]
    groups, number = [], 0
    for members in names:
        codes = tuple(BoundaryCode(f"{part['code']}{number + i:03d}") for i in range(1, len(members) + 1))
        number += len(members)
        groups.append(StationGroup(BoundaryCode(part["code"]), codes, tuple(members)))
    return groups


def _members(groups: tuple[StationGroup, ...]) -> list[Community]:
    return [
        Community(code, name, group.subdistrict_code)
        for group in groups
        for code, name in zip(group.community_codes, group.community_names, strict=True)
    ]
