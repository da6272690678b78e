"""What the pages need from the database, each frame read once."""

from datetime import date, timedelta
from functools import cached_property

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmgmt.errors import NotFound
from gridmgmt.messages import Words
from gridmgmt.policy.luohu2006 import read_luohu_2006
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.field import streets_walked
from gridmgmt.services.replay import ReplayResult, replay_luohu_2006
from gridmgmt.services.units import barriers_frame, land_frame, stations_at, streets_frame
from gridmgmt.store.tables import Level, Plan
from maps.base import Base
from maps.plans import newest_plan
from maps.walks import Walked, walked

WEEK = timedelta(days=6)


class District:
    """The district, or one subdistrict of it, as it stood on the day `at`; read-only.

    Raises NotFound, when the frame is asked for, where the register holds nothing of the kind on that day.
    """

    def __init__(self, session: Session, at: date, within_code: str = "") -> None:
        self.session, self.at, self.within_code = session, at, within_code

    def _level(self, level: Level) -> gpd.GeoDataFrame:
        return self._some(boundaries_at(self.session, level, self.at, within_code=self.within_code), level)

    def _some(self, frame: gpd.GeoDataFrame, what: str) -> gpd.GeoDataFrame:
        if frame.empty:
            raise NotFound(what=Words(f"common.{what}"), key=f"{self.within_code or '*'} {self.at.isoformat()}")
        return frame

    @cached_property
    def place(self) -> str:
        """The name of what the sheets show."""
        level: Level = "subdistrict" if self.within_code else "district"
        return " ".join(self._level(level)["name"])

    @cached_property
    def subdistricts(self) -> gpd.GeoDataFrame:
        return self._level("subdistrict")

    @cached_property
    def communities(self) -> gpd.GeoDataFrame:
        return self._level("community")

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        return self._level("grid")

    @cached_property
    def stations(self) -> gpd.GeoDataFrame:
        return self._some(stations_at(self.session, self.at, self.within_code), "station")

    @cached_property
    def base(self) -> Base:
        """The base map around the place."""
        west, south, east, north = (float(edge) for edge in self.communities.total_bounds)
        box = (west, south, east, north)
        return Base(
            self.subdistricts,
            self.communities,
            land_frame(self.session, bbox=box),
            streets_frame(self.session, bbox=box),
            barriers_frame(self.session, bbox=box),
        )

    @cached_property
    def merge_plan(self) -> Plan | None:
        """The newest plan of stations."""
        return newest_plan(self.session, "merge")

    @cached_property
    def walked(self) -> Walked:
        """Walks now, or before and after the merge plan, on the day that it was made for."""
        plan = self.merge_plan
        return walked(self.session, self.within_code, plan.base_date if plan else self.at, plan)

    @cached_property
    def replayed(self) -> ReplayResult:
        """The merge of 2006 beside the best one: for the whole district, where it is that one."""
        if self.within_code or list(self._level("district")["code"]) != [read_luohu_2006().district_code]:
            raise NotFound(what=Words("things.replay"), key=self.within_code or self.place)
        return replay_luohu_2006(self.session)

    @property
    def week(self) -> tuple[date, date]:
        """The seven days that end with the day shown."""
        return self.at - WEEK, self.at

    @cached_property
    def patrolled(self) -> gpd.GeoDataFrame:
        """Grids with the walked part of their streets in the week."""
        return self._some(streets_walked(self.session, *self.week, within_code=self.within_code), "grid")
