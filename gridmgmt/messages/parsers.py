"""What a parser of TOML, JSON, XML, CSV or a map format found: the place first, then its own words."""

import re

from gridmgmt.messages import Words

_PLACE = re.compile(r"\bline (\d+)(?:,? (?:column|character) (\d+))?", re.IGNORECASE)


def parser_fault(error: object) -> Words:
    """Where a parser stopped, as far as its message (or error) tells, and what it said.

    >>> parser_fault(ValueError("Invalid value (at line 3, column 9)")).text("zh")
    '第 3 行第 9 列附近有误，解析器提示：Invalid value (at line 3, column 9)'
    """
    said = " ".join(str(error).split())
    place = _PLACE.search(said)
    if place is None:
        return Words("reasons.parser_says", said=said)
    if place[2] is None:
        return Words("reasons.parser_at_line", line=place[1], said=said)
    return Words("reasons.parser_at_column", line=place[1], column=place[2], said=said)
