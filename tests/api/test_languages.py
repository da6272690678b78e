"""The choice of language."""

import pytest

from api.languages import choose


@pytest.mark.parametrize(
    ("wanted", "accept", "language"),
    [
        (None, None, "zh"),
        ("en", "zh", "en"),
        ("xx", "en", "en"),
        (None, "de, en;q=0.7, zh;q=0.9", "zh"),
        (None, "en;q=0, zh;q=0.1", "zh"),
        (None, "en;q=nonsense", "zh"),
        (None, "zh-Hans-CN", "zh"),
        (None, "*", "zh"),
    ],
)
def test_choice(wanted: str | None, accept: str | None, language: str) -> None:
    assert choose(wanted, accept) == language
