"""Norms of the source documents as data, each with its clause and quotation, and the profiles they stand in."""

import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.messages.parsers import parser_fault
from gridmgmt.policy.model import KINDS, Growing, Kind, Norm, Profile, Values
from gridmgmt.policy.reading import SUFFIX, parse_profile

__all__ = ["KINDS", "Growing", "Kind", "Norm", "Profile", "Values", "profile", "profiles"]


@cache
def profiles() -> dict[str, Profile]:
    """The profiles that come with the library, by name.

    >>> sorted(profiles())
    ['beijing-2020', 'hangzhou-2009', 'jianqiao-2009', 'luohu-2006', 'zhangzi-2018']
    """
    folder = files(__package__) / "profiles"
    found = (_parse(entry) for entry in folder.iterdir() if _is_profile(entry))
    return {profile.name: profile for profile in sorted(found, key=lambda profile: profile.name)}


def profile(name: str) -> Profile:
    """A profile by name, or one of the user's own from a TOML file; InvalidInput where none is sound.

    >>> profile("luohu-2006").norm("station_households").low
    6000
    """
    known = profiles()
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix.lower() != SUFFIX:
        raise InvalidInput(detail=Words("reasons.profile_unknown_name", name=name, known=sorted(known)))
    if not path.is_file():
        raise InvalidInput(detail=Words("reasons.profile_no_file", name=name))
    return _parse(path)


def _is_profile(entry: Traversable) -> bool:
    return entry.name.endswith(SUFFIX)


def _parse(entry: Traversable) -> Profile:
    name = entry.name
    try:
        raw = tomllib.loads(entry.read_text(encoding="utf-8-sig"))  # editors of Windows put a mark before the text
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(detail=Words("reasons.profile_no_toml", name=name, fault=parser_fault(error))) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(detail=Words("reasons.profile_no_utf8", name=name, byte=error.start)) from error
    return parse_profile(raw, name)
