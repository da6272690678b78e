"""Columns and words of real files, and values that are at fault."""

from typing import Any

import numpy as np
import pandas
import pytest

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.io.columns import column_map, guess, layer_named, place_columns
from gridmgmt.io.conform import Rows, conform
from gridmgmt.io.layers import LAYERS
from gridmgmt.io.words import fixed_words
from gridmgmt.store import tables
from gridmgmt.store.tables import units


@pytest.mark.parametrize(
    ("layer", "columns", "found"),
    [
        ("communities", ["社区编码", "社区名称", "街道编码", "户数", "常住人口"],
         {"code": "社区编码", "name": "社区名称", "parent_code": "街道编码", "households": "户数",
          "residents": "常住人口"}),
        ("subdistricts", ["街道编码", "街道名称", "区编码"],
         {"code": "街道编码", "name": "街道名称", "parent_code": "区编码"}),
        ("grids", ["网格编号", "网格名称", "社区编码", "网格类型"],
         {"code": "网格编号", "name": "网格名称", "parent_code": "社区编码", "kind": "网格类型"}),
        ("buildings", ["楼栋编码", "小区编码", "楼层", "户数(户)", "建筑类型"],
         {"code": "楼栋编码", "compound_code": "小区编码", "kind": "建筑类型", "households": "户数(户)",
          "floors": "楼层"}),
        ("streets", ["osm_id", "name", "highway"], {"code": "osm_id", "name": "name", "street_class": "highway"}),
        ("stations", ["工作站名称", "街道编码", "办公用房面积(㎡)"],
         {"name": "工作站名称", "subdistrict_code": "街道编码", "office_m2": "办公用房面积(㎡)"}),
    ],
)  # fmt: skip
def test_columns_are_recognised_by_their_names(layer: str, columns: list[str], found: dict[str, str]) -> None:
    assert guess(LAYERS[layer], columns) == found


def test_every_field_is_recognised_by_its_own_name() -> None:
    for layer in LAYERS.values():
        names = [field.name for field in layer.fields]
        assert guess(layer, names) == {name: name for name in names}


def test_names_a_shapefile_cut_are_recognised() -> None:
    cut = ["parent_cod", "community_", "household", "社区名"]
    assert guess(LAYERS["communities"], cut, cut_names=True) == {
        "name": "社区名", "parent_code": "parent_cod", "households": "household", "community_type": "community_",
    }  # fmt: skip
    assert "community_type" not in guess(LAYERS["communities"], cut)


def test_the_mapping_by_hand_wins_and_must_exist() -> None:
    columns = ["户数", "户数2006"]
    assert column_map(LAYERS["grids"], columns, {"households": "户数2006"}) == {"households": "户数2006"}
    with pytest.raises(UnknownColumn, match="户数, 户数2006"):
        column_map(LAYERS["grids"], columns, {"households": "户"})
    with pytest.raises(InvalidInput, match="no field 'floors'"):
        column_map(LAYERS["grids"], columns, {"floors": "户数"})


def test_what_a_file_of_units_holds() -> None:
    assert layer_named("units", ["小区名称", "物业"], 0.0).name == "compounds"
    assert layer_named("units", ["小区名称", "户数"], 0.0).name == "buildings"
    assert layer_named("units", ["楼层"], 0.0).name == "buildings"
    assert layer_named("units", ["楼栋编码", "单元号"], 1.0).name == "entrances"
    with pytest.raises(InvalidInput, match="there is no layer 'towns'"):
        layer_named("towns", [], 0.0)


def test_place_columns_need_both_halves() -> None:
    assert place_columns(["X", "Y", "名称"]) == {"lon": "X", "lat": "Y"}
    assert place_columns(["经度", "名称"]) == {}
    assert place_columns(["lon", "lat", "WKT"]) == {"wkt": "WKT"}


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("boundary_kind", tables.KINDS),
        ("community_type", tables.COMMUNITY_TYPES),
        ("compound_kind", units.COMPOUND_KINDS),
        ("building_kind", units.BUILDING_KINDS),
        ("street_class", units.STREET_CLASSES),
        ("barrier_kind", units.BARRIER_KINDS),
        ("place_kind", units.PLACE_KINDS),
        ("land_kind", units.LAND_KINDS),
        ("station_type", tables.stations.STATION_TYPES),
    ],
)
def test_the_fixed_words_are_those_of_the_database(words: str, known: tuple[str, ...]) -> None:
    assert set(fixed_words(words)) == set(known)


def read(layer: str, field: str, values: list[Any]) -> tuple[list[Any], list[str], Rows]:
    rows = conform(pandas.DataFrame({"it": pandas.Series(values, dtype=object)}), LAYERS[layer], {field: "it"})
    return rows.table[field].to_list(), [finding.fault for finding in rows.findings], rows


def test_counts_as_people_write_them() -> None:
    values = ["1,234", "120户", " 7 ", 12.0, np.nan, None, "", "１２"]
    assert read("grids", "households", values)[0] == [1234, 120, 7, 12, None, None, None, 12]


def test_faulty_counts_are_named() -> None:
    values, faults, rows = read("grids", "households", ["约百", -3, 10.4, "1e999"])
    assert faults == ["not_a_number", "negative", "not_a_number"]
    assert values == [None, -3, 10, None]
    assert ("rounded", {"field": "households", "count": 1}) in rows.notes


def test_a_missing_count_of_a_building_is_nought_and_said() -> None:
    values, faults, rows = read("buildings", "households", [5, None])
    assert (values, faults) == ([5, 0], [])
    assert ("default", {"field": "households", "value": 0, "count": 1}) in rows.notes


@pytest.mark.parametrize(
    ("value", "code", "faults"),
    [
        (440303001001, "440303001001", []),
        (440303001001.0, "440303001001", []),
        ("440303001001.0", "440303001001", []),
        (" 440303001001 ", "440303001001", []),
        ("4.40303E+11", "4.40303E+11", ["code_destroyed"]),
        (4.4030300100100124e16, "44030300100100120", ["code_destroyed"]),
        ("1E5", "1E5", []),
    ],
)
def test_codes_stay_codes(value: Any, code: str, faults: list[str]) -> None:
    values, found, _ = read("communities", "code", [value])
    assert found == faults
    assert values == [code] or faults


def test_words_of_other_layers_are_foreign_and_unknown_ones_are_asked_about() -> None:
    values, faults, rows = read("streets", "street_class", ["主干道", "subway", "whatever", "yes", None])
    assert values == ["arterial", "local", "local", "local", "local"]
    assert faults == ["foreign", "unknown_word"]
    assert rows.left_out == {1}


def test_garbled_names_are_at_fault_and_restored() -> None:
    values, faults, _ = read("streets", "name", ["深南东路".encode().decode("latin-1"), "锟斤拷锟斤拷", "深南路"])
    assert values == ["深南东路", "锟斤拷锟斤拷", "深南路"]
    assert faults == ["mojibake", "mojibake_lost"]


def test_constants_fill_a_field() -> None:
    rows = conform(pandas.DataFrame({"a": [1, 2]}), LAYERS["places"], {}, {"kind": "企业"})
    assert rows.table["kind"].to_list() == ["enterprise", "enterprise"]
