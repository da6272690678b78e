"""Norms in words: their bounds and units in the language of the reader."""

import re

from gridmgmt.messages import Language, catalogue, text
from gridmgmt.policy.model import Norm

SHARES = ("share", "share of households")
PLAIN = ".12g"  # households of a city stand there whole, not as 1.2e+06


def unit_words(unit: str, language: Language) -> str:
    """A unit in the reader's language; one of a profile of the user's own as it is written there.

    >>> unit_words("m²", "zh"), unit_words("亩", "en")
    ('平方米', '亩')
    """
    key = f"policy.unit_{re.sub(r'[^a-z0-9]+', '_', unit.lower()).strip('_')}"
    return text(key, language) if key in catalogue(language) else unit


def bounds_words(norm: Norm, language: Language) -> str:
    """What a norm asks for, with its unit, and the share of things it asks it of where that is not all.

    >>> from gridmgmt.policy.norms import profile
    >>> zhangzi, luohu = profile("zhangzi-2018"), profile("luohu-2006")
    >>> bounds_words(zhangzi.norm("service_facilities"), "en"), bounds_words(luohu.norm("plaza"), "zh")
    ('≥ 300 m² and ≥ 30 m² per 100 households', '≥ 1000 平方米（50%）')
    >>> bounds_words(zhangzi.norm("registered_volunteers_2018"), "en"), bounds_words(zhangzi.norm("day_care"), "en")
    ('≥ 4%', '≥ 1 centres')
    """
    unit = "" if norm.unit == "share" else unit_words(norm.unit, language)
    asked = [f"{bounds} {unit}".strip() for bounds in _fixed(norm)]
    if norm.low_grows is not None:
        grown = norm.low_grows
        per = {"amount": f"{grown.amount:{PLAIN}}", "each": f"{grown.each:{PLAIN}}", "unit": unit}
        asked.append(text("policy.bound_grows", language, **per, base=unit_words(grown.quantity, language)))
    share = "" if norm.share == 1 else text("policy.bound_share", language, share=f"{norm.share:.0%}")
    return text("policy.bound_and", language).join(asked) + share


def _fixed(norm: Norm) -> list[str]:
    low, high = (None if bound is None else _figure(norm, bound) for bound in (norm.low, norm.high))
    if low is not None and high is not None:
        return [f"= {low}" if low == high else f"{low}–{high}"]
    if low is not None:
        return [f"≥ {low}"]
    return [] if high is None else [f"≤ {high}"]


def _figure(norm: Norm, bound: float) -> str:
    return f"{100 * bound:{PLAIN}}%" if norm.unit in SHARES else f"{bound:{PLAIN}}"
