"""The one catalogue of words the users read, in Simplified Chinese and English.

Each file of `catalogue/` belongs to one room and holds tables `[key]` with `zh` and `en`; the key is
`<file>.<key>`. Placeholders are `str.format` fields. A missing key is an error, never a silent fallback.

>>> text("common.grid", "zh")
'网格'
>>> text("common.households_count", "en", count=1234)
'1,234 households'
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from gridmgmt.errors import GridError

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


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


def text(key: str, /, language: Language = "zh", **values: object) -> str:
    """The message `key` with its placeholders filled; KeyError where the catalogue lacks it."""
    return catalogue(language)[key].format(**values)


def error_text(error: GridError, language: Language = "zh") -> str:
    """The message of a typed error in the person's language."""
    if language == "en":
        return str(error)
    return text(f"errors.{error.code}", language, **error.context)
