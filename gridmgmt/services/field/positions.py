"""Where workers are now, for the centre's live map: the latest fix of each, never the way there."""

from datetime import datetime, timedelta

import geopandas
import pandas as pd
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.field.day import local_day
from gridmgmt.services.frames import read_frame
from gridmgmt.store.queries import query

RECENT = timedelta(hours=12)  # whoever was silent for longer is off duty


def latest_positions(
    session: Session, now: datetime, *, area: Area = Area.everything, within: timedelta = RECENT
) -> geopandas.GeoDataFrame:
    """The latest fix (EPSG:4326) of each worker who was last in a grid of `area`, not longer ago than `within`.

    Columns: worker_code, name, patrol_id, recorded_at, age_s, accuracy_m, battery_percent, geometry.
    """
    wanted = {
        "since": now - within,
        "everywhere": area.is_everything,
        "area": area.like_patterns(),
        "today": local_day(now),
    }
    frame = read_frame(session, query("latest_positions"), wanted)
    age_s = [(now - at).total_seconds() for at in frame["recorded_at"]]
    return frame.assign(age_s=pd.Series(age_s, frame.index, dtype=float))
