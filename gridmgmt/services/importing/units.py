"""Import of what need not tile: compounds, buildings, entrances, streets, barriers, places, land, stations."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gridmgmt.geo.crs import from_wgs84
from gridmgmt.io.conform import Rows
from gridmgmt.io.files import SourceFile
from gridmgmt.io.findings import Finding
from gridmgmt.io.layers import Layer
from gridmgmt.io.shapes import metric_of, single_features
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.boundaries.codes import reading_order
from gridmgmt.services.frames import read_frame, unwrapped
from gridmgmt.services.importing import epochs
from gridmgmt.services.importing.naming import containing, nothing
from gridmgmt.services.importing.report import ImportOptions, ImportReport
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import WGS84_SRID, Barrier, Base, Building, Compound, Entrance, Land, Place, Station, Street

TABLES: dict[str, type[Base]] = {
    "compounds": Compound,
    "buildings": Building,
    "entrances": Entrance,
    "streets": Street,
    "barriers": Barrier,
    "places": Place,
    "land": Land,
    "stations": Station,
}
# What stands between the parent's code and the number, and how many digits the number has at least.
NUMBERED = {
    "compounds": ("C", 3),
    "buildings": ("B", 4),
    "streets": ("S", 5),
    "barriers": ("R", 5),
    "places": ("P", 5),
    "land": ("L", 5),
    "stations": ("Z", 2),
}
PARENT_LEVEL = {"compounds": "community", "buildings": "community", "stations": "subdistrict"}
ENTRANCE_REACH_M = 30.0
STATION_CODE = r"\d{9}Z\d{2,3}"


class UnitImport:
    """One import of units: `prepare` looks and never writes, `write` writes what was prepared."""

    def __init__(self, session: Session, layer: Layer, valid_from: date, options: ImportOptions) -> None:
        self.session, self.layer, self.valid_from, self.options = session, layer, valid_from, options
        self.model = TABLES[layer.name]
        self.frame = self.stored = geopandas.GeoDataFrame()
        self.verdict = pandas.Series(dtype=object)

    def prepare(self, source: SourceFile, rows: Rows, report: ImportReport) -> None:
        """Geometry, identity, codes and the comparison with what is stored; faults go to the report."""
        frame = single_features(source, self.layer, rows, repair=self.options.repair)
        report.findings += rows.findings
        if len(frame):
            frame = self._related(frame, report)
            self.stored = self._standing(frame)
            frame = self._coded(_recognised(frame, self.stored), report)
        self.frame = frame
        fields = [field for field in (*report.columns, *self.options.constants) if field != "code"]
        if len(frame):
            self.verdict = epochs.compare(frame, self.stored, fields).replace("near", "equal")
        self.frame = self._filled(self.frame, fields)
        report.count(self.frame, self.verdict)
        report.findings += self._conflicts()

    def _related(self, frame: geopandas.GeoDataFrame, report: ImportReport) -> geopandas.GeoDataFrame:
        """What a feature belongs to: an entrance to its building, a building to its compound, a station to its area."""
        if self.layer.name == "entrances":
            frame = self._at_building(frame, report)
        if self.layer.name == "buildings":
            frame = self._in_compound(frame, report)
        if self.layer.name == "stations":
            frame = self._in_subdistrict(frame, report)
        return frame

    def _at_building(self, frame: geopandas.GeoDataFrame, report: ImportReport) -> geopandas.GeoDataFrame:
        """The building named, else the nearest within 30 m."""
        buildings = self._near(Building, frame)
        plane = metric_of(frame.geometry.to_numpy())
        tree = shapely.STRtree(from_wgs84(buildings.geometry.to_numpy(), plane))
        points = from_wgs84(frame.geometry.to_numpy(), plane)
        entrance, building = tree.query_nearest(points, max_distance=ENTRANCE_REACH_M, all_matches=False)
        nearest = nothing(frame)
        nearest.iloc[entrance] = buildings["code"].to_numpy()[building]
        codes = frame["building_code"].where(frame["building_code"].notna(), nearest)
        known = self._known(Building, codes)
        report.findings += [
            Finding(int(row), "no_building", values={"value": code or ""})
            for row, code in zip(frame["row"], codes, strict=True)
            if code not in known
        ]
        frame = frame.assign(building_code=codes)
        return _numbered_entrances(frame[codes.isin(list(known))], self._near(Entrance, frame))

    def _in_compound(self, frame: geopandas.GeoDataFrame, report: ImportReport) -> geopandas.GeoDataFrame:
        """The compound named (it must be there), else the stored one that holds the building."""
        known = self._known(Compound, frame["compound_code"])
        named = frame["compound_code"].notna()
        report.findings += [
            Finding(int(row), "no_compound", values={"value": code})
            for row, code in frame.loc[named, ["row", "compound_code"]].itertuples(index=False)
            if code not in known
        ]
        compounds = self._near(Compound, frame)
        inside = containing(frame, compounds) if len(compounds) else nothing(frame)
        return frame.assign(
            compound_code=frame["compound_code"].where(named, inside.astype(object).where(inside.notna(), None))
        )

    def _in_subdistrict(self, frame: geopandas.GeoDataFrame, report: ImportReport) -> geopandas.GeoDataFrame:
        frame = frame.assign(code=frame["code"].where(frame["code"].astype("string").str.fullmatch(STATION_CODE), None))
        codes = frame["subdistrict_code"].where(frame["subdistrict_code"].notna(), frame["code"].str[:9])
        codes = codes.where(codes.notna(), self._parents(frame))
        report.findings += [
            Finding(int(row), "no_parent", values={"layer": self.layer.name, "digits": 9})
            for row in frame["row"][codes.isna()]
        ]
        return frame.assign(subdistrict_code=codes)

    def _parents(self, frame: geopandas.GeoDataFrame) -> pandas.Series:
        """--parent, else the code of the stored community (subdistrict for stations) a feature lies in, else None."""
        if self.options.parent is not None:
            return pandas.Series(self.options.parent, index=frame.index, dtype=object)
        level: Any = PARENT_LEVEL.get(self.layer.name)
        if level is None:
            return nothing(frame)
        found = containing(frame, boundaries_at(self.session, level, self.valid_from, tuple(frame.total_bounds)))
        return found.astype(object).where(found.notna(), None)

    def _known(self, model: type[Base], codes: pandas.Series) -> set[str]:
        column = model.__table__.c.code
        wanted = sorted({code for code in codes if isinstance(code, str)})
        return set(self.session.scalars(select(column).where(column.in_(wanted))))

    def _near(
        self, model: type[Base], frame: geopandas.GeoDataFrame, reach_deg: float = 0.001
    ) -> geopandas.GeoDataFrame:
        """Stored features whose box touches that of the file."""
        west, south, east, north = frame.total_bounds
        box = func.ST_MakeEnvelope(west - reach_deg, south - reach_deg, east + reach_deg, north + reach_deg, WGS84_SRID)
        return self._read(model, model.__table__.c.geom.op("&&")(box))

    def _read(self, model: type[Base], *conditions: Any) -> geopandas.GeoDataFrame:
        columns = [column for column in model.__table__.columns if column.name != "geom"]
        shape = func.ST_AsBinary(model.__table__.c.geom).label("geometry")
        return read_frame(self.session, select(*columns, shape).where(*conditions).order_by(model.__table__.c.code))

    def _standing(self, frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        """Stored rows that the file may speak of: near it, or of one of its codes."""
        table = self.model.__table__.c
        codes = [code for code in frame["code"] if isinstance(code, str)]
        west, south, east, north = frame.total_bounds
        box = func.ST_MakeEnvelope(west, south, east, north, WGS84_SRID)
        meant = table.geom.op("&&")(box) | table.code.in_(codes)
        if self.model is Station:
            return epochs.standing(self.session, Station, self.valid_from, meant)
        return self._read(self.model, meant)

    def _coded(self, frame: geopandas.GeoDataFrame, report: ImportReport) -> geopandas.GeoDataFrame:
        """Codes for features that still have none: parent, letter, next free number in reading order."""
        bare = frame.index[frame["code"].isna()]
        if len(bare) == 0:
            return frame
        if self.layer.name == "entrances":
            return frame.assign(
                code=[
                    code or f"{building}-{number}"
                    for code, building, number in zip(
                        frame["code"], frame["building_code"], frame["number"], strict=True
                    )
                ]
            )
        letter, width = NUMBERED[self.layer.name]
        codes, parents = frame["code"].copy(), self._parents(frame.loc[bare])
        order = [bare[position] for position in _order(frame.geometry.loc[bare].to_numpy())]
        free: dict[str, Iterator[str]] = {}
        for position in order:
            head = f"{parents[position] or ''}{letter}"
            if head not in free:
                free[head] = self._free(head, width, frame)
            codes[position] = next(free[head])
        report.note(
            "codes_given",
            count=len(order),
            parent=parents[order[0]] or letter,
            first=codes[order[0]],
            last=codes[order[-1]],
        )
        return frame.assign(code=codes)

    def _free(self, head: str, width: int, frame: geopandas.GeoDataFrame) -> Iterator[str]:
        column = self.model.__table__.c.code
        taken = set(self.session.scalars(select(column).where(column.startswith(head, autoescape=True))))
        taken |= set(frame["code"].dropna())
        codes = (f"{head}{number:0{width}d}" for number in range(1, 10**9))
        return (code for code in codes if code not in taken)

    def _filled(self, frame: geopandas.GeoDataFrame, fields: list[str]) -> geopandas.GeoDataFrame:
        """A compound needs a name; features that changed keep what the file does not speak of."""
        if frame.empty:
            return frame
        if self.layer.name == "compounds":
            frame = frame.assign(name=frame["name"].where(frame["name"].notna(), frame["code"]))
        changed = frame.index[self.verdict == "changed"]
        if len(changed):
            old = self.stored.drop_duplicates("code").set_index("code").loc[frame.loc[changed, "code"]]
            for item in self.layer.fields:
                if item.name != "code" and item.name not in fields:
                    values = frame[item.name].astype(object)
                    values[changed] = old[item.name].to_numpy()
                    frame = frame.assign(**{item.name: values})
        return frame

    def _conflicts(self) -> list[Finding]:
        if self.model is Station:
            return epochs.conflicts(self.frame, self.stored, self.verdict, self.valid_from)
        if self.options.update or len(self.frame) == 0:
            return []
        rows = self.frame.loc[self.verdict == "changed", ["row", "code"]]
        return [Finding(int(row), "other_content", code=code) for row, code in rows.itertuples(index=False)]

    def write(self, report: ImportReport) -> None:
        """Insert what is new; what changed gets a new version (stations) or new content (`update`)."""
        if self.frame.empty:
            return
        if self.model is Station:
            epochs.write(self.session, Station, self.frame, self.stored, self.verdict, self.valid_from)
            return
        changed = self.frame[self.verdict == "changed"]
        self._update(changed)
        copy_frame(self.session, self.model, self.frame[self.verdict == "new"].drop(columns="row"))

    def _update(self, changed: geopandas.GeoDataFrame) -> None:
        """New content under the same codes; rows that point here stay."""
        code = self.model.__table__.c.code
        fields = [item.name for item in self.layer.fields if item.name != "code"]
        for feature in changed.itertuples(index=False):
            values = {field: epochs.plain(getattr(feature, field)) for field in fields}
            shape = func.ST_GeomFromWKB(feature.geometry.wkb, WGS84_SRID)
            self.session.execute(update(self.model).where(code == feature.code).values(geom=shape, **values))


def _order(shapes: Any) -> list[int]:
    """Reading order of areas; lines and points have no area, so their boxes stand in."""
    return reading_order(shapely.envelope(shapely.buffer(shapes, 1e-4)))


def _recognised(frame: geopandas.GeoDataFrame, stored: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Features without code take that of the stored feature of the same geometry, each once."""
    bare = frame.index[frame["code"].isna()]
    if len(bare) == 0 or stored.empty:
        return frame
    free: dict[bytes, list[str]] = {}
    for key, code in zip(_keys(stored), stored["code"], strict=True):
        free.setdefault(key, []).append(code)
    codes = frame["code"].copy()
    for position, key in zip(bare, _keys(frame.loc[bare]), strict=True):
        if known := free.get(key):
            codes[position] = known.pop(0)
    return frame.assign(code=codes)


def _keys(frame: geopandas.GeoDataFrame) -> list[bytes]:
    shapes = shapely.set_srid(unwrapped(frame.geometry.to_numpy()), 0)
    keys: list[bytes] = shapely.to_wkb(shapely.normalize(shapes)).tolist()
    return keys


def _numbered_entrances(frame: geopandas.GeoDataFrame, stored: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Entrances without number get the next one of their building; one that is stored keeps its own."""
    frame = _recognised(frame, stored) if len(frame) else frame
    known = dict(zip(stored["code"], stored["number"], strict=True))
    number = frame["number"].where(frame["number"].notna(), frame["code"].map(known))
    last: dict[str, int] = stored.groupby("building_code")["number"].max().to_dict() if len(stored) else {}
    for building, value in zip(frame["building_code"], number, strict=True):
        last[building] = max(last.get(building, 0), 0 if pandas.isna(value) else int(value))
    given = []
    for building, value in zip(frame["building_code"], number, strict=True):
        last[building] += int(pandas.isna(value))
        given.append(last[building] if pandas.isna(value) else int(value))
    return frame.assign(number=np.array(given, dtype=object))
