"""What an import finds wrong, feature by feature: the fault, its place and size, and whether --repair mends it.

The words stand in the catalogue as `io.fault_<fault>` and `io.remedy_<fault>`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gridmgmt.geo.faults import Fault
from gridmgmt.messages import Language, text

MENDABLE = frozenset(
    {
        "missing",
        "not_finite",
        "empty",
        "wrong_type",
        "invalid",
        "duplicate",
        "overlap",
        "gap",
        "unmatched_edge",
        "repeated_code",
        "foreign",
        "unknown_word",
        "mojibake",
    }
)

Note = tuple[str, dict[str, Any]]  # message key below io.note_, and its values


@dataclass(frozen=True)
class Finding:
    """A fault of the feature in row `row` (1 is the first), in degrees and m²; None where it has no such figure."""

    row: int
    fault: str
    code: str | None = None
    name: str | None = None
    lon: float | None = None
    lat: float | None = None
    area_m2: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mendable(self) -> bool:
        """Whether --repair mends it; the rest needs a person."""
        return self.fault in MENDABLE

    def as_dict(self, language: Language = "en") -> dict[str, Any]:
        """The finding as a row of the JSON report, with its words."""
        return {
            "row": self.row,
            "code": self.code,
            "name": self.name,
            "fault": self.fault,
            "says": text(f"io.fault_{self.fault}", language, **self.words()),
            "remedy": text(f"io.remedy_{self.fault}", language),
            "repairable": self.mendable,
            "lon": self.lon,
            "lat": self.lat,
            "area_m2": self.area_m2,
        }

    def words(self) -> dict[str, Any]:
        """The values of the message: those of the finding, and its area."""
        return {"area_m2": 0.0 if self.area_m2 is None else self.area_m2, "other": "?", **self.values}


def of_fault(fault: Fault, area_m2: float | None = None, **values: Any) -> Finding:
    """A geometry's fault as a finding; its place must be in degrees."""
    return Finding(
        fault.index + 1,
        fault.kind,
        lon=_known(fault.x),
        lat=_known(fault.y),
        area_m2=area_m2,
        values={"detail": fault.detail, "length_m": fault.length or 0.0, **values},
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def blocking(findings: Iterable[Finding], *, repair: bool) -> list[Finding]:
    """The findings that stop the import: all of them, or with `repair` those that it cannot mend."""
    return [finding for finding in findings if not (repair and finding.mendable)]
