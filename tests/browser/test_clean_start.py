"""What tests share is made anew after one that failed, and only then."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import cast

import pytest

from tests.browser.conftest import FAILED, Shared


def test_a_failure_is_not_handed_on() -> None:
    made: list[str] = []

    @contextmanager
    def page() -> Iterator[int]:
        made.append("opened")
        yield len(made)
        made.append("closed")

    shared = Shared(page)
    fine, broken = pytest.Stash(), pytest.Stash()
    broken[FAILED] = True
    for stash in (fine, fine, broken, fine):
        with shared.lent(cast(pytest.Item, SimpleNamespace(stash=stash))):
            pass
    shared.close()
    assert made == ["opened", "closed", "opened", "closed"]
