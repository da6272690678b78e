import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput
from gridmgmt.geo import crs

METRES_PER_DEGREE = 111_320.0
LON, LAT = st.floats(75.0, 134.0), st.floats(5.0, 53.0)

# Published test points of the eviltransform project: WGS 84 lon/lat, GCJ-02 lon/lat.
PUBLISHED = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]


@pytest.mark.parametrize(("wgs", "gcj"), PUBLISHED)
def test_gcj02_agrees_with_the_published_points(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    np.testing.assert_allclose(crs.wgs84_to_gcj02(*wgs), gcj, atol=1e-9)
    np.testing.assert_allclose(crs.gcj02_to_wgs84(*gcj), wgs, atol=1e-9)


@given(lon=LON, lat=LAT)
def test_inverses_are_exact_to_a_millimetre(lon: float, lat: float) -> None:
    for there, back in [
        (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84),
        (crs.gcj02_to_bd09, crs.bd09_to_gcj02),
        (crs.wgs84_to_bd09, crs.bd09_to_wgs84),
    ]:
        np.testing.assert_allclose(back(*there(lon, lat)), (lon, lat), atol=1e-3 / METRES_PER_DEGREE)


def test_the_shift_is_some_hundred_metres_and_only_on_the_mainland() -> None:
    lon, lat = np.array([114.06, 116.4, 139.7, -72.9]), np.array([22.54, 39.9, 35.7, 41.3])
    east, north = np.subtract(crs.wgs84_to_gcj02(lon, lat), (lon, lat))
    shift_m = np.hypot(east * np.cos(np.radians(lat)), north) * METRES_PER_DEGREE
    np.testing.assert_allclose(shift_m[:2], (607, 555), atol=8)
    assert shift_m[2:].tolist() == [0.0, 0.0]


def test_conversions_keep_shape_and_nan_and_do_not_touch_their_input() -> None:
    lon, lat = np.full((2, 3), 114.0), np.full((2, 3), 22.5)
    lon[0, 0] = np.nan
    given_lon = lon.copy()
    out_lon, out_lat = crs.gcj02_to_wgs84(lon, lat)
    assert out_lon.shape == out_lat.shape == (2, 3)
    assert np.isnan(out_lon[0, 0])
    np.testing.assert_array_equal(lon, given_lon)


@pytest.mark.parametrize("name", ["gcj02", "bd09", "EPSG:4547", "EPSG:2234", "EPSG:4326"])
def test_geometries_come_back_from_every_named_crs(name: str) -> None:
    named = crs.parse_crs(name)
    box = np.array([shapely.box(114.05, 22.53, 114.15, 22.57), None], dtype=object)
    if name == "EPSG:2234":
        box[0] = shapely.box(-72.95, 41.28, -72.9, 41.32)
    back = crs.to_wgs84(crs.from_wgs84(box, named), named)
    assert back[1] is None
    assert shapely.hausdorff_distance(back[0], box[0]) < 1e-8


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InvalidInput, match="gcj02"):
        crs.parse_crs("EPSG:0815000")


@pytest.mark.parametrize(
    ("bounds", "code"),
    [((114.0, 22.5, 114.2, 22.6), 4547), ((120.9, 31.0, 121.9, 31.4), 4549), ((-73.0, 41.2, -72.8, 41.4), 32618)],
)
def test_metric_crs_fits_the_place(bounds: tuple[float, float, float, float], code: int) -> None:
    assert crs.metric_crs(bounds).to_epsg() == code


def test_metric_crs_refuses_bounds_that_are_not_degrees() -> None:
    for bounds in [(500000.0, 0.0, 500001.0, 1.0), (np.nan, 0.0, 1.0, 1.0)]:
        with pytest.raises(InvalidInput):
            crs.metric_crs(bounds)
