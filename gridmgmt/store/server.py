"""A private PostGIS server: one folder, one unix socket, nobody else's business. Standard library only.

    python -m gridmgmt.store.server start FOLDER     prints the URL of the database, starting the server if need be
    python -m gridmgmt.store.server stop FOLDER
    python -m gridmgmt.store.server remove FOLDER    stops it and deletes its data

The server listens on no network port. Whoever may enter the socket's folder (mode 0700) is trusted.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from gridmgmt.errors import DatabaseUnavailable, GridError, InvalidInput, MissingProgram
from gridmgmt.messages import Words, error_text, language_here
from gridmgmt.store import processes
from gridmgmt.store.programs import Programs, find_programs

ROLE = "gridmgmt"
DATABASE = "gridmgmt"
EXTENSIONS = ("postgis", "btree_gist")
SOCKET_FOLDER_LIMIT = 93  # bytes: 107 of sun_path less "/.s.PGSQL.5432"
SERVER_USERS = ("postgres", "nobody")
FALLBACK = Path("/var/lib/gridmgmt")
START_SECONDS = 120
PORT = 5432  # only names the socket; said everywhere, since PGPORT would change what clients take for granted
MISSING_STATUS = 3
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "jit": "off",
    "timezone": "UTC",
    "max_wal_size": "2GB",
    "maintenance_work_mem": "256MB",
}
# For data that may vanish with the machine, such as a test's.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Server:
    """The private server of `home`; nothing happens until `start`.

    Parameters
    ----------
    home
        The folder that holds the data, the log and (path length allowing) the socket.
    durable
        False gives up safety against a crash of the machine for speed.
    """

    home: Path
    durable: bool = True
    extra_settings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def base(self) -> Path:
        """Where the data is, or will be: `home`, or a folder of /var/lib where root's server user cannot enter it."""
        if self._existing is not None:
            return self._existing
        home, fallback = self._bases
        return home if self.user is None or self._can_enter(home) else fallback

    @cached_property
    def user(self) -> str | None:
        """The account the programs run as: PostgreSQL refuses root; None means our own."""
        if os.geteuid() != 0:
            return None
        if self._existing is not None:
            return (self._existing / "data").owner()
        names = {entry.pw_name for entry in pwd.getpwall()}
        return next(name for name in SERVER_USERS if name in names)

    @property
    def _bases(self) -> tuple[Path, Path]:
        home = self.home.resolve()
        return home, FALLBACK / _digest(home)

    @cached_property
    def _existing(self) -> Path | None:
        return next((base for base in self._bases if (base / "data").exists()), None)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.base / "data"

    @cached_property
    def socket_folder(self) -> Path:
        """The folder of the socket, short enough for the operating system."""
        wanted = self.base / "run"
        if len(os.fsencode(wanted)) <= SOCKET_FOLDER_LIMIT:
            return wanted
        return Path(tempfile.gettempdir()) / f"gridmgmt-{os.geteuid()}-{_digest(self.base)}"

    @cached_property
    def programs(self) -> Programs:
        """The programs that fit the data directory: its PG_VERSION, or the newest where there is none yet."""
        version = self.data / "PG_VERSION"
        return find_programs(int(version.read_text()) if version.exists() else None)

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://{ROLE}@:{PORT}/{database}?host={quote(str(self.socket_folder), safe='')}"

    def start(self) -> str:
        """Bring the server up, creating what is missing; return the URL of its database.

        Several processes may call this at once: they get one server. After a crash it recovers what was committed.

        Raises
        ------
        MissingProgram
            where PostGIS is not on the machine.
        DatabaseUnavailable
            where the server does not come up; the message carries the end of its log.
        """
        if not (self._prepared.exists() and self.is_running()):
            _ = self.programs  # before any folder is made: installing them may bring the account that is to own it
            with self._locked():
                self._start_locked()
        return self.url()

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> bool:
        """Stop the server; False where it was not running. `immediate` leaves the next start a recovery."""
        if not self.data.exists():
            return False
        with self._locked():
            was_running = self._ready() != processes.NO_ANSWER
            if was_running:
                self._call("pg_ctl", "stop", "--pgdata", str(self.data), "--mode", mode, "--wait")
            return was_running

    def remove(self) -> None:
        """Stop the server and delete everything it kept."""
        self.stop("immediate")
        for folder in (self.socket_folder, self.base, self.home):
            shutil.rmtree(folder, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether the server accepts connections, as told by the server itself (a zombie process does not)."""
        return self._ready() == processes.ACCEPTING

    @property
    def _log(self) -> Path:
        return self.base / "server.log"

    @property
    def _prepared(self) -> Path:
        """Exists once the database and its extensions do."""
        return self.base / "prepared"

    def _start_locked(self) -> None:
        if not self.data.exists():
            self._initialise()
        if self._ready() == processes.NO_ANSWER:
            self._launch()
        self._await()
        if not self._prepared.exists():
            self._prepare_database()

    def _initialise(self) -> None:
        """initdb into a sibling and rename it, so that a killed initdb leaves no half cluster behind."""
        unfinished = self.base / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._prepared.unlink(missing_ok=True)
        sync = () if self.durable else ("--no-sync",)
        options = ("--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--no-locale", *sync)
        self._call("initdb", "--pgdata", str(unfinished), *options)
        unfinished.rename(self.data)

    def _launch(self) -> None:
        self._private_folder(self.socket_folder)
        processes.clear_stale(self.data, self.socket_folder)
        settings = SETTINGS | ({} if self.durable else FAST_SETTINGS) | dict(self.extra_settings)
        settings["unix_socket_directories"] = f'"{self.socket_folder}"'
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        where = ("--pgdata", str(self.data), "--log", str(self._log))
        self._call("pg_ctl", "start", *where, "--wait", "--timeout", str(START_SECONDS), "-o", options)

    def _await(self) -> None:
        """Wait for a start-up that was under way when we came, such as the replay of the log after a crash."""
        deadline = time.monotonic() + START_SECONDS
        while not self.is_running():
            if time.monotonic() > deadline:
                detail = Words("reasons.server_not_starting", folder=self.data, log=self._log_end())
                raise DatabaseUnavailable(detail=detail)
            time.sleep(0.05)

    def _prepare_database(self) -> None:
        exists = self._sql("postgres", f"select 1 from pg_database where datname = '{DATABASE}'")
        if not exists:
            self._sql("postgres", f"create database {DATABASE}")
        for name in EXTENSIONS:
            self._sql(DATABASE, f"create extension if not exists {name}")
        self._prepared.touch()

    def _sql(self, database: str, statement: str) -> str:
        options = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1")
        where = ("--host", str(self.socket_folder), "--username", ROLE, "--dbname", database)
        return self._call("psql", *options, *where, "--command", statement).strip()

    def _ready(self) -> int:
        where = ("--quiet", "--host", str(self.socket_folder), "--timeout", "5")
        return self._run("pg_isready", *where, capture=True).returncode

    def _call(self, program: str, *arguments: str) -> str:
        # pg_ctl leaves the server running with our standard streams: it must get none of them.
        result = self._run(program, *arguments, capture=program != "pg_ctl")
        if result.returncode != 0:
            said = (result.stderr or "").strip() or self._log_end()
            raise DatabaseUnavailable(detail=Words("reasons.server_program_failed", program=program, said=said))
        return result.stdout or ""

    def _run(self, program: str, *arguments: str, capture: bool) -> subprocess.CompletedProcess[str]:
        stream = subprocess.PIPE if capture else subprocess.DEVNULL
        return subprocess.run(
            [self.programs.path(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            text=True,
            check=False,
            cwd="/",
            env=self.programs.environment(),
            start_new_session=True,
            **processes.as_user(self.user),
        )

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-1500:] if self._log.exists() else ""

    def _can_enter(self, home: Path) -> bool:
        """Whether the server's account reaches the folder that is (or will be) `home`."""
        existing = next(folder for folder in (home, *home.parents) if folder.exists())
        if existing == home and home.stat().st_uid == 0:
            existing = home.parent
        probe = subprocess.run(["test", "-x", existing], check=False, **processes.as_user(self.user))
        return probe.returncode == 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._private_folder(self.base)
        with (self.base / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _private_folder(self, folder: Path) -> None:
        """Make a folder that only the server's account may enter."""
        folder.mkdir(parents=True, exist_ok=True)
        owner = pwd.getpwnam(self.user) if self.user else pwd.getpwuid(os.geteuid())
        if self.user:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        if folder.stat().st_uid != owner.pw_uid:
            raise DatabaseUnavailable(detail=Words("reasons.server_folder_foreign", folder=folder))
        folder.chmod(0o700)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def main(arguments: list[str]) -> int:
    """Entry point of `python -m gridmgmt.store.server`."""
    action, folder = arguments
    server = Server(Path(folder))
    try:
        sys.stdout.write(f"{_act(server, action)}\n")
    except GridError as error:
        sys.stderr.write(f"{error_text(error, language_here())}\n")
        return MISSING_STATUS if isinstance(error, MissingProgram) else 2
    except PermissionError as error:
        sys.stderr.write(f"{error.filename} belongs to another account\n")
        return 2
    return 0


def _act(server: Server, action: str) -> str:
    if action == "start":
        return server.start()
    if action == "stop":
        return "stopped" if server.stop() else "was not running"
    if action == "remove":
        server.remove()
        return "removed"
    raise InvalidInput(detail=Words("reasons.server_action", action=action))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
