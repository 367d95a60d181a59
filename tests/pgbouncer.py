"""A real PgBouncer in transaction mode before the tests' PostgreSQL, with the settings that are shipped.

What is changed is where things are, and how few connections there are to share.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

DEPLOY = Path(__file__).parents[1] / "deploy" / "pgbouncer"
PATIENCE_S = 30
CONNECTIONS = (
    3  # to the server: fewer than a node asks for, so that its transactions change seats all the time
)
PORT = 6432


@dataclass(kw_only=True)
class PgBouncer:
    """A PgBouncer, reached through its socket folder *home*."""

    home: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it can be reached."""
        program = shutil.which("pgbouncer")
        assert program is not None, "PgBouncer is not installed: scripts/test-needs.sh does it"
        other: dict[str, Any] = {}
        if os.geteuid() == 0:
            other = {"user": "postgres", "group": "postgres", "extra_groups": []}
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, str(self.home / "pgbouncer.ini")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                **other,
            )
        give_up_at = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self.process.poll() is None, (self.home / "log").read_text()
            assert time.monotonic() < give_up_at, (self.home / "log").read_text()
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def url(self, database_url: str) -> str:
        """Give the address at which the database at *database_url* is reached through it."""
        login = "tocsin:change-me-tocsin"
        return f"postgresql://{login}@{urlsplit(database_url).path}?host={self.home}&port={PORT}"

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.home / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True


@contextmanager
def pgbouncer(server_url: str, **settings: str) -> Iterator[PgBouncer]:
    """Run one before the server of *server_url* for the length of the block; *settings* change its own."""
    home = Path(tempfile.mkdtemp(prefix="tocsin-pgb-"))
    config = ConfigParser(interpolation=None)
    config.read_string((DEPLOY / "pgbouncer.ini").read_text())
    server = conninfo_to_dict(server_url)
    # A server on a socket trusts everybody; one on a port wants the password, which PgBouncer knows.
    more = f"port={server['port']}" if "port" in server else "user=tocsin"
    config["databases"] = {"*": f"host={server['host']} {more}"}
    changes = {
        "listen_addr": "",
        "auth_file": str(home / "userlist.txt"),
        "unix_socket_dir": str(home),
        "default_pool_size": str(CONNECTIONS),
        **settings,
    }
    config["pgbouncer"].update(changes)
    with (home / "pgbouncer.ini").open("w") as file:
        config.write(file)
    shutil.copy(DEPLOY / "userlist.txt", home / "userlist.txt")
    if os.geteuid() == 0:
        for path in (home, *home.iterdir()):
            shutil.chown(path, "postgres", "postgres")
    bouncer = PgBouncer(home=home)
    try:
        bouncer.start()
        yield bouncer
    finally:
        bouncer.kill()
        shutil.rmtree(home, ignore_errors=True)
