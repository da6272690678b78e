"""A comparison as tables in the reader's language: what the sheets of the XLSX and the pages of the report show."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gridmgmt.messages import LISTED, Language, text
from gridmgmt.planning.comparing.comparison import Comparison, Division, MetricPair
from gridmgmt.planning.scorecard import Scorecard

UNITS_NAMED = 20


def tables(
    comparison: Comparison,
    language: Language,
    *,
    report: Mapping[str, Any] | None = None,
    verdicts: Sequence[Mapping[str, Any]] = (),
) -> dict[str, pd.DataFrame]:
    """Tables by sheet key: summary, metrics, parts, moved, crosswalk; certificate and verdicts where they are given.

    `report` is the report of the second plan, for its certificate and what it leaves unmet with the reasons; `verdicts`
    are the rows of `Verdict.as_dict` where norms were asked for. What was not given has no table.
    """
    found = {
        "summary": _summary(comparison, language),
        "metrics": _metrics(comparison.metrics, language),
        "parts": _parts(comparison, language),
        "moved": _renamed(
            comparison.moved,
            language,
            code="code",
            name="name",
            households="households",
            from_name="from",
            to_name="to",
        ),
        "crosswalk": _crosswalk(comparison, language),
    }
    if report is not None:
        found["certificate"] = _certificate(report, language)
    if verdicts:
        found["verdicts"] = _verdicts(verdicts, language)
    return found


def plan_tables(
    plan: Division, language: Language, *, report: Mapping[str, Any] | None = None
) -> dict[str, pd.DataFrame]:
    """Tables of a plan that has nothing to be compared with: summary, metrics, parts, certificate."""
    found = {"summary": _lone_summary(plan, language)}
    if plan.scorecard is not None:
        found["metrics"] = _lone_metrics(plan.scorecard, language)
    homes = plan.units.groupby("part")["households"].sum()
    names = [plan.part_names().get(part, str(part)) for part in homes.index]
    found["parts"] = pd.DataFrame(
        {_say("part_name", language): names, _say("households", language): homes.to_numpy()}, dtype=object
    )
    if report is not None:
        found["certificate"] = _certificate(report, language)
    return found


def _lone_summary(plan: Division, language: Language) -> pd.DataFrame:
    rows: list[tuple[str, object]] = [
        (_say("plan", language), plan.name),
        (_say("parts_count", language), plan.part_count),
        (_say("households", language), int(plan.units["households"].sum())),
        (_say("buildings", language), len(plan.units)),
    ]
    return _two_columns(rows, language)


def _lone_metrics(card: Scorecard, language: Language) -> pd.DataFrame:
    columns = ("group", "metric", "value", "formula", "key")
    rows = [
        (_say(f"group_{one.group}", language), title, value, one.formula(language), f"{one.key} {one.version}")
        for one, title, value in card.rows(language)
    ]
    return pd.DataFrame(rows, columns=[_say(column, language) for column in columns], dtype=object)


def _say(key: str, language: Language) -> str:
    return text(f"scorecard.{key}", language)


def _two_columns(rows: Sequence[tuple[str, object]], language: Language) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[_say("item", language), _say("value", language)], dtype=object)


def _summary(found: Comparison, language: Language) -> pd.DataFrame:
    rows: list[tuple[str, object]] = [
        (_say("first_plan", language), found.a.name),
        (_say("second_plan", language), found.b.name),
        (_say("parts_count", language), f"{_count(found.a.units)} → {_count(found.b.units)}"),
        (_say("moved_households", language), found.households_moved),
        (_say("moved_units", language), found.units_moved),
        (_say("touched", language), found.areas_touched),
        (_say("information", language), round(found.variation_of_information, 3)),
        (_say("only_first", language), found.only_a),
        (_say("only_second", language), found.only_b),
    ]
    return _two_columns(rows, language)


def _count(units: pd.DataFrame) -> int:
    return int(units["part"].nunique())


def _metrics(pairs: Sequence[MetricPair], language: Language) -> pd.DataFrame:
    columns = ("group", "metric", "first_plan", "second_plan", "difference", "which_better", "formula", "key")
    rows = [
        (
            _say(f"group_{pair.metric.group}", language),
            pair.metric.title(language),
            pair.metric.shown(pair.a, language),
            pair.metric.shown(pair.b, language),
            "–" if pair.difference is None else pair.metric.shown(pair.difference, language, signed=True),
            _say(f"better_{pair.better}", language),
            pair.metric.formula(language),
            f"{pair.metric.key} {pair.metric.version}",
        )
        for pair in pairs
    ]
    return pd.DataFrame(rows, columns=[_say(column, language) for column in columns], dtype=object)


def _parts(found: Comparison, language: Language) -> pd.DataFrame:
    """Every part with its successor: the matched one, else the one that got most of it."""
    matched = found.parts["matched_part"].notna()
    said = found.parts.assign(
        outcome=[_say(f"outcome_{outcome}", language) for outcome in found.parts["outcome"]],
        matched_name=found.parts["matched_name"].where(matched, found.parts["largest_heir_name"]),
        households_after=found.parts["households_after"].where(matched, found.parts["largest_heir_households"]),
    )
    return _renamed(
        said,
        language,
        name="from",
        households_before="households_before",
        outcome="outcome",
        matched_name="successor",
        households_after="households_after",
    )


def _crosswalk(found: Comparison, language: Language) -> pd.DataFrame:
    shares = {
        f"share_of_{side}": [f"{share:.1%}" for share in found.crosswalk[f"share_of_{side}"]] for side in ("from", "to")
    }
    return _renamed(
        found.crosswalk.assign(**shares),
        language,
        from_name="from",
        to_name="to",
        households="households",
        units="buildings",
        share_of_from="share_of_from",
        share_of_to="share_of_to",
    )


def _certificate(report: Mapping[str, Any], language: Language) -> pd.DataFrame:
    objective = report.get("objective", {})
    status = str(report.get("status", ""))
    rows: list[tuple[str, object]] = [(_say("status", language), _words(f"planning.status_{status}", status, language))]
    if objective:
        rows += [
            (_say("objective", language), f"{objective['value']:,.12g}"),
            (_say("bound", language), f"{objective['bound']:,.12g}"),
        ]
        rows.append((_say("gap", language), f"{objective['gap']:.2%}"))
    for entry in report.get("unmet", ()):
        reason = _words(f"planning.{entry['reason']}", str(entry["reason"]), language)
        units = LISTED[language].join(map(str, entry["units"][:UNITS_NAMED]))
        rows.append((f"{_say('unmet', language)} {entry['part']}", f"{reason}  {units}".strip()))
    return _two_columns(rows, language)


def _verdicts(verdicts: Sequence[Mapping[str, Any]], language: Language) -> pd.DataFrame:
    """One row for each norm; its words are quoted in Chinese, and for readers of English what they say."""
    columns = ("clause", "quote", "required", "verdict", "checked", "met")
    rows = [
        (
            row["clause"],
            row["quote"] if language == "zh" else f"{row['quote']} {row['quote_en']}",
            row["required"][language],
            text(f"plans.verdict_{row['verdict']}", language),
            row["checked"],
            row["met"],
        )
        for row in verdicts
    ]
    return pd.DataFrame(rows, columns=[_say(column, language) for column in columns], dtype=object)


def _words(key: str, otherwise: str, language: Language) -> str:
    try:
        return text(key, language)
    except KeyError:
        return otherwise


def _renamed(table: pd.DataFrame, language: Language, **columns: str) -> pd.DataFrame:
    said = table[list(columns)].astype(object)
    said = said.where(said.notna(), None)
    said.columns = pd.Index([_say(key, language) for key in columns.values()])
    return said
