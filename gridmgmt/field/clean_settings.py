"""What cleaning is told: every threshold with its unit and its reason, and the reasons a fix is left out for."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a fix is not part of the cleaned track."""

    NO_FIX = "no_fix"  # 0°, 0°: the receiver had not found itself yet
    OFF_DUTY = "off_duty"  # outside the hours on duty: not ours to look at
    DUPLICATE = "duplicate"  # the same fix again, or another source's record of the same minutes
    MOCK = "mock"  # the phone says that an app made the place up
    INACCURATE = "inaccurate"  # the phone itself does not know where it is
    SUSPECTED_CRS = "suspected_crs"  # off by exactly what GCJ-02 is off by
    TOO_FAST = "too_fast"  # inside a stretch that was ridden, not walked
    TELEPORT = "teleport"  # cannot have been reached from the fixes around it


@dataclass(frozen=True)
class CleanSettings:
    """Thresholds of `clean_track`; the defaults are for walking, with electric bicycles between places.

    >>> CleanSettings(accuracy_limit_m=30.0).accuracy_limit_m
    30.0
    """

    accuracy_limit_m: float = 50.0
    """A fix that may be farther off than this could lie in the next street."""

    no_fix_radius_deg: float = 0.01
    """Nearer to 0°, 0° than this (1 km, in the open sea) is a receiver without a fix."""

    duplicate_s: float = 1.0
    """Fixes less than this apart in time may be one: a GPX file cuts off what a live message keeps of the second."""

    duplicate_m: float = 1.0
    """And not farther apart than this: five decimals of a degree, as some programs write, are good to 0.6 m."""

    gap_s: float = 120.0
    """Longer without a fix is unknown: at walking pace a whole block fits in, so nothing is drawn across."""

    walk_limit_m_s: float = 8.0
    """Faster than this is neither a walk nor an electric bicycle (25 km/h by GB 17761) with some allowance."""

    travel_limit_m_s: float = 55.0
    """Faster than this (200 km/h) nobody came there by road or metro, whatever lies between the two fixes."""

    ride_s: float = 30.0
    """Fast for this long, in one direction in both halves, is a ride; shorter haste is the receiver's noise."""

    ride_cost_fixes: float = 3.0
    """A place reached at ride speed is believed only if more fixes than this speak for it, each way."""

    noise_m: float = 15.0
    """Neighbouring fixes may lie this far apart without anybody having moved (or their accuracies, if larger)."""

    shift_tolerance_m: float = 40.0
    """How well a jump must match the GCJ-02 vector (264–607 m long) to be suspected: two fixes' noise."""

    shift_within_s: float = 60.0
    """Only a jump between fixes this near in time is compared with the vector: later the walker is elsewhere."""

    stroll_m_s: float = 1.5
    """What a walker moves besides the jump: added to the tolerance for every second between the two fixes."""

    stop_radius_m: float = 15.0
    """Fixes within this of their middle (or within their accuracy, if larger) are one place."""

    stop_s: float = 90.0
    """As long at one place is a stop; shorter is a traffic light."""

    step_m: float = 10.0
    """Distance is counted in steps of at least this length, or the noise of every second would add to it."""
