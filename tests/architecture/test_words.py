"""Every word a user reads has both languages, and every error has its sentence."""

import re
import string
from pathlib import Path

import pytest

from gridmgmt import errors
from gridmgmt.messages import LANGUAGES, catalogue, error_text

ROOT = Path(__file__).parents[2]
ERRORS = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.GridError)]


def placeholders(message: str) -> set[str]:
    return {field.partition(".")[0] for _, field, _, _ in string.Formatter().parse(message) if field}


def test_both_languages_hold_the_same_keys() -> None:
    assert set(catalogue("zh")) == set(catalogue("en"))


@pytest.mark.parametrize("key", sorted(catalogue("zh")))
def test_a_message_says_the_same_in_both_languages(key: str) -> None:
    chinese, english = (catalogue(language)[key] for language in LANGUAGES)
    assert chinese.strip()
    assert english.strip()
    if not key.startswith("errors."):  # their English stands in the class
        assert placeholders(chinese) == placeholders(english)


def test_punctuation_is_of_the_language() -> None:
    half_in_chinese = re.compile("[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]|[\u4e00-\u9fff][.](?:[^\\w.]|$)")
    assert [key for key, words in catalogue("zh").items() if half_in_chinese.search(words)] == []
    full_in_english = re.compile("[\uff0c\u3002\uff1b\uff1a\uff01\uff1f]")
    assert [key for key, words in catalogue("en").items() if full_in_english.search(words)] == []


def test_whatever_the_log_keeps_can_be_said_and_chosen_on_its_page() -> None:
    sources = [path.read_text("utf-8") for room in ("api", "gridmgmt") for path in (ROOT / room).rglob("*.py")]
    kept = {action for source in sources for action in re.findall(r'audit[.]record\w*\([^"]*?"(\w+)"', source)}
    assert {"appoint", "sign_in", "grant"} <= kept
    offered = set(
        re.findall(
            r'"(\w+)"', (ROOT / "api/web/js/audit.js").read_text("utf-8").partition("ACTIONS = [")[2].partition("]")[0]
        )
    )
    named = {key.removeprefix("people.action_") for key in catalogue("zh") if key.startswith("people.action_")}
    assert offered == named
    assert kept <= named


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_error_speaks_both_languages(error: type[errors.GridError]) -> None:
    names = placeholders(error.__doc__ or "")
    said = error(**dict.fromkeys(names, "x"))
    assert str(said)
    assert placeholders(catalogue("zh")[f"errors.{error.code}"]) <= names
    assert error_text(said, "zh") != error_text(said, "en") or names == {"detail"}
