"""Every word a user reads has both languages, and every error has its sentence."""

import string

import pytest

from gridmgmt import errors
from gridmgmt.messages import LANGUAGES, catalogue, error_text

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


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_error_speaks_both_languages(error: type[errors.GridError]) -> None:
    names = placeholders(error.__doc__ or "")
    said = error(**dict.fromkeys(names, "x"))
    assert str(said)
    assert placeholders(catalogue("zh")[f"errors.{error.code}"]) <= names
    assert error_text(said, "zh") != error_text(said, "en") or names == {"detail"}
