"""One id, one content: how a repeat is told from a conflict."""

import hashlib

import orjson


def content_hash(content: object) -> str:
    """SHA-256 of what was sent, the same however its keys are ordered.

    >>> content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
