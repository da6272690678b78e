"""Every page there is: pure functions from frames, a base map and a context to one self-contained HTML page.

>>> from datetime import date
>>> from maps.context import Context
>>> Context(at=date(2006, 7, 1), place="罗湖区", language="en").say("title_overview")
'Overview of communities and stations'
"""

from maps.base import Base
from maps.context import Context
from maps.coverage import coverage
from maps.grids import TARGET_HOUSEHOLDS, grids
from maps.overview import overview
from maps.patrols import patrols
from maps.plan import parts_page, plan
from maps.replay import replay

__all__ = [
    "TARGET_HOUSEHOLDS",
    "Base",
    "Context",
    "coverage",
    "grids",
    "overview",
    "parts_page",
    "patrols",
    "plan",
    "replay",
]
