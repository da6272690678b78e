"""From the town in metres to the frames of the house: codes, names, EPSG:4326."""

from collections.abc import Mapping, Sequence
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from gridmgmt.demo.ground import Geometries, Ground
from gridmgmt.demo.houses import Buildings, Entrances
from gridmgmt.demo.names import compound_name, place_name
from gridmgmt.demo.stations import premises, staff_of
from gridmgmt.demo.terrain import METRIC_CRS
from gridmgmt.policy.luohu2006 import read_luohu_2006

_PLACES = {
    "public": (("school", 0.62), ("hospital", 0.14), ("market", 0.24)),
    "commercial": (("mall", 0.26), ("office", 0.48), ("market", 0.26)),
    "works": (("enterprise", 1.0),),
}
_NAMED = {"public": 1.0, "commercial": 0.45, "works": 0.4}  # the rest are shops and yards without a name
_RESIDENTIAL = {"tower": "tower", "walkup": "walkup", "urban_village": "urban_village", "villa": "villa"}


@cache
def _transformer() -> Transformer:
    return Transformer.from_crs(METRIC_CRS, "EPSG:4326", always_xy=True)


def to_wgs84(geometry: Geometries) -> Geometries:
    """EPSG:4547 metres to longitude and latitude, rounded to 1e-7 degrees so that files keep the same bits."""
    coordinates = shapely.get_coordinates(geometry)
    lon, lat = _transformer().transform(coordinates[:, 0], coordinates[:, 1])
    placed: Geometries = shapely.set_coordinates(geometry.copy(), np.round(np.column_stack([lon, lat]), 7))
    return placed


def _frame(columns: Mapping[str, object], geometry: Sequence[shapely.Geometry] | Geometries) -> gpd.GeoDataFrame:
    shapes = np.empty(len(geometry), dtype=object)
    shapes[:] = list(geometry)
    return gpd.GeoDataFrame(dict(columns), geometry=to_wgs84(shapes), crs="EPSG:4326")


def boundaries_frame(ground: Ground) -> gpd.GeoDataFrame:
    """District, subdistricts and communities, each level an exact coverage."""
    case = read_luohu_2006()
    specs = ground.geography.communities
    communities = pd.DataFrame(
        {
            "code": [s.code for s in specs],
            "name": [s.name + "社区" for s in specs],
            "level": "community",
            "parent_code": [s.code[:9] for s in specs],
            "community_type": [s.community_type for s in specs],
            "households": [s.households for s in specs],
            "residents": [s.residents for s in specs],
            "geometry": ground.communities,
        }
    )
    subdistricts = _dissolved(communities, {s.code: s.name for s in case.subdistricts}, "subdistrict")
    district = _dissolved(subdistricts, {case.district_code: case.district_name}, "district")
    district["parent_code"] = None
    rows = pd.concat([district, subdistricts, communities], ignore_index=True).assign(kind="residential")
    order = ["code", "name", "level", "kind", "parent_code", "community_type", "households", "residents"]
    return _frame({name: rows[name] for name in order}, rows["geometry"].to_numpy())


def _dissolved(members: pd.DataFrame, names: Mapping[str, str], level: str) -> pd.DataFrame:
    rows = [
        {
            "code": code,
            "name": names[code],
            "level": level,
            "parent_code": code[:6],
            "community_type": None,
            "households": int(group["households"].sum()),
            "residents": int(group["residents"].sum()),
            "geometry": shapely.coverage_union_all(group["geometry"].to_numpy()),
        }
        for code, group in members.groupby("parent_code")
    ]
    return pd.DataFrame(rows)


def unit_frames(
    ground: Ground, buildings: Buildings, entrances: Entrances, rng: np.random.Generator
) -> dict[str, gpd.GeoDataFrame]:
    """Compounds, buildings and entrances with their codes."""
    codes = np.array([spec.code for spec in ground.geography.communities])
    compounds, code_of_block, name_of_block = _compounds(ground, codes, rng)
    rank = _rank(buildings.community)
    number = _rank(buildings.block) + 1
    code = np.char.add(np.char.add(codes[buildings.community], "B"), np.char.zfill((rank + 1).astype(str), 4))
    names = [f"{name_of_block[b]}{n}{'号' if k == 'village_house' else '栋'}" if name_of_block[b] else f"{n}号楼"
             for b, n, k in zip(buildings.block, number, buildings.kind, strict=True)]  # fmt: skip
    built = {
        "code": code,
        "name": names,
        "compound_code": [code_of_block[b] for b in buildings.block],
        "kind": buildings.kind,
        "households": buildings.households,
        "residents": buildings.residents,
        "floors": buildings.floors,
    }
    owner = code[entrances.building]
    doors = {
        "code": np.char.add(np.char.add(owner, "-"), entrances.number.astype(str)),
        "building_code": owner,
        "number": entrances.number,
        "households": entrances.households,
        "residents": entrances.residents,
    }
    return {
        "compounds": compounds,
        "buildings": _frame(built, buildings.geometry),
        "entrances": _frame(doors, entrances.geometry),
    }


def _compounds(
    ground: Ground, codes: NDArray[np.str_], rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, list[str | None], list[str | None]]:
    lived_in = [i for i, block in enumerate(ground.blocks) if block.use in _RESIDENTIAL]
    community = np.array([ground.blocks[i].community for i in lived_in])
    code = [f"{codes[c]}C{r + 1:03d}" for c, r in zip(community, _rank(community), strict=True)]
    kinds = [_RESIDENTIAL[ground.blocks[i].use] for i in lived_in]
    specs = ground.geography.communities
    names = [specs[c].name + "村" if k == "urban_village" else compound_name(k, rng)
             for c, k in zip(community, kinds, strict=True)]  # fmt: skip
    shapes = shapely.buffer(ground.block_shapes[lived_in], -3.0, join_style="mitre")
    shapes = np.array([max(shapely.get_parts(s), key=lambda p: p.area) for s in shapes], dtype=object)
    code_of: list[str | None] = [None] * len(ground.blocks)
    name_of: list[str | None] = [None] * len(ground.blocks)
    for i, c, n in zip(lived_in, code, names, strict=True):
        code_of[i], name_of[i] = c, n
    return _frame({"code": code, "name": names, "kind": kinds}, shapes), code_of, name_of


def _rank(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The running number of each row within its group, from 0."""
    return np.asarray(pd.Series(groups).groupby(groups).cumcount().to_numpy(), dtype=np.int64)


def streets_frame(ground: Ground) -> gpd.GeoDataFrame:
    """Street segments that meet at shared end points."""
    segments = ground.segments
    code = [f"S{i + 1:05d}" for i in range(len(segments.chains))]
    columns = {"code": code, "name": segments.name.astype(str), "street_class": segments.street_class.astype(str)}
    return _frame(columns, segments.geometry)


def barriers_frame(ground: Ground) -> gpd.GeoDataFrame:
    """River, stream, railway with its yard, and the expressways."""
    waters, segments = ground.waters, ground.segments
    rows = [("深圳河", "river", waters.river), ("布吉河", "river", waters.stream), ("铁路", "railway", waters.railway)]
    if not waters.yard.is_empty:
        rows.append(("铁路货场", "railway", waters.yard))
    fast = segments.street_class == "expressway"
    for name in dict.fromkeys(segments.name[fast]):
        lines = segments.geometry[fast & (segments.name == name)]
        rows.append((name, "expressway", shapely.line_merge(shapely.union_all(lines))))
    code = [f"R{i + 1:04d}" for i in range(len(rows))]
    return _frame({"code": code, "name": [r[0] for r in rows], "kind": [r[1] for r in rows]}, [r[2] for r in rows])


def places_frame(ground: Ground, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Schools, hospitals, malls, markets, offices and enterprises on some of the faces that nobody lives on."""
    specs = ground.geography.communities
    rows = []
    for face, use, community in zip(ground.faces, ground.face_use, ground.face_community, strict=True):
        if use in _PLACES and rng.random() < _NAMED[use]:
            kinds, weights = zip(*_PLACES[use], strict=True)
            kind = str(rng.choice(kinds, p=weights))
            rows.append((community, place_name(specs[community].name, kind, rng), kind, face))
    rank = _rank(np.array([row[0] for row in rows], dtype=np.int64))
    code = [f"{specs[row[0]].code}P{r + 1:03d}" for row, r in zip(rows, rank, strict=True)]
    shapes = shapely.buffer(np.array([row[3] for row in rows], dtype=object), -4.0, join_style="mitre")
    shapes = [max(shapely.get_parts(s), key=lambda p: p.area) for s in shapes]
    return _frame({"code": code, "name": [row[1] for row in rows], "kind": [row[2] for row in rows]}, shapes)


def land_frame(ground: Ground) -> gpd.GeoDataFrame:
    """Water, green and built land for the base map."""
    use = ground.face_use
    rows = [("建成区", "built", part) for part in _merged(ground.faces[~np.isin(use, ["green", "water"])])]
    rows += [("绿地", "green", part) for part in _merged(ground.faces[np.isin(use, ["green", "water"])])]
    waters = ground.waters
    rows += [("深圳河", "water", waters.river), ("布吉河", "water", waters.stream.buffer(11.0))]
    rows += [(name, "water", lake) for name, lake in waters.lakes.items()]
    code = [f"L{i + 1:04d}" for i in range(len(rows))]
    return _frame({"code": code, "name": [r[0] for r in rows], "kind": [r[1] for r in rows]}, [r[2] for r in rows])


def _merged(faces: Geometries) -> Geometries:
    parts: Geometries = shapely.get_parts(shapely.coverage_union_all(faces))
    return parts


def station_frames(ground: Ground, buildings: Buildings, rng: np.random.Generator) -> dict[str, gpd.GeoDataFrame]:
    """One station per community, in a building near the middle of its residents, and whom it serves."""
    specs = ground.geography.communities
    case = read_luohu_2006()
    households = np.array([s.households for s in specs], dtype=np.int64)
    subdistrict = [s.code[:9] for s in specs]
    rank = _rank(np.array([int(code) for code in subdistrict]))
    code = [f"{parent}Z{r + 1:02d}" for parent, r in zip(subdistrict, rank, strict=True)]
    columns: dict[str, object] = {"code": code, "name": [s.name + "社区工作站" for s in specs], "station_type": "urban"}
    columns |= {"subdistrict_code": subdistrict, "staff": staff_of(households, len(specs) / len(case.communities))}
    for name, norm in case.premises.items():
        now, planned = premises(len(specs), norm, rng)
        columns |= {f"{name}_m2": now, f"{name}_planned_m2": planned}
    sites = [_site(buildings, number) for number in range(len(specs))]
    served = pd.DataFrame({"station_code": code, "community_code": [s.code for s in specs]})
    return {"stations": _frame(columns, sites), "station_services": served}


def _site(buildings: Buildings, community: int) -> shapely.Point:
    """The public or commercial building nearest to the middle of the residents; failing that, any building."""
    members = np.flatnonzero(buildings.community == community)
    places = shapely.get_coordinates(shapely.centroid(buildings.geometry[members]))
    weights = buildings.residents[members].astype(float)
    middle = (places * weights[:, None]).sum(axis=0) / weights.sum()
    away = np.hypot(*(places - middle).T)
    away += np.where(np.isin(buildings.kind[members], ["public", "commercial"]), 0.0, 250.0)
    return shapely.points(np.round(places[np.argmin(away)], 3))
