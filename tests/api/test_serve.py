"""`gridmgmt serve` keeps to this machine; the application does nothing before it starts."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from api.commands import require_loopback
from gridmgmt.cli.main import build_app
from gridmgmt.errors import InvalidInput


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_loopback_is_served(host: str) -> None:
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_other_hosts_are_refused_until_access_control_stands(host: str) -> None:
    with pytest.raises(InvalidInput):
        require_loopback(host)
    result = CliRunner().invoke(build_app(), ["serve", "--host", host])
    assert isinstance(result.exception, InvalidInput)


def test_nothing_happens_at_import() -> None:
    program = "import api.app, sys; app = api.app.create_app(); assert not hasattr(app.state, 'engine')"
    done = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
