"""Import of districts, subdistricts, communities and grids: an edge-matched coverage with codes, parents and epochs."""

from datetime import date
from typing import Any

import geopandas
import numpy as np
import pandas
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gridmgmt.geo.coverage import is_coverage
from gridmgmt.io.conform import Rows
from gridmgmt.io.files import SourceFile
from gridmgmt.io.findings import Finding
from gridmgmt.io.layers import LAYERS, Layer
from gridmgmt.io.shapes import single_features
from gridmgmt.services.importing import epochs
from gridmgmt.services.importing.coverage import beside, tiled
from gridmgmt.services.importing.naming import check_parent, coded, fitting_codes, identified, nothing, with_parents
from gridmgmt.services.importing.report import ImportOptions, ImportReport
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import WGS84_SRID, Boundary, BoundaryCode

NEAR_DEG = 1e-5  # about a metre: what touches the file's box


class BoundaryImport:
    """One import of boundaries: `prepare` looks and never writes, `write` writes what was prepared."""

    def __init__(self, session: Session, layer: Layer, valid_from: date, options: ImportOptions) -> None:
        check_parent(layer, options.parent)
        self.session, self.layer, self.valid_from, self.options = session, layer, valid_from, options
        self.frame = self.stored = self.rematched = geopandas.GeoDataFrame()
        self.verdict = pandas.Series(dtype=object)

    def prepare(self, source: SourceFile, rows: Rows, report: ImportReport) -> None:
        """Codes, parents, tiling and the comparison with what is stored; faults go to the report."""
        repair = self.options.repair
        frame = single_features(source, self.layer, rows, repair=repair)
        report.findings += rows.findings
        frame = fitting_codes(frame, self.layer, report, "code" in self.options.mapping)
        frame = tiled(frame, report, repair=repair)
        self._identify(frame, report)
        if report.stopping(repair=repair):
            return
        around = self.stored[
            ~self.stored["code"].isin(self.frame["code"]) & (self.stored["valid_from"] <= self.valid_from)
        ]
        self.frame, self.rematched = beside(self.frame, around, report, repair=repair)
        self._compare(report, around)

    def _identify(self, frame: geopandas.GeoDataFrame, report: ImportReport) -> None:
        level = self.layer.level
        self.stored = self._standing(frame, Boundary.level == level)
        above = self._above(frame)
        frame = with_parents(frame, self.layer, self.options.parent, above, report)
        now = self.stored[self.stored["valid_from"] <= self.valid_from] if len(self.stored) else self.stored
        self.frame = coded(self.session, identified(frame, now), self.layer, report)

    def _standing(self, frame: geopandas.GeoDataFrame, *conditions: Any) -> geopandas.GeoDataFrame:
        """Boundaries from that day on that touch the box of the file."""
        if frame.empty:
            return epochs.standing(self.session, Boundary, self.valid_from, *conditions, Boundary.code == "")
        west, south, east, north = frame.total_bounds
        box = func.ST_MakeEnvelope(west - NEAR_DEG, south - NEAR_DEG, east + NEAR_DEG, north + NEAR_DEG, WGS84_SRID)
        near = Boundary.geom.op("&&")(box) | Boundary.code.in_([code for code in frame["code"] if code is not None])
        return epochs.standing(self.session, Boundary, self.valid_from, *conditions, near)

    def _above(self, frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        parents = {layer.code_digits: layer.level for layer in LAYERS.values() if layer.level}
        level = parents.get(self.layer.parent_digits)
        return self._standing(frame, Boundary.level == level, Boundary.valid_from <= self.valid_from)

    def _compare(self, report: ImportReport, around: geopandas.GeoDataFrame) -> None:
        frame = self.frame.assign(name=self._names())
        if self.layer.level == "district":
            frame = frame.assign(parent_code=None)
        self.frame = frame.assign(level=self.layer.level)
        if "kind" not in frame:
            self.frame = self.frame.assign(kind="residential")
        given = [*report.columns, *self.options.constants]
        fields = [field for field in given if field != "code"]
        self.verdict = self._settled(epochs.compare(self.frame, self.stored, fields), around)
        report.count(self.frame, self.verdict)
        report.findings += epochs.conflicts(self.frame, self.stored, self.verdict, self.valid_from)
        report.findings += self._impossible_codes()
        self._keep_what_the_file_leaves_out(fields)

    def _settled(self, verdict: pandas.Series, around: geopandas.GeoDataFrame) -> pandas.Series:
        """What lies near its stored outline stays as it is stored, if everything still tiles with that."""
        near = self.frame.index[verdict == "near"]
        if len(near) == 0:
            return verdict
        kept = self.stored.drop_duplicates("code").set_index("code").geometry.loc[self.frame.loc[near, "code"]]
        trial = self.frame.geometry.copy()
        trial[near] = kept.to_numpy()
        others = around[~around["code"].isin(self.rematched["code"])]
        every = [trial.to_numpy(), others.geometry.to_numpy(), self.rematched.geometry.to_numpy()]
        return verdict.replace("near", "equal" if is_coverage(np.concatenate(every)) else "changed")

    def _names(self) -> pandas.Series:
        """The file's name, else the stored one, else the code."""
        stored = dict(zip(self.stored["code"], self.stored["name"], strict=True)) if len(self.stored) else {}
        names = [
            name if isinstance(name, str) else stored.get(code, code)
            for name, code in zip(self.frame["name"], self.frame["code"], strict=True)
        ]
        return pandas.Series(names, index=self.frame.index, dtype=object)

    def _keep_what_the_file_leaves_out(self, fields: list[str]) -> None:
        """A column the file does not have says nothing: changed features keep their stored values there."""
        changed = self.frame.index[self.verdict == "changed"]
        if len(changed) == 0:
            return
        old = self.stored.drop_duplicates("code").set_index("code").loc[self.frame.loc[changed, "code"]]
        for field in ("kind", "community_type", "households", "residents", "parent_code"):
            if field not in fields:
                values = self.frame[field].astype(object) if field in self.frame else nothing(self.frame)
                values[changed] = old[field].to_numpy()
                self.frame = self.frame.assign(**{field: values})

    def _impossible_codes(self) -> list[Finding]:
        """Codes that ended, that belong to another level, or that begin after that day."""
        codes = self.frame.loc[self.verdict != "equal", "code"].to_list()
        known = {
            row.code: row for row in self.session.scalars(select(BoundaryCode).where(BoundaryCode.code.in_(codes)))
        }
        rows = self.frame.set_index("code")["row"]
        return [
            Finding(int(rows[code]), "code_not_free", code=code, values={"since": row.issued_on.isoformat()})
            for code, row in sorted(known.items())
            if row.retired_on is not None or row.level != self.layer.level or row.issued_on > self.valid_from
        ]

    def write(self, report: ImportReport) -> None:
        """Issue codes, close and open versions, and give the neighbours their matching vertices."""
        self._issue(self.frame.loc[self.verdict == "new", "code"].to_list(), str(self.layer.level))
        self._issue_parents(report)
        epochs.write(self.session, Boundary, self.frame, self.stored, self.verdict, self.valid_from)
        if len(self.rematched):
            report.note("rematched", count=len(self.rematched))
            self._rematch()

    def _issue(self, codes: list[str], level: str) -> list[str]:
        """Issue codes that are not known yet; returns those."""
        known = set(self.session.scalars(select(BoundaryCode.code).where(BoundaryCode.code.in_(codes))))
        fresh = [code for code in dict.fromkeys(codes) if code not in known]
        copy_frame(
            self.session, BoundaryCode, pandas.DataFrame({"code": fresh}), level=level, issued_on=self.valid_from
        )
        return fresh

    def _issue_parents(self, report: ImportReport) -> None:
        """A parent whose boundary was never drawn still needs its code."""
        levels = {layer.code_digits: layer.level for layer in LAYERS.values() if layer.level}
        parents = sorted(set(self.frame["parent_code"].dropna()))
        fresh = self._issue(parents, str(levels.get(self.layer.parent_digits))) if parents else []
        if fresh:
            report.note("parents_issued", count=len(fresh), codes=fresh[:10])

    def _rematch(self) -> None:
        """The same areas with more vertices: a new version, or in place where the version begins that very day."""
        today = self.rematched["valid_from"] == self.valid_from
        for code, shape in self.rematched.loc[today, ["id", "geometry"]].itertuples(index=False):
            whole = func.ST_Multi(func.ST_GeomFromWKB(shape.wkb, WGS84_SRID))
            self.session.execute(update(Boundary).where(Boundary.id == int(code)).values(geom=whole))
        earlier = self.rematched[~today]
        ids = [int(row_id) for row_id in earlier["id"]]
        self.session.execute(update(Boundary).where(Boundary.id.in_(ids)).values(valid_to=self.valid_from))
        opened = earlier.assign(version=earlier["version"] + 1).drop(columns=["id", "valid_from"])
        copy_frame(self.session, Boundary, opened, valid_from=self.valid_from)
