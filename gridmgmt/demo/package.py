"""The demo district as one GeoPackage."""

from pathlib import Path

import pyogrio

from gridmgmt.demo.city import City


def write_package(city: City, path: Path) -> Path:
    """Write every frame as a layer of its own (`station_services` as a plain table), replacing the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    for name, frame in city.frames().items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
    return path
