"""Which column of a file holds which field: names are recognised, in Chinese and English, and the guess is shown.

The names stand in `columns.toml`. What the user maps by hand always wins.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.io.layers import LAYERS, UNITS, Layer
from gridmgmt.messages import Words

PLACE_FIELDS = ("lon", "lat", "wkt")
CUT_BYTES = 8  # a Shapefile cuts names at ten bytes; nine with whole Chinese characters, eight without a separator
_DISSOLVED = re.compile(r"^(avg|sum|first|last|min|max|mean)_")
_UNIT = re.compile(r"\(.*?\)|\[.*?\]")
_NOISE = re.compile(r"[\s_\-.·]+")


@cache
def _aliases() -> dict[str, dict[str, list[str]]]:
    text = files("gridmgmt.io").joinpath("columns.toml").read_text(encoding="utf-8")
    return {
        layer: {field: [plain(name) for name in names] for field, names in fields.items()}
        for layer, fields in tomllib.loads(text).items()
    }


def plain(name: str) -> str:
    """A column name without case, width, units in brackets and separators.

    >>> plain(" 户数(户) "), plain("Avg_Pop"), plain("HSE_UNITS")
    ('户数', 'pop', 'hseunits')
    """
    folded = unicodedata.normalize("NFKC", str(name)).casefold().strip()
    return _NOISE.sub("", _DISSOLVED.sub("", _UNIT.sub("", folded)))


def names_of(layer: str, field: str) -> list[str]:
    """The plain names that mean `field` in a layer, best first."""
    own = _aliases().get(layer, {}).get(field, [])
    return [*own, *_aliases()["any"].get(field, []), plain(field)]


def guess(layer: Layer, columns: Sequence[str], *, cut_names: bool = False) -> dict[str, str]:
    """Field → column for every field that a column name gives away; each column serves once.

    `cut_names` also takes names that a Shapefile has cut to ten bytes.

    >>> guess(LAYERS["communities"], ["社区名称", "户数(户)", "街道编码", "remarks"])
    {'name': '社区名称', 'parent_code': '街道编码', 'households': '户数(户)'}
    """
    free: dict[str, str] = {}
    for column in columns:
        free.setdefault(plain(column), column)
    found: dict[str, str] = {}
    for field in layer.fields:
        for name in names_of(layer.name, field.name):
            key = name if name in free else _cut(name, free) if cut_names else None
            if key is not None:
                found[field.name] = free.pop(key)
                break
    return found


def _cut(name: str, free: Iterable[str]) -> str | None:
    return next((key for key in free if len(key.encode()) >= CUT_BYTES and name.startswith(key)), None)


def place_columns(columns: Sequence[str]) -> dict[str, str]:
    """The columns of a table that hold its places: lon and lat, or wkt; empty where there are none.

    >>> place_columns(["名称", "经度", "纬度"])
    {'lon': '经度', 'lat': '纬度'}
    """
    by_name = {plain(column): column for column in reversed(columns)}
    found = {}
    for field in PLACE_FIELDS:
        name = next((name for name in names_of("any", field) if name in by_name), None)
        if name is not None:
            found[field] = by_name[name]
    if "wkt" in found:
        return {"wkt": found["wkt"]}
    return found if len(found) == 2 else {}


def column_map(
    layer: Layer, columns: Sequence[str], by_hand: Mapping[str, str] | None = None, *, cut_names: bool = False
) -> dict[str, str]:
    """The guess, corrected by what the user said; UnknownColumn or InvalidInput for what does not exist.

    >>> column_map(LAYERS["streets"], ["路名", "grade"], {"street_class": "grade"})
    {'name': '路名', 'street_class': 'grade'}
    """
    wanted = dict(by_hand or {})
    fields = [field.name for field in layer.fields]
    for field, column in wanted.items():
        if field not in fields:
            raise InvalidInput(detail=Words("reasons.layer_no_field", layer=layer.name, field=field, fields=fields))
        if column not in columns:
            raise UnknownColumn(column=column, columns=columns)
    rest = [column for column in columns if column not in wanted.values()]
    found = guess(layer, rest, cut_names=cut_names) | wanted
    return {field: found[field] for field in fields if field in found}


def which_units(columns: Sequence[str], point_share: float, *, cut_names: bool = False) -> Layer:
    """What a file of units holds: points are entrances; areas are compounds where a column says so, else buildings.

    >>> which_units(["小区名称", "geometry"], 0.0).name, which_units(["楼层", "户数"], 0.0).name
    ('compounds', 'buildings')
    >>> which_units(["单元号", "户数"], 1.0).name
    'entrances'
    """
    if point_share > 0.5:
        return LAYERS["entrances"]
    own = {name for names in _aliases()["compounds"].values() for name in names}
    as_building = guess(LAYERS["buildings"], columns, cut_names=cut_names)
    names = {plain(column) for column in columns} - {plain(as_building.get("compound_code", ""))}
    counted = {"households", "floors"} & as_building.keys()
    return LAYERS["compounds"] if names & own and not counted else LAYERS["buildings"]


def layer_named(name: str, columns: Sequence[str], point_share: float, *, cut_names: bool = False) -> Layer:
    """The layer of that name; a file of "units" is looked at. InvalidInput for an unknown name."""
    if name == UNITS:
        return which_units(columns, point_share, cut_names=cut_names)
    if name not in LAYERS:
        raise InvalidInput(detail=Words("reasons.layer_unknown", name=name, layers=[*LAYERS, UNITS]))
    return LAYERS[name]
