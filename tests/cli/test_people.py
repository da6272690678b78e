"""`gridmgmt user`, `audit`, `privacy` and `demo sign-ins` from end to end on a real database."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from gridmgmt.access import Role
from gridmgmt.cli.main import build_app
from gridmgmt.services.access import find_person, person_by_basic, sign_in
from gridmgmt.store import tables
from gridmgmt.store.engine import transaction


@pytest.fixture(autouse=True)
def _database(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    monkeypatch.setenv("GRIDMGMT_LANG", "en")


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(build_app(), arguments, catch_exceptions=status != 0)
    assert result.exit_code == status, result.output
    return result.stdout


def test_people_come_get_rights_and_go() -> None:
    name, password = run("user", "add", "Ann", "--called", "安", "--role", "planner").split()
    with transaction() as session:
        assert sign_in(session, name, password, datetime.now(UTC))
        assert find_person(session, "ann").password_due
    run("user", "add", "bob", "--called", "鲍", "--role", "viewer")
    run("user", "grant", "ann", "dispatcher", "--until", "2100-01-01")
    run("user", "stand-in", "ann", "bob", "--until", "2100-01-01")
    run("user", "revoke", "ann", "planner")
    listed = run("user", "list").splitlines()
    assert [line.split()[0] for line in listed] == ["ann", "bob"]
    assert "dispatcher everywhere" in listed[0]
    run("user", "disable", "ann")
    assert "disabled" in run("user", "list").splitlines()[0]
    run("user", "enable", "ann")
    assert run("user", "password", "ann").split()[0] == "ann"


def test_a_secret_is_printed_once() -> None:
    with transaction() as session:
        session.add(tables.Worker(code="W001", name="王芳"))
    run("user", "add", "wang", "--called", "王芳", "--worker", "W001")
    name, secret = run("user", "device", "wang", "--id", "tracker-1").split()
    with transaction() as session:
        assert person_by_basic(session, name, secret).worker_code == "W001"
    assert run("user", "device", "wang", "--app").split()[0] == "wang"


def test_the_log_is_read_and_verified() -> None:
    run("user", "add", "ann", "--called", "安")
    run("user", "disable", "ann")
    head = run("audit", "verify").strip()
    assert head.startswith("2:")
    assert run("audit", "verify", "--head", head).strip() == head
    lines = run("audit", "list").splitlines()
    assert [line.split()[4] for line in lines] == ["disable_person", "add_person"]
    assert "os:" in lines[0]
    with transaction() as session:
        session.execute(text("alter table audit_entry disable trigger all"))
        session.execute(text("update audit_entry set actor = 'nobody' where id = 1"))
    assert "broken at entry 1" in run("audit", "verify", status=1)


def test_a_persons_data_is_written_for_the_owner_alone_and_erased(tmp_path: Path) -> None:
    run("user", "add", "ann", "--called", "安")
    out = tmp_path / "ann.json"
    run("privacy", "export", "ann", "--out", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_bytes())["person"]["display_name"] == "安"
    assert "Erased" in run("privacy", "erase", "ann", "--yes")
    assert "0 track points" in run("privacy", "expire", "--days", "30", "--yes")
    assert run("user", "list").startswith("erased-")


def test_the_demo_has_one_person_per_role_with_new_passwords_each_time(
    fresh_district: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_district)
    first, second = ([line.split()[:2] for line in run("demo", "sign-ins").splitlines()] for _ in range(2))
    assert [name for name, _ in first] == [name for name, _ in second] == [role.value for role in Role]
    assert not {password for _, password in first} & {password for _, password in second}
    with transaction() as session:
        for name, password in second:
            assert sign_in(session, name, password, datetime.now(UTC))


def test_a_real_installation_gets_no_people_of_the_demo() -> None:
    run("user", "add", "ann", "--called", "安")
    assert run("demo", "sign-ins") == ""
