"""The glossary holds every term that all rooms share, in both languages, and no term twice."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \| [^|]+ \| [^|]+ \|$", GLOSSARY, flags=re.MULTILINE)
ROWS = [row for row in ROWS if row[0].strip() != "中文"]
TERMS = {chinese.strip(): english.strip() for chinese, english in ROWS}
COMMON = tomllib.loads(
    files("gridmgmt.messages").joinpath("catalogue", "common.toml").read_text(encoding="utf-8"),
)
WORDS = {key: entry for key, entry in COMMON.items() if "{" not in entry["zh"]}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_a_shared_word_is_in_the_glossary(key: str) -> None:
    chinese, english = WORDS[key]["zh"], WORDS[key]["en"].lower()
    assert TERMS[chinese].lower() == english


def test_no_term_stands_twice() -> None:
    named = [chinese.strip() for chinese, _ in ROWS]
    assert len(named) == len(set(named)) > 40
