"""Verdicts: whether stations, communities, grids and the plan as a whole reach the norms of a profile.

Where a figure is missing, or whether a norm is about a thing at all, the verdict is "no data", never "met".
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gridmgmt.messages import LANGUAGES
from gridmgmt.policy.model import Norm, Profile, known
from gridmgmt.policy.planned import Planned, subjects_of_plan
from gridmgmt.policy.subjects import Subject, Subjects
from gridmgmt.policy.wording import bounds_words

__all__ = ["Finding", "Outcome", "Subject", "Verdict", "evaluate", "find"]

Outcome = Literal["met", "not_met", "no_data"]
NAMED = 50  # of the things behind a figure, in a report


@dataclass(frozen=True)
class Finding:
    """One thing under one norm. `margin` is how far inside (positive) or outside (negative) the nearest bound it is."""

    subject: Subject
    outcome: Outcome
    figure: float | None
    margin: float | None
    behind: tuple[str, ...] = ()  # the things that the figure counts, where they have names


@dataclass(frozen=True)
class Verdict:
    """A norm over all things it concerns.

    `share` is the share of things that are known to be within the bounds; met where it reaches the norm's share,
    not met where even the unknown ones could not bring it there, else no data. `not_concerned` counts things of its
    kind that the norm is not about.
    """

    norm: Norm
    outcome: Outcome
    findings: tuple[Finding, ...]
    not_concerned: int = 0

    @property
    def share(self) -> float | None:
        return self.count("met") / len(self.findings) if self.findings else None

    def count(self, outcome: Outcome) -> int:
        """How many things came out so."""
        return sum(finding.outcome == outcome for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the clause and its words, the verdict as a whole, and `findings`, that of every single thing."""
        margins = [finding.margin for finding in self.findings if finding.margin is not None]
        single = self.findings[0].figure if len(self.findings) == 1 else None
        return {
            "norm": self.norm.key,
            "clause": self.norm.clause,
            "quote": self.norm.quote,
            "quote_en": self.norm.quote_en,
            "required": {language: bounds_words(self.norm, language) for language in LANGUAGES},
            "remark": self.norm.remark,
            "remark_en": self.norm.remark_en,
            "applies_to": self.norm.applies_to,
            "quantity": self.norm.quantity,
            "unit": self.norm.unit,
            "low": self.norm.low,
            "high": self.norm.high,
            "verdict": self.outcome,
            "figure": single,
            "checked": len(self.findings),
            "met": self.count("met"),
            "not_met": self.count("not_met"),
            "no_data": self.count("no_data"),
            "not_concerned": self.not_concerned,
            "share": None if self.share is None else round(self.share, 6),
            "share_required": self.norm.share,
            "margin": round(min(margins), 6) if margins else None,
            "findings": [_row(finding) for finding in self.findings],
        }


def evaluate(plan: Planned | Subjects, profile: Profile) -> list[Verdict]:
    """The verdict of every norm of the profile, in its order, on a computed plan, or on things given by kind.

    >>> from gridmgmt.policy.norms import profile
    >>> small = Subject("Z1", "碧波", {"households": 5200.0})
    >>> verdict = evaluate({"station": [small]}, profile("luohu-2006"))[0]
    >>> verdict.norm.clause, verdict.outcome, verdict.findings[0].margin
    ('二(二)', 'not_met', -800.0)
    """
    subjects = plan if isinstance(plan, Mapping) else subjects_of_plan(plan)
    return [_judge(norm, subjects.get(norm.applies_to, ())) for norm in profile.norms]


def find(norm: Norm, subject: Subject) -> Finding:
    """One thing under one norm."""
    figure, behind = known(subject.values, norm.quantity), subject.behind.get(norm.quantity, ())
    low = norm.lower_bound(subject.values)
    if figure is None or norm.concerns(subject.values) is None or (low is not None and math.isnan(low)):
        return Finding(subject, "no_data", figure, None)
    below = math.inf if low is None else figure - low
    above = math.inf if norm.high is None else norm.high - figure
    margin = min(below, above)
    return Finding(subject, "met" if margin >= 0 else "not_met", figure, margin, behind)


def _judge(norm: Norm, subjects: Sequence[Subject]) -> Verdict:
    findings = tuple(find(norm, subject) for subject in subjects if norm.concerns(subject.values) is not False)
    needed = math.ceil(norm.share * len(findings) - 1e-9)
    met = sum(finding.outcome == "met" for finding in findings)
    unknown = sum(finding.outcome == "no_data" for finding in findings)
    outcome: Outcome = "no_data"
    if findings and met >= needed:
        outcome = "met"
    elif findings and met + unknown < needed:
        outcome = "not_met"
    return Verdict(norm, outcome, findings, len(subjects) - len(findings))


def _row(finding: Finding) -> dict[str, Any]:
    row = {
        "code": finding.subject.code,
        "name": finding.subject.name,
        "verdict": finding.outcome,
        "figure": finding.figure,
        "margin": finding.margin,
    }
    return row | {"behind": list(finding.behind[:NAMED])} if finding.behind else row
