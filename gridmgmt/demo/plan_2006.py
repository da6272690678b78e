"""The plan that Luohu carried out in 2006, by the demo's community codes."""

from gridmgmt.ids import BoundaryCode
from gridmgmt.policy.luohu2006 import read_luohu_2006


def station_groups() -> list[tuple[BoundaryCode, ...]]:
    """The communities each of the 83 stations serves after the merge.

    >>> len(station_groups())
    83
    >>> station_groups()[0]
    ('440303001001', '440303001002')
    """
    return [group.community_codes for group in read_luohu_2006().station_groups]
