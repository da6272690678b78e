"""The one catalogue of words the users read, in Simplified Chinese and English.

Each file of `catalogue/` belongs to one room and holds tables `[key]` with `zh` and `en`; the key is
`<file>.<key>`. Placeholders are `str.format` fields. A missing key is an error, never a silent fallback.

>>> text("common.grid", "zh")
'网格'
>>> text("common.households_count", "en", count=1234)
'1,234 households'
"""

import os
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from gridmgmt.errors import GridError

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LISTED: dict[Language, str] = {"zh": "、", "en": ", "}


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All messages of one language, by key."""
    messages: dict[str, str] = {}
    for path in sorted(files(__package__).joinpath("catalogue").iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".toml"):
            room = path.name.removesuffix(".toml")
            entries = tomllib.loads(path.read_text(encoding="utf-8"))
            messages |= {f"{room}.{key}": entry[language] for key, entry in entries.items()}
    return messages


def language_here() -> Language:
    """The language of this machine: GRIDMGMT_LANG, else Chinese where the locale is Chinese, else English."""
    wanted = (os.environ.get("GRIDMGMT_LANG") or os.environ.get("LANG", ""))[:2].lower()
    return next((language for language in LANGUAGES if language == wanted), "en")


def text(key: str, /, language: Language = "zh", **values: object) -> str:
    """The message `key` with its placeholders filled; KeyError where the catalogue lacks it.

    Among the values may stand `Words`, and lists of things, which each language joins in its own way.

    >>> text("reasons.no_severity", "zh", severity="mild", severities=["urgent", "normal"])
    "'mild' 不是紧急程度，可选：urgent、normal。"
    """
    return catalogue(language)[key].format(**{name: _spoken(value, language) for name, value in values.items()})


class Words:
    """A message that is put into words where it is read: the reason in an error, whose reader is not known yet.

    >>> why = Words("reasons.no_fix_in_patrol")
    >>> str(why), why.text("zh")
    ('The patrol has no track point. Record at least one fix.', '巡查没有轨迹点，请至少记录一个定位。')
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.key, self.values = key, values

    def text(self, language: Language) -> str:
        """The words in one language."""
        return text(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.text("en")


def _spoken(value: object, language: Language) -> object:
    """Words in the language, several things as a list is written in it, anything else as it is."""
    if isinstance(value, Words):
        return value.text(language)
    if isinstance(value, list | tuple):
        return LISTED[language].join(str(_spoken(each, language)) for each in value)
    return value


def error_text(error: GridError, language: Language = "zh") -> str:
    """The message of a typed error in the person's language."""
    if language == "en":
        return str(error)
    return text(f"errors.{error.code}", language, **error.context)
