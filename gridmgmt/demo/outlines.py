"""The demo district's outlines as files: one GeoJSON per level, each with a manifest that says what it is."""

import hashlib
from pathlib import Path

import orjson
import shapely

from gridmgmt.demo.city import VALID_FROM, City

LEVELS = {"district": "district", "subdistrict": "subdistricts", "community": "communities"}
_PROPERTIES = ("code", "name", "level", "kind", "parent_code", "community_type", "households", "residents")


def outline_files(city: City, seed: int) -> dict[str, bytes]:
    """File names and contents, the same bytes for the same city."""
    contents: dict[str, bytes] = {}
    for level, name in LEVELS.items():
        geojson = _geojson(city, level)
        contents[f"{name}.geojson"] = geojson
        contents[f"{name}.toml"] = _manifest(level, name, geojson, seed).encode()
    return contents


def write_outlines(city: City, seed: int, folder: Path) -> list[Path]:
    """Write the files into a folder, made where it is missing; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in outline_files(city, seed).items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return paths


def _geojson(city: City, level: str) -> bytes:
    """A feature per line, so that a change shows which boundary changed."""
    rows = city.boundaries[city.boundaries["level"] == level]
    records = rows[list(_PROPERTIES)].to_dict("records")
    geometries = (orjson.Fragment(shapely.to_geojson(shape)) for shape in rows.geometry)
    lines = [
        orjson.dumps({"type": "Feature", "id": record["code"], "properties": record, "geometry": geometry})
        for record, geometry in zip(records, geometries, strict=True)
    ]
    return b'{"type":"FeatureCollection","features":[\n' + b",\n".join(lines) + b"\n]}\n"


def _manifest(level: str, name: str, geojson: bytes, seed: int) -> str:
    return f"""\
file = "{name}.geojson"
level = "{level}"
source = "self-made: gridmgmt demo outlines --seed {seed}; no surveyed or published boundary was used"
facts = "names, classes and merges after the document of Luohu district of 2006-08-14"
licence = "Apache-2.0"
crs = "EPSG:4326"
coordinates = "longitude, latitude; 7 decimals"
date = {VALID_FROM.isoformat()}
seed = {seed}
sha256 = "{hashlib.sha256(geojson).hexdigest()}"
"""
