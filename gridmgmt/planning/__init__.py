"""Plans on frames: divide communities into grids, resize communities, merge stations, walk to the nearest station.

>>> import geopandas, shapely
>>> houses = geopandas.GeoDataFrame({"households": [40] * 9}, geometry=shapely.points([[x, y] for x in (0, 50, 100)
...     for y in (0, 50, 100)]), crs=4547)
>>> plan = divide(houses, households="households", target=120, low=100, high=140)
>>> plan.report["parts"], plan.report["share_in_range"], plan.report["not_contiguous"]
(3, 1.0, 0)
"""

from gridmgmt.planning.divide import divide
from gridmgmt.planning.merge import merge
from gridmgmt.planning.report import PlanResult
from gridmgmt.planning.resize import resize
from gridmgmt.planning.service import CoverageResult, coverage

__all__ = ["CoverageResult", "PlanResult", "coverage", "divide", "merge", "resize"]
