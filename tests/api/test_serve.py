"""`gridmgmt serve` keeps to this machine until people sign in; the application does nothing before it starts."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from api.commands import is_loopback, require_people
from gridmgmt.cli.main import build_app
from gridmgmt.errors import InvalidInput
from gridmgmt.services.access import add_person, disable_person
from gridmgmt.store.engine import transaction


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_loopback_needs_nothing(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_others_are_served_only_where_people_sign_in_and_none_of_the_demo(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    result = CliRunner().invoke(build_app(), ["serve", "--host", host])
    assert isinstance(result.exception, InvalidInput)
    with transaction(fresh_database) as session:
        add_person(session, "ann", "安")
        demo = add_person(session, "demo", "演示", demo=True)
    with pytest.raises(InvalidInput):
        require_people(host)
    with transaction(fresh_database) as session:
        disable_person(session, session.merge(demo), datetime.now(UTC))
    require_people(host)


def test_nothing_happens_at_import() -> None:
    program = "import api.app, sys; app = api.app.create_app(); assert not hasattr(app.state, 'engine')"
    done = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
