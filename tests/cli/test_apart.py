"""A command beside another one."""

import pytest
import typer

from gridmgmt import __version__
from gridmgmt.cli.apart import beside


def test_what_it_prints_comes_last(capsys: pytest.CaptureFixture[str]) -> None:
    with beside("--version"):
        typer.echo("first")
    assert capsys.readouterr().out == f"first\ngridmgmt {__version__}\n"


def test_its_failure_is_ours() -> None:
    with pytest.raises(typer.Exit) as ended, beside("no-such-command"):
        pass
    assert ended.value.exit_code == 2


def test_our_failure_ends_it() -> None:
    with pytest.raises(ValueError, match="ours"), beside("demo", "build", "--out", "/nowhere"):
        raise ValueError("ours")
