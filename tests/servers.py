"""A private PostgreSQL for the tests: its own data, its own socket, gone when the session ends.

Debian's server programs are used. They refuse to run as root, so root hands them to the user postgres.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

USER = "tocsin"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "deadlock_timeout": "200ms",
}


class NoPostgresqlError(Exception):
    """PostgreSQL's server programs are not installed."""


# Emptying a database is much faster than making one: nothing is copied, and one commit reaches the disk.
_EMPTY = """
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    IF name <> 'alembic_version' THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
END $$;
"""


@dataclass(frozen=True, kw_only=True)
class Postgresql:
    """A running server, reached through its *socket* folder."""

    programs: Path
    socket: Path
    control: Sequence[str]
    options: str
    numbers: count
    idle: list[str] = field(default_factory=list)
    env: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it, and return when it can be reached."""
        _run(
            [*self.control, "-l", str(self.socket / "log"), "-o", self.options, "start"],
            self.socket,
            self.env,
        )

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        _run([*self.control, "-m", "immediate", "stop"], self.socket)

    def url(self, name: str = "postgres") -> str:
        """Name one of its databases."""
        return f"postgresql://{USER}@/{name}?host={self.socket}"

    def create(self, name: str = "", template: str = "template0") -> str:
        """Make a database like *template*, and return its URL."""
        name = name or f"test_{next(self.numbers)}"
        self._administer("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Delete the database at *url*, whoever is still connected to it."""
        self._administer("DROP DATABASE {} WITH (FORCE)", urlsplit(url).path.removeprefix("/"))

    @contextmanager
    def lent(self, template: str) -> Iterator[str]:
        """Lend a database like *template* with nothing in its tables, and give its URL.

        One that comes back at another revision than it was lent at is lent no more.
        """
        if self.idle:
            url = self.idle.pop()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(_EMPTY)
        else:
            url = self.create(template=template)
        before = _revision(url)
        yield url
        if _revision(url) == before:
            self.idle.append(url)
        else:
            self.drop(url)

    def _administer(self, command: str, *names: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


@contextmanager
def postgresql(env: Mapping[str, str] | None = None) -> Iterator[Postgresql]:
    """Run a server for the length of the block, with *env* added to its environment."""
    programs = server_programs()
    # Not under pytest's folder: a socket's path must be short, and another user must be able to reach it.
    home = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    data = home / "data"
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    settings = {**_SETTINGS, "unix_socket_directories": str(home)}
    options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())
    control = [str(programs / "pg_ctl"), "-D", str(data), "-s", "-w"]
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8"]
    try:
        _run([*initdb, "--locale=C.UTF-8", "--no-sync", "--no-instructions"], home)
        server = Postgresql(
            programs=programs, socket=home, control=control, options=options, numbers=count(1), env=env or {}
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _revision(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    return row[0]


def server_programs() -> Path:
    """Find the newest of the installed servers' programs."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    found = versions[0] if versions else shutil.which("initdb")
    if found is None:
        raise NoPostgresqlError("install PostgreSQL's server: apt-get install postgresql")
    return Path(found).parent


def _run(command: Sequence[str], home: Path, env: Mapping[str, str] | None = None) -> None:
    other = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        command,
        cwd=home,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **other,
    )
    if done.returncode != 0:
        log = home / "log"
        raise RuntimeError(f"{command[0]}: {done.stderr}{log.read_text() if log.exists() else ''}")
