"""A database that stays, empty or filled with months of events, and a server on it whenever one is wanted."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import HOST, Program, Served, free_port
from months import copies, make_model, opened
from setting import API, configure
from sink import sink

DAYS = 90
COMMAND = (sys.executable, "-m", "tocsin")


@dataclass(kw_only=True)
class Kept:
    """All of it is in *directory*, but for the tables if *database* is PostgreSQL's."""

    directory: Path
    smtp_url: str
    database: str = ""

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.directory / 'tocsin.db'}"

    @contextmanager
    def serving(self, **more: str) -> Iterator[Served]:
        """Run a server on what is there; without *more* nothing is ever too old."""
        port = free_port()
        env = {
            **os.environ,
            "TOCSIN_DATABASE_URL": self.url,
            "TOCSIN_DATA_DIR": str(self.directory),
            "TOCSIN_PORT": str(port),
            "TOCSIN_LOG_LEVEL": "warning",
            "TOCSIN_OUTBOUND_ALLOW": "127.0.0.0/8",
            "TOCSIN_SMTP_URL": self.smtp_url,
            "TOCSIN_RETENTION_EVENTS_DAYS": "36500",
            "TOCSIN_RETENTION_ALERTS_DAYS": "36500",
            **more,
        }
        made = self.directory / "made.json"
        if not made.exists():
            done = subprocess.run([*COMMAND, "init", "--json"], env=env, check=True, capture_output=True)
            made.write_bytes(done.stdout)
        document = json.loads(made.read_text())
        program = Program(command=[*COMMAND, "serve"], port=port, path="/readyz", env=env)
        program.start()
        try:
            yield Served(
                url=f"http://{HOST}:{port}",
                pid=program.pid,
                program=program,
                credentials=document["credentials"] | {"document": document},
            )
        finally:
            program.stop()

    def fill(self, events: int) -> None:
        """Set it up as for `ingest`, with *events* of DAYS in it, unless that has been done."""
        done = self.directory / "filled"
        if done.exists():
            return
        with sink() as hook, self.serving() as server:
            configure(server, webhook=hook.url, gather=False)
            make_model(server)
            for policy in server.call("GET", f"{API}/alert-policies")["alert_policies"]:
                server.call("DELETE", f"{API}/alert-policies/{policy['id']}")
            configure(server, gather=True)
        if events:
            began, shown = time.perf_counter(), 0
            for count in copies(self.url, events=events, days=DAYS):
                if count - shown >= events // 20:
                    took, shown = time.perf_counter() - began, count
                    print(f"  {count:,} events, {count / took:,.0f} a second", flush=True)
        done.touch()

    def bytes(self) -> int:
        if self.database:
            with opened(self.url) as execute:
                return execute("SELECT pg_database_size(current_database())")[0][0]
        return sum(path.stat().st_size for path in self.directory.glob("tocsin.db*"))
