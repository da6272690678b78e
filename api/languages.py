"""Which of the catalogue's languages a request wants: `?lang=` first, then Accept-Language, then Chinese."""

from typing import Annotated, get_args

from fastapi import Depends
from starlette.requests import Request

from gridmgmt.messages import Language

DEFAULT: Language = "zh"
_KNOWN: dict[str, Language] = {language: language for language in get_args(Language)}


def _preferences(header: str) -> list[str]:
    """Primary tags of an Accept-Language header, best first."""
    weighted = []
    for position, entry in enumerate(header.split(",")):
        tag, _, parameters = entry.strip().partition(";")
        weighted.append((-_weight(parameters), position, tag.strip().lower().partition("-")[0]))
    return [tag for weight, _, tag in sorted(weighted) if weight < 0]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def choose(wanted: str | None, accept: str | None) -> Language:
    """The language for an explicit wish and an Accept-Language header.

    >>> choose(None, "en-GB,en;q=0.9,zh;q=0.5"), choose("zh", "en"), choose("fr", None)
    ('en', 'zh', 'zh')
    """
    for tag in [wanted or "", *_preferences(accept or "")]:
        if tag in _KNOWN:
            return _KNOWN[tag]
    return DEFAULT


def request_language(request: Request) -> Language:
    """The language of one request."""
    return choose(request.query_params.get("lang"), request.headers.get("accept-language"))


async def _asked(request: Request) -> Language:
    return request_language(request)


Lang = Annotated[Language, Depends(_asked)]
