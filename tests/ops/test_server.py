"""The private PostGIS server: made once, found again, up again after a crash."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine

from gridmgmt.errors import DatabaseUnavailable, MissingProgram
from gridmgmt.store import programs
from gridmgmt.store.processes import as_user
from gridmgmt.store.server import DATABASE, SOCKET_FOLDER_LIMIT, Server
from tests.ops.conftest import folder, kill, server_processes


def ask(url: str, query: str) -> object:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.exec_driver_sql(query).scalar()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A server for the tests that leave it as it is."""
    with folder() as path:
        server = Server(path / "postgres", durable=False)
        server.start()
        yield server
        server.remove()


def test_a_new_server_has_what_the_schema_needs(running: Server) -> None:
    url = running.url()
    assert ask(url, "select count(*) from pg_extension where extname in ('postgis', 'btree_gist')") == 2
    assert ask(url, "select st_astext(st_transform('SRID=4326;POINT(114 22)'::geometry, 4326))") == "POINT(114 22)"
    assert ask(url, "show listen_addresses") == ""
    assert ask(url, "show unix_socket_permissions") == "0700"


def test_only_its_account_may_enter_the_socket_folder(running: Server) -> None:
    assert running.socket_folder.stat().st_mode & 0o077 == 0


def test_starting_again_finds_the_running_server(running: Server) -> None:
    before = server_processes(running)
    assert Server(running.home).start() == running.url()
    assert server_processes(running)[0] == before[0]


def test_four_starters_give_one_server(home: Path) -> None:
    command = [sys.executable, "-m", "gridmgmt.store.server", "start", str(home)]

    def start(_: int) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(start, range(4)))
    assert len(answers) == 1
    assert (home / "server.log").read_text().count("database system is ready to accept connections") == 1


def test_a_stopped_server_keeps_its_data(home: Path) -> None:
    server = Server(home, durable=False)
    engine = create_engine(server.start(), poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table kept as select 7 as number")
    assert server.stop()
    assert not server.stop()
    assert ask(server.start(), "select number from kept") == 7


def test_a_killed_initdb_leaves_no_half_cluster(home: Path) -> None:
    server = Server(home, durable=False)
    unfinished = home / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("15\n")
    assert ask(server.start(), "select 1") == 1
    assert not unfinished.exists()


def test_a_kill_before_the_database_was_made_is_mended(home: Path) -> None:
    server = Server(home, durable=False)
    server.start()
    ask_to_drop = create_engine(server.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with ask_to_drop.connect() as connection:
        connection.exec_driver_sql(f"drop database {DATABASE}")
    (server.base / "prepared").unlink()
    assert ask(server.start(), "select count(*) from spatial_ref_sys") != 0


@contextmanager
def dead_but_not_buried(server: Server) -> Iterator[int]:
    """The number of a zombie process of the server's account."""
    child = subprocess.Popen(["sleep", "1000"], **as_user(server.user))
    kill([child.pid])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    yield child.pid
    child.wait()


@contextmanager
def stranger(server: Server) -> Iterator[int]:
    """The number of a living process of the server's account that is no server."""
    child = subprocess.Popen(["sleep", "1000"], **as_user(server.user))
    yield child.pid
    child.kill()
    child.wait()


@pytest.mark.parametrize("holder", [dead_but_not_buried, stranger])
def test_a_lock_file_that_names_no_server_is_cleared(home: Path, holder: object) -> None:
    assert callable(holder)
    server = Server(home, durable=False)
    server.start()
    record = (server.data / "postmaster.pid").read_text()
    postmaster = server_processes(server)[0]
    server.stop()
    with holder(server) as pid:
        (server.data / "postmaster.pid").write_text(record.replace(str(postmaster), str(pid), 1))
        assert ask(server.start(), "select 1") == 1


def test_the_socket_moves_where_the_path_is_too_long() -> None:
    with folder() as path:
        server = Server(path / ("long" * 25) / "postgres", durable=False)
        assert len(os.fsencode(server.base / "run")) > SOCKET_FOLDER_LIMIT
        assert ask(server.start(), "select 1") == 1
        assert len(os.fsencode(server.socket_folder)) <= SOCKET_FOLDER_LIMIT
        server.remove()
        assert not server.socket_folder.exists()


def test_data_moves_where_roots_server_cannot_reach_the_checkout() -> None:
    with folder() as path:
        path.chmod(0o700)
        server = Server(path / "postgres", durable=False)
        assert ask(server.start(), "select 1") == 1
        reachable = os.geteuid() != 0
        assert server.data.is_relative_to(path) == reachable
        server.remove()
        assert not server.base.exists()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    server = Server(home, durable=False, extra_settings={"shared_buffers": "nonsense"})
    with pytest.raises(DatabaseUnavailable, match="nonsense"):
        server.start()


def test_a_missing_release_is_named() -> None:
    with pytest.raises(MissingProgram, match="PostgreSQL 3 "):
        programs.find_programs(major=3)
