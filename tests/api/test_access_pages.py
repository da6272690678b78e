"""A page offers only what its reader may do."""

from collections.abc import Callable

import httpx
import pytest

from gridmgmt.access import Role


@pytest.mark.parametrize(
    ("role", "plans", "reports"),
    [(Role.planner, True, False), (Role.dispatcher, False, True), (Role.viewer, False, False)],
)
def test_the_start_page_offers_what_one_may_do(
    client_as: Callable[..., httpx.Client], role: Role, plans: bool, reports: bool
) -> None:
    page = client_as(role, scope=None).get("/").text
    assert ('id="compute" class="compute">' in page) is plans
    assert ('href="/field">' in page) is reports
