"""What an import was asked to do, and what it found and did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas

from gridmgmt.io.findings import Finding, Note, blocking
from gridmgmt.messages import Language, text


@dataclass(frozen=True)
class ImportOptions:
    """How to read and treat a file; see `import_layer`."""

    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)  # field → column
    constants: Mapping[str, str] = field(default_factory=dict)  # field → value of every feature
    source_layer: str | None = None
    encoding: str | None = None
    parent: str | None = None
    repair: bool = False
    update: bool = False
    dry_run: bool = False


@dataclass
class ImportReport:
    """One import: the guess, the findings, what repair did, and the rows that were written (or would be)."""

    file: str
    layer: str
    valid_from: date
    crs: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    unused_columns: list[str] = field(default_factory=list)
    features: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    repair: dict[str, Any] | None = None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    changed_codes: list[str] = field(default_factory=list)
    written: bool = False

    def note(self, key: str, **values: Any) -> None:
        """Say something that is no fault; the words stand in the catalogue as io.note_<key>."""
        self.notes.append((key, values))

    def count(self, frame: pandas.DataFrame, verdict: pandas.Series) -> None:
        """How many features are new, changed and equal to what is stored."""
        self.added, self.changed, self.unchanged = (
            int((verdict == word).sum()) for word in ("new", "changed", "equal")
        )
        self.changed_codes = sorted(frame.loc[verdict == "changed", "code"])

    def stopping(self, *, repair: bool) -> list[Finding]:
        """The findings for which nothing is written."""
        return blocking(self.findings, repair=repair)

    def as_dict(self, language: Language = "en") -> dict[str, Any]:
        """The report for JSON, its sentences in the person's language."""
        findings = sorted(self.findings, key=lambda finding: finding.row)
        return {
            "file": self.file,
            "layer": self.layer,
            "valid_from": self.valid_from.isoformat(),
            "crs": self.crs,
            "columns": self.columns,
            "unused_columns": self.unused_columns,
            "features": self.features,
            "written": self.written,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "left_out": self.left_out,
            "changed_codes": self.changed_codes,
            "notes": [text(f"io.note_{key}", language, **values) for key, values in self.notes],
            "repair": self.repair,
            "findings": [finding.as_dict(language) for finding in findings],
        }
