"""Field work without a store: tracks cleaned, streets and buildings covered, targets met, the next walk.

>>> import pandas as pd
>>> fix = pd.DataFrame({"time": pd.to_datetime(["2026-07-01T08:00:00Z"]), "lon": [114.11], "lat": [22.54]})
>>> report = clean_track(fix)
>>> len(report.segments), report.distance_m
(1, 0.0)
"""

from gridmgmt.field.clean import clean_track, clean_tracks
from gridmgmt.field.clean_settings import CleanSettings, Reason
from gridmgmt.field.track_report import TrackReport

__all__ = ["CleanSettings", "Reason", "TrackReport", "clean_track", "clean_tracks"]
