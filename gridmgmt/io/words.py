"""The fixed words of a field, and the words real files use for them (`words.toml`)."""

import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal

UNSAID: Literal["?"] = "?"  # the word says nothing about the kind
FOREIGN: Literal["-"] = "-"  # the thing does not belong into the layer


@cache
def table(name: str) -> dict[str, str]:
    """Every word of a table, folded, and the fixed word (or UNSAID, FOREIGN) it stands for."""
    text = files("gridmgmt.io").joinpath("words.toml").read_text(encoding="utf-8")
    words: dict[str, str] = {}
    for fixed, others in tomllib.loads(text)[name].items():
        words |= {folded(word): fixed for word in (fixed, *others)}
    return words


def folded(word: object) -> str:
    """A word without case, width and surrounding space."""
    return unicodedata.normalize("NFKC", str(word)).casefold().strip()


def fixed_words(name: str) -> tuple[str, ...]:
    """The fixed words of a table, in order.

    >>> fixed_words("station_type")
    ('urban', 'rural')
    """
    return tuple(word for word in dict.fromkeys(table(name).values()) if word not in (UNSAID, FOREIGN))


def recognised(name: str, words: Iterable[object]) -> dict[object, str | None]:
    """Each distinct word with its fixed word, UNSAID, FOREIGN, or None where nobody knows it.

    >>> recognised("street_class", ["主干道", "Footway", "subway", "???"])
    {'主干道': 'arterial', 'Footway': 'path', 'subway': '-', '???': None}
    """
    known = table(name)
    return {word: known.get(folded(word), known.get("*")) for word in words}
