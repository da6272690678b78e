"""The report of a comparison as a file: workbook, JSON, page or PDF, told by the suffix."""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

if TYPE_CHECKING:
    from gridmgmt.messages import Language
    from gridmgmt.planning.comparing.comparison import Comparison

SUFFIXES = (".xlsx", ".json", ".html", ".pdf")
DRAWN = (".html", ".pdf")  # by the application `maps`, which the wheel does not carry (ADR 0002)


@dataclass(frozen=True)
class ReportFacts:
    """What a report says beside the comparison: day and place, the second plan's own report, verdicts of norms."""

    at: date
    place: str
    report: Mapping[str, Any] | None = None
    verdicts: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def check_suffix(out: Path | None) -> None:
    """InvalidInput for a report of a kind that cannot be written here; asked before the work begins."""
    if out is None:
        return
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidInput(detail=Words("reasons.report_suffix", path=out, suffixes=SUFFIXES))
    if suffix in DRAWN and importlib.util.find_spec("maps") is None:
        raise InvalidInput(detail=Words("reasons.report_needs_source", suffix=suffix))


def write_comparison(out: Path, found: "Comparison", language: "Language", facts: ReportFacts) -> None:
    """The comparison as the file `out`; folders are made."""
    from gridmgmt.cli.plan_files import write_json
    from gridmgmt.io.sheets import write_tables
    from gridmgmt.messages import text
    from gridmgmt.planning.comparing.comparison_tables import tables

    suffix = out.suffix.lower()
    if suffix == ".json":
        write_json(out, found.as_dict() | {"report": facts.report, "verdicts": list(facts.verdicts)})
        return
    sheets = tables(found, language, report=facts.report, verdicts=facts.verdicts)
    if suffix == ".xlsx":
        write_tables(out, {text(f"scorecard.sheet_{key}", language): table for key, table in sheets.items()})
        return
    context = importlib.import_module("maps.context").Context(at=facts.at, place=facts.place, language=language)
    page = importlib.import_module("maps.report").comparison_page(found, sheets, context)
    if suffix == ".pdf":
        importlib.import_module("maps.pdf").write_pdf(out, page)
    else:
        importlib.import_module("maps.pagefile").write_page(out, page)
