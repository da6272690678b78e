"""`./run` as people use it: any folder, any input, several at once, after a crash."""

import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.settings import WebSettings
from tests.ops.conftest import ROOT, Checkout, kill, server_processes
from tools import layout

QUERY = """
import os, sys, sqlalchemy
url = os.environ["DATABASE_URL"]
engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, isolation_level="AUTOCOMMIT")
with engine.connect() as connection:
    result = connection.exec_driver_sql(sys.argv[1])
    print(*result.scalars() if result.returns_rows else ())
"""
# Commits one row after the other and says so each time the server acknowledged one.
WRITER = """
import os, sqlalchemy
url = os.environ["DATABASE_URL"]
engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, isolation_level="AUTOCOMMIT")
with engine.connect() as connection:
    number = 0
    while True:
        connection.exec_driver_sql(f"insert into written values ({number})")
        print(number, flush=True)
        number += 1
"""


def query(checkout: Checkout, statement: str) -> str:
    result = checkout.run("exec", "python", "-c", QUERY, statement)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_alone_it_explains_itself(checkout: Checkout) -> None:
    said = checkout.run()
    assert said.returncode == 0
    for command in ("demo", "test", "exec", "serve", "check", "stop", "reset"):
        assert f"\n  {command} " in said.stdout
    assert checkout.run(env={"GRIDMGMT_LANG": "zh"}).stdout.startswith("网格管理")


def test_an_unknown_command_is_refused(checkout: Checkout) -> None:
    said = checkout.run("dmeo")
    assert (said.returncode, said.stdout) == (2, "")
    assert "dmeo" in said.stderr


def test_exec_keeps_the_folder_the_input_and_the_exit_status(checkout: Checkout, tmp_path: Path) -> None:
    done = checkout.run("exec", "sh", "-c", "pwd; cat; exit 7", cwd=tmp_path, given="网格\n")
    assert done.returncode == 7
    assert done.stdout == f"{tmp_path.resolve()}\n网格\n"


def test_exec_works_through_a_link(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "grid").symlink_to(ROOT / "run")
    done = subprocess.run(
        [tmp_path / "grid", "exec", "gridmgmt", "--version"], capture_output=True, env=checkout.variables(), check=True
    )
    assert done.stdout.startswith(b"gridmgmt ")


def test_what_the_caller_set_for_his_own_python_is_not_for_ours(checkout: Checkout) -> None:
    names = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    done = checkout.run("exec", "env", env={"PYTHONPATH": "/nowhere", "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0
    assert not [line for line in done.stdout.splitlines() if line.startswith(names)]


def test_the_pages_find_the_maps_wherever_the_caller_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRIDMGMT_MAPS", raising=False)
    monkeypatch.setattr(layout, "OUT", tmp_path)
    assert WebSettings.from_environment(layout.environment()).maps_folder == tmp_path / "maps"
    monkeypatch.setenv("GRIDMGMT_MAPS", "/srv/maps")
    assert WebSettings.from_environment(layout.environment()).maps_folder == Path("/srv/maps")


def test_loops_are_compiled_anew_where_any_of_them_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gridmgmt" / "geo").mkdir(parents=True)
    monkeypatch.setattr(layout, "ROOT", tmp_path)
    called, plain = (tmp_path / "gridmgmt" / name for name in ("geo/called.py", "plain.py"))
    folders = []
    for loop, other in (("njit(f)", "1"), ("njit(f)", "2"), ("njit(g)", "2")):
        called.write_text(loop, encoding="utf-8")
        plain.write_text(other, encoding="utf-8")
        folders.append(layout.compiled())
    assert folders[0] == folders[1] != folders[2]


def test_exec_says_what_it_cannot_run(checkout: Checkout) -> None:
    done = checkout.run("exec", "no-such-program")
    assert done.returncode == 127
    assert "no-such-program" in done.stderr
    assert checkout.run("exec").returncode == 1


def test_four_at_once_start_one_server(checkout: Checkout) -> None:
    checkout.run("stop")
    with ThreadPoolExecutor(4) as pool:
        starts = list(pool.map(lambda _: query(checkout, "select pg_postmaster_start_time()"), range(4)))
    assert len(set(starts)) == 1


@pytest.mark.parametrize("alone", [True, False], ids=["postmaster alone", "all processes"])
def test_no_acknowledged_row_is_lost_by_kill_9(checkout: Checkout, alone: bool) -> None:
    query(checkout, "drop table if exists written")
    query(checkout, "create table written (number int primary key)")
    acknowledged = write_until_killed(checkout, alone)
    kept = {int(number) for number in query(checkout, "select number from written").split()}
    assert len(acknowledged) > 100
    assert acknowledged <= kept


def write_until_killed(checkout: Checkout, alone: bool) -> set[int]:
    """Write without pause, kill the server in the middle; the rows whose commit was acknowledged."""
    with subprocess.Popen(
        checkout.command("exec", "python", "-c", WRITER),
        env=checkout.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        acknowledged = {int(writer.stdout.readline()) for _ in range(150)}
        processes = server_processes(checkout.server)
        kill(processes[:1] if alone else processes)
        if alone:
            writer.kill()  # its backend lives on until it notices
        acknowledged |= {int(line) for line in writer.stdout.read().splitlines() if line}
    return acknowledged


def test_a_given_database_is_used_and_nothing_started(checkout: Checkout, fresh_database: str, tmp_path: Path) -> None:
    given = {"DATABASE_URL": fresh_database.replace("postgresql+psycopg", "postgresql"), "GRIDMGMT_DATA": str(tmp_path)}
    done = checkout.run("exec", "python", "-c", QUERY, "select current_database()", env=given)
    assert done.stdout.strip() in fresh_database
    assert not (tmp_path / "postgres").exists()


def test_a_given_database_that_does_not_answer_is_named(checkout: Checkout, tmp_path: Path) -> None:
    given = {"DATABASE_URL": f"postgresql://ann:secret@/city?host={tmp_path}"}
    done = checkout.run("exec", "true", env=given)
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
    assert "secret" not in done.stderr


def test_stop_stops_and_says_so(checkout: Checkout) -> None:
    query(checkout, "select 1")
    assert "stopped" in checkout.run("stop").stdout
    assert not checkout.server.is_running()
    assert "not running" in checkout.run("stop").stdout


def test_reset_asks_first(checkout: Checkout) -> None:
    query(checkout, "select 1")
    for answer in ("n\n", ""):
        assert checkout.run("reset", given=answer).returncode == 1
        assert checkout.server.data.exists()
    assert checkout.run("reset", given="y\n").returncode == 0
    assert not checkout.server.data.exists()


def test_a_taken_port_is_told_before_any_work(checkout: Checkout, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = checkout.run("demo", "--port", port, env={"GRIDMGMT_DATA": str(tmp_path)})
    assert done.returncode == 1
    assert port in done.stderr
    assert not (tmp_path / "postgres").exists()
