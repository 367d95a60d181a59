"""The servers that are compared: Tocsin on either database, Debian's Alertmanager, and Alerta on PostgreSQL.

Each has one core, and the load and the receiver of webhooks have the other; PostgreSQL takes what is left of
both, under Tocsin as under Alerta.
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from harness import HERE, HOST, Load, Served, free_port, mail_server, postgresql, running, tocsin, wrk
from setting import API, configure
from sink import Sink

seeds = itertools.count()
ALERTA = HERE.parent / "var" / "rivals" / "alerta"
WORKERS = 2  # of gunicorn, on one core; four, or threads in them, are no faster
COPY = """
INSERT INTO alerts SELECT (jsonb_populate_record(NULL::alerts, to_jsonb(alerts) || jsonb_build_object(
    'id', gen_random_uuid(), 'last_receive_id', gen_random_uuid(), 'resource', %s || number))).*
  FROM alerts, generate_series(1, %s) AS number WHERE resource = %s
"""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One of those that are compared: in which *form* it takes alerts, and where, singly and in batches."""

    name: str
    form: str
    path: str
    served: Served
    batch_form: str = ""
    batch_path: str = ""
    token: str = "-"
    database: str = ""

    def load(self, mode: str, each: int, *, connections: int = 64, seconds: int = 4) -> Load:
        """Send as fast as it goes; *each* is how many alerts a request has."""
        form, path = (self.form, self.path) if each == 1 else (self.batch_form, self.batch_path)
        arguments = (form or self.form, path or self.path, self.token, mode, str(each), f"r{next(seeds)}-")
        load = wrk(self.served, "rival.lua", connections=connections, seconds=seconds, arguments=arguments)
        if load.wrong:
            raise SystemExit(f"{load.wrong} requests were refused by {self.name}")
        return load

    @property
    def headers(self) -> dict[str, str]:
        told = {"content-type": "application/json"}
        return told | ({"authorization": f"Bearer {self.token}"} if self.form == "tocsin" else {})

    def body(self, key: str) -> bytes:
        """Spell an alert of one *key*."""
        shapes: dict[str, Any] = {
            "tocsin": {"dedup_key": key, "title": key, "severity": "error"},
            "alertmanager": [{"labels": {"alertname": "DiskFull", "instance": key}}],
            "alerta": {
                "resource": key,
                "event": "DiskFull",
                "environment": "Production",
                "severity": "major",
                "service": ["db"],
            },
        }
        return json.dumps(shapes[self.form]).encode()

    def bodies(self, keys: list[str]) -> bytes:
        """Spell one alert for each of *keys*; Alerta is filled in its database."""
        shapes = {
            "tocsin": lambda key: {"dedup_key": key, "title": key, "labels": {"host": key}},
            "alertmanager": lambda key: {"labels": {"alertname": "DiskFull", "instance": key}},
        }
        alerts = [shapes[self.form](key) for key in keys]
        return json.dumps({"events": alerts} if self.form == "tocsin" else alerts).encode()

    def call(self, path: str, body: bytes | None = None) -> bytes:
        """Make one request, which must be answered well."""
        request = urllib.request.Request(self.served.url + path, body, self.headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def fill(self, count: int) -> None:
        """Let it have *count* more open alerts."""
        seed = f"f{next(seeds)}-"
        if self.form == "alerta":  # it would take many minutes to be told; what it is told is copied
            self.call(self.path, self.body(seed))
            with psycopg.connect(self.database, autocommit=True) as connection:
                connection.execute(COPY, (seed, count - 1, seed))
                connection.execute("VACUUM ANALYZE alerts")
            return
        for first in range(0, count, 1_000):
            keys = [f"{seed}{number}" for number in range(first, min(count, first + 1_000))]
            self.call(self.path, self.bodies(keys))

    def paths(self, key: str) -> dict[str, str]:
        """Tell how it is asked for what is open, and for what one host has: each answers as it likes to."""
        return {
            "tocsin": {
                "open": f"{API}/alerts?status=open",
                "one": f"{API}/alerts?status=open&dedup_key={key}",
            },
            "alertmanager": {
                "open": "/api/v2/alerts?active=true",
                "one": f"/api/v2/alerts?active=true&filter=instance=%22{key}%22",
            },
            "alerta": {"open": "/alerts?status=open", "one": f"/alerts?status=open&resource={key}"},
        }[self.form]

    def count(self) -> int:
        """Ask how many alerts are open."""
        if self.form == "alertmanager":
            return len(json.loads(self.call(self.paths("")["open"])))
        return json.loads(self.call(self.paths("")["open"]))["total"]


Run = Callable[[Sink | None], AbstractContextManager[Rival]]


@contextmanager
def ours(hook: Sink | None) -> Iterator[Rival]:
    with mail_server() as smtp_url, tocsin(TOCSIN_SMTP_URL=smtp_url) as server:
        configure(server, webhook=hook.url if hook else None, gather=hook is None)
        yield Rival(name="Tocsin", form="tocsin", path=f"{API}/events", served=server, token=server.token)


@contextmanager
def ours_on_postgresql(hook: Sink | None) -> Iterator[Rival]:
    with postgresql() as database, mail_server() as smtp_url:
        url = database.create()
        with tocsin(TOCSIN_SMTP_URL=smtp_url, TOCSIN_DATABASE_URL=url) as server:
            configure(server, webhook=hook.url if hook else None, gather=hook is None)
            yield Rival(
                name="Tocsin",
                form="tocsin",
                path=f"{API}/events",
                served=server,
                token=server.token,
                database=url,
            )


@contextmanager
def alertmanager(hook: Sink | None) -> Iterator[Rival]:
    """Run Debian's, as fast as it can be told to be: no wait before the first notification of a group."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        raise SystemExit("Alertmanager is not installed; scripts/test-needs.sh does it")
    receiver: dict[str, Any] = {"name": "hook"}
    route: dict[str, Any] = {"receiver": "hook", "group_by": ["cluster"], "group_wait": "60s"}
    if hook is not None:
        receiver["webhook_configs"] = [{"url": hook.url, "send_resolved": False}]
        route |= {"group_by": ["..."], "group_wait": "0s"}
    with tempfile.TemporaryDirectory(prefix="alertmanager-bench-") as folder:
        (Path(folder) / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [receiver]}))
        port = free_port()
        command = [program, f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data"]
        command += [f"--web.listen-address={HOST}:{port}", "--cluster.listen-address=", "--log.level=error"]
        with running(command, port, "/-/ready", None) as started:
            served = Served(url=f"http://{HOST}:{port}", pid=started.pid, program=started)
            yield Rival(name="Alertmanager", form="alertmanager", path="/api/v2/alerts", served=served)


@contextmanager
def alerta(hook: Sink | None) -> Iterator[Rival]:
    """Run Alerta on PostgreSQL under gunicorn, as its container image does, without a proxy before it.

    Batches go by its door for Prometheus, the one that takes them. It asks for no key, since that can only
    cost it time. It pages nobody by itself: what tells a webhook is its plugin that forwards alerts.
    """
    subprocess.run([sys.executable, str(HERE.parent / "scripts" / "alerta.py")], check=True)
    with postgresql() as database, tempfile.TemporaryDirectory(prefix="alerta-bench-") as folder:
        told = [(hook.url.rstrip("/"), {}, ["alerts"])] if hook else []
        settings = Path(folder) / "alertad.conf"
        settings.write_text(f"SECRET_KEY = 'bench'\nAUTH_REQUIRED = False\nFWD_DESTINATIONS = {told!r}\n")
        port, url = free_port(), database.create("alerta")
        env = {**os.environ, "DATABASE_URL": url, "ALERTA_SVR_CONF_FILE": str(settings)}
        command = [str(ALERTA / "bin" / "gunicorn"), "--workers", str(WORKERS), "--preload"]
        command += ["--bind", f"{HOST}:{port}", "--worker-tmp-dir", "/dev/shm", "alerta:create_app()"]
        with running(command, port, "/management/healthcheck", env) as started:
            served = Served(url=f"http://{HOST}:{port}", pid=started.pid, program=started)
            yield Rival(
                name="Alerta",
                form="alerta",
                path="/alert",
                served=served,
                batch_form="prometheus",
                batch_path="/webhooks/prometheus",
                database=url,
            )
