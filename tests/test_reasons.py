"""Why something is refused is said in the reader's language: no English sentence inside a Chinese one."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from gridmgmt import errors
from gridmgmt.errors import GridError, IllegalMove, InvalidInput, Reason, UnknownColumn
from gridmgmt.messages import Words, catalogue, error_text

ROOT = Path(__file__).parents[1]
PROGRAM = [path for folder in ("gridmgmt", "api", "maps") for path in sorted((ROOT / folder).rglob("*.py"))]
SAID = {"detail", "reason", "remedy", "what", "level"}  # of an error; errors.py declares them as `Reason`
SENTENCE = re.compile(r"\b(?!gridmgmt )[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")  # a command is none
ERROR_CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, GridError)]
ERRORS = {error.__name__ for error in ERROR_CLASSES}
REASONS = [key for key in catalogue("en") if key.startswith("reasons.")]


def plain_reasons(module: Path) -> Iterator[str]:
    """The words that are given to an error as they stand in the program."""
    for call in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ERRORS:
            for given in call.keywords:
                if given.arg in SAID and isinstance(given.value, ast.Constant | ast.JoinedStr):
                    yield f"{module.relative_to(ROOT)}:{call.lineno}: {ast.unparse(given.value)}"


def test_no_reason_is_written_in_the_program() -> None:
    assert [reason for module in PROGRAM for reason in plain_reasons(module)] == []


def test_what_an_error_says_is_declared_as_words() -> None:
    """The type checker then refuses a plain text, from wherever it comes."""
    declared = {
        f"{error.__name__}.{name}": get_type_hints(error.__init__).get(name)
        for error in ERROR_CLASSES
        for name in SAID & fields(error.__doc__ or "")
        if error is not GridError
    }
    assert set(declared.values()) == {Reason}, declared


def test_every_reason_that_is_given_is_in_the_catalogue_and_no_other() -> None:
    program = [path.read_text(encoding="utf-8") for path in PROGRAM]
    given = {f"reasons.{key}" for source in program for key in re.findall(r'"reasons\.(\w+)"', source)}
    put_together = {"reasons.address_unknown", "reasons.address_ambiguous"}
    assert given | put_together == set(REASONS)


@pytest.mark.parametrize("key", REASONS)
def test_a_reason_is_chinese_in_chinese_and_names_the_same(key: str) -> None:
    chinese, english = (catalogue(language)[key] for language in ("zh", "en"))
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert not SENTENCE.search(chinese)
    assert fields(chinese) == fields(english)


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


@pytest.mark.parametrize(
    ("error", "english", "chinese"),
    [
        (UnknownColumn(column="hh", columns=["code", 7]), "are: code, 7.", "：code、7。"),
        (
            IllegalMove(move="close", reason=Words("reasons.no_such_move"), allowed=["file", "reject"]),
            "now: file, reject.",
            "：file、reject。",
        ),
    ],
)
def test_a_list_is_written_as_its_language_does(error: GridError, english: str, chinese: str) -> None:
    assert str(error).endswith(english)
    assert error_text(error).endswith(chinese)


def test_a_refusal_speaks_one_language() -> None:
    error = InvalidInput(detail=Words("reasons.incident_no_category"))
    assert str(error) == error_text(error, "en") == "The incident has no category."
    assert error_text(error, "zh") == "事件没有类别。"
