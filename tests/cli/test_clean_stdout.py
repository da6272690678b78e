"""Standard output belongs to results: no solver prints on it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import shapely
from geopandas import GeoDataFrame

ENTRY = "from gridmgmt.cli.main import run; run()"


def towns(count: int, seed: int) -> GeoDataFrame:
    """Voronoi cells whose households differ much; HiGHS prints a line for each rounded solution that it mends here."""
    rng, side = np.random.default_rng(seed), 500 * count**0.5
    frame, points = shapely.box(0, 0, side, side), rng.uniform(0, side, (count, 2))
    for _ in range(3):
        cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame, ordered=True)
        shapes = shapely.intersection(shapely.get_parts(cells), frame)
        points = shapely.get_coordinates(shapely.centroid(shapes))
    sizes = rng.lognormal(0, 0.5, count)
    return GeoDataFrame({"households": np.rint(1100 * sizes / sizes.mean()).astype(int)}, geometry=shapes, crs=4547)


def test_a_large_merge_prints_its_report_and_nothing_of_the_solver(tmp_path: Path) -> None:
    towns(100, 1).to_file(tmp_path / "in.gpkg")
    options = ["--out", str(tmp_path / "out.gpkg"), "--report", "/dev/stdout"]
    command = [sys.executable, "-c", ENTRY, "merge", str(tmp_path / "in.gpkg"), *options]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    report, _ = json.JSONDecoder().raw_decode(said[said.index("{") :])
    assert report["task"] == "merge"
    assert "Highs" not in said
    assert "tmpSolver" not in said
