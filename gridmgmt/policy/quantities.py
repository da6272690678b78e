"""The quantities that figures are measured for, each with the words its unit goes by.

A norm of a user's own may name any other quantity; of these the unit is fixed, or its bounds would be compared with
figures of another measure.
"""

import difflib

_PEOPLE = ("people", "人", "名")
_AREA = ("m²", "m2", "㎡", "平方米", "平米")
_YES = ("yes = 1", "yes=1", "1 or 0", "是=1", "是 = 1")
_SHARE = ("share of households", "share", "比例", "户数比例")

UNITS: dict[str, tuple[str, ...]] = {
    "households": ("households", "户"),
    "communities": ("communities", "个社区", "社区", "个"),
    "stations": ("stations", "个工作站", "工作站", "个站", "个"),
    "subdistricts": ("subdistricts", "个街道", "街道", "个"),
    "pieces": ("pieces", "片", "块"),
    "staff": _PEOPLE,
    "workers": _PEOPLE,
    "office_m2": _AREA,
    "service_m2": _AREA,
    "plaza_m2": _AREA,
    "rural": _YES,
    "dedicated": _YES,
    "regular_patrols": _YES,
    "buildings_divided": ("buildings", "栋", "幢"),
    "places_without_own_grid": ("places", "处"),
    "staff_change": _PEOPLE,
    "staff_moved_between_subdistricts": _PEOPLE,
    "committees_change": ("committees", "个居委会", "居委会", "个"),
    "share_within_15_minutes": _SHARE,
}
TYPING_ERROR = 0.9  # names as alike as that are meant to be the same


def meant(quantity: str) -> str | None:
    """The quantity that a name nearly spells; None where it is one, or is like none.

    >>> meant("housholds"), meant("households"), meant("police_rooms")
    ('households', None, None)
    """
    close = difflib.get_close_matches(quantity, UNITS, n=1, cutoff=TYPING_ERROR)
    return close[0] if close and close[0] != quantity else None


def units_of(quantity: str) -> tuple[str, ...]:
    """The words the unit of a quantity may be given in; none for a quantity that is not measured here.

    >>> units_of("office_m2")[:2], units_of("police_rooms")
    (('m²', 'm2'), ())
    """
    return UNITS.get(quantity, ())
