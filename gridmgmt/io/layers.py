"""What can be imported and exported: for each layer its fields, their types, and the geometry it takes."""

from dataclasses import dataclass, replace
from typing import Literal

FieldType = Literal["code", "text", "count", "area", "word"]
Default = str | int | None

POLYGONS = frozenset({"Polygon", "MultiPolygon"})
LINES = frozenset({"LineString", "MultiLineString"})
POINTS = frozenset({"Point"})


@dataclass(frozen=True)
class Field:
    """One field: a missing value becomes `default`, or is at fault where the field is `required`."""

    name: str
    type: FieldType = "text"
    required: bool = False
    default: Default = None
    words: str = ""  # table of words.toml for type "word"


@dataclass(frozen=True)
class Layer:
    """A kind of file: its fields, its geometry, and for boundaries the level, whose polygons must tile."""

    name: str
    fields: tuple[Field, ...]
    shapes: frozenset[str]
    level: str | None = None
    code_digits: int | None = None
    parent_digits: int | None = None

    def field(self, name: str) -> Field:
        """The field of that name; KeyError where the layer has none."""
        return {field.name: field for field in self.fields}[name]


CODE, NAME = Field("code", "code"), Field("name")
HOUSEHOLDS, RESIDENTS = Field("households", "count"), Field("residents", "count")
BOUNDARY = (CODE, NAME, Field("parent_code", "code"))
COUNTED = (HOUSEHOLDS, RESIDENTS)
GRID_KIND = Field("kind", "word", default="residential", words="boundary_kind")
PREMISES = tuple(
    Field(f"{room}_{state}m2", "area") for room in ("office", "service", "plaza") for state in ("", "planned_")
)


def _boundary(name: str, level: str, digits: int, parent: int, *extra: Field) -> Layer:
    return Layer(name, (*BOUNDARY, *COUNTED, *extra), POLYGONS, level, digits, parent)


LAYERS = {
    layer.name: layer
    for layer in (
        _boundary("districts", "district", 6, 4),
        _boundary("subdistricts", "subdistrict", 9, 6),
        _boundary("communities", "community", 12, 9, Field("community_type", "word", words="community_type")),
        _boundary("grids", "grid", 15, 12, GRID_KIND),
        Layer("compounds", (CODE, NAME, Field("kind", "word", default="mixed", words="compound_kind")), POLYGONS),
        Layer(
            "buildings",
            (
                CODE,
                NAME,
                Field("compound_code", "code"),
                Field("kind", "word", default="walkup", words="building_kind"),
                replace(HOUSEHOLDS, default=0),
                RESIDENTS,
                Field("floors", "count"),
            ),
            POLYGONS,
        ),
        Layer(
            "entrances",
            (
                CODE,
                Field("building_code", "code"),
                Field("number", "count"),
                replace(HOUSEHOLDS, default=0),
                RESIDENTS,
            ),
            POINTS,
        ),
        Layer("streets", (CODE, NAME, Field("street_class", "word", default="local", words="street_class")), LINES),
        Layer("barriers", (CODE, NAME, Field("kind", "word", required=True, words="barrier_kind")), LINES | POLYGONS),
        Layer("places", (CODE, NAME, Field("kind", "word", required=True, words="place_kind")), POINTS | POLYGONS),
        Layer("land", (CODE, NAME, Field("kind", "word", required=True, words="land_kind")), POLYGONS),
        Layer(
            "stations",
            (
                CODE,
                replace(NAME, required=True),
                Field("station_type", "word", default="urban", words="station_type"),
                Field("subdistrict_code", "code"),
                Field("staff", "count"),
                *PREMISES,
            ),
            POINTS,
        ),
    )
}

# A file of units holds compounds, buildings or entrances: which one, its geometry and columns tell (`which_units`).
UNITS = "units"
