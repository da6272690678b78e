"""How the product keeps passwords: by its own hasher, whatever the other tests are given (tests/conftest.py)."""

from collections.abc import Callable

import pytest
from pwdlib import PasswordHash

from gridmgmt.services.access import passwords

PASSWORD = "路灯下的第三棵树"


@pytest.fixture
def kept(quick_passwords: Callable[[], PasswordHash], monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash that an installation keeps."""
    monkeypatch.setattr(passwords, "_hasher", quick_passwords)
    return passwords.hash_password(PASSWORD)


def test_a_guess_costs_what_rfc_9106_recommends(kept: str) -> None:
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # KiB of memory, passes, lanes: its second choice
    assert PASSWORD not in kept


def test_the_password_fits_and_no_other(kept: str) -> None:
    assert passwords.password_fits(PASSWORD, kept)
    assert not passwords.password_fits(PASSWORD + "。", kept)
    assert not passwords.password_fits(PASSWORD, None)


def test_equal_passwords_are_not_kept_alike(kept: str) -> None:
    assert passwords.hash_password(PASSWORD) != kept
