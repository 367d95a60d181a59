"""A standby of PostgreSQL on this machine, that every commit waits for until it is on its disk too."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg


@contextmanager
def synchronous_standby(server: Any) -> Iterator[None]:
    """Give *server*, which ``harness.postgresql`` runs, a synchronous standby for the length of the block."""
    home = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    data, program = home / "data", server.programs
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    try:
        copy = ["-h", str(server.socket), "-U", "tocsin", "-D", str(data), "-R", "-c", "fast", "--no-sync"]
        _run([str(program / "pg_basebackup"), *copy], home)
        control = [str(program / "pg_ctl"), "-D", str(data), "-s", "-w"]
        options = f"-c listen_addresses='' -c unix_socket_directories={home}"
        _run([*control, "-l", str(home / "log"), "-o", options, "start"], home)
        try:
            _order(server, "ALTER SYSTEM SET synchronous_standby_names = '*'")
            _wait(server)
            yield
        finally:
            _order(server, "ALTER SYSTEM RESET synchronous_standby_names")
            _run([*control, "-m", "immediate", "stop"], home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _order(server: Any, command: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(command)
        connection.execute("SELECT pg_reload_conf()")


def _wait(server: Any) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for _ in range(600):
            states = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
            if states == [("sync",)]:
                return
            time.sleep(0.05)
    raise SystemExit("the standby did not become a synchronous one")


def _run(command: Sequence[str], home: Path) -> None:
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    subprocess.run(command, cwd=home, check=True, stdin=subprocess.DEVNULL, capture_output=True, **other)
