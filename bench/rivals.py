"""The same work done by Tocsin and by others: python bench rivals --against alertmanager [--against alerta].

Each server has one core, the load and the receiver of webhooks have the other. Alertmanager keeps its alerts
in memory and answers before anything is on disk; Alerta keeps them in PostgreSQL. Reported is Tocsin's rate
over the other's, of the same minute.
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import (
    HOST,
    LOAD_CORE,
    Served,
    free_port,
    median,
    postgresql,
    quantile,
    running,
    tocsin,
    verdict,
    wrk,
)
from setting import API, configure
from sink import Sink, sink

HERE = Path(__file__).parent
PACED = ((5, 60), (500, 3_000))  # events a second, and how many
seeds = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One of those that are compared: in which *form* it takes alerts, where, and with which token."""

    name: str
    form: str
    path: str
    served: Served
    token: str = "-"

    def load(self, mode: str, each: int, *, connections: int = 64, seconds: int = 4) -> float:
        """Send as fast as it goes; return alerts a second."""
        arguments = (self.form, self.path, self.token, mode, str(each), f"r{next(seeds)}-")
        load = wrk(self.served, "rival.lua", connections=connections, seconds=seconds, arguments=arguments)
        if load.wrong:
            raise SystemExit(f"{load.wrong} requests were refused by {self.name}")
        return load.per_s * each

    def send(self, key: str) -> None:
        """Send one alert."""
        bodies: dict[str, Any] = {
            "tocsin": {"dedup_key": key, "title": key, "severity": "error"},
            "alertmanager": [{"labels": {"alertname": "DiskFull", "instance": key}}],
            "alerta": {"resource": key, "event": "DiskFull", "environment": "Production", "service": ["db"]},
        }
        scheme = "Key" if self.form == "alerta" else "Bearer"
        headers = {"content-type": "application/json", "authorization": f"{scheme} {self.token}"}
        body = json.dumps(bodies[self.form]).encode()
        with urllib.request.urlopen(
            urllib.request.Request(self.served.url + self.path, body, headers)
        ) as answer:
            answer.read()


@contextmanager
def ours(hook: Sink | None) -> Iterator[Rival]:
    with tocsin() as server:
        configure(server, webhook=hook.url if hook else None, gather=hook is None)
        yield Rival(name="Tocsin", form="tocsin", path=f"{API}/events", served=server, token=server.token)


@contextmanager
def alertmanager(hook: Sink | None) -> Iterator[Rival]:
    """Run Debian's, as fast as it can be told to be: no wait before the first notification of a group."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        raise SystemExit("Alertmanager is not installed; scripts/test-needs.sh does it")
    folder = Path(tempfile.mkdtemp(prefix="alertmanager-bench-"))
    receiver: dict[str, Any] = {"name": "hook"}
    route: dict[str, Any] = {"receiver": "hook", "group_by": ["cluster"], "group_wait": "60s"}
    if hook is not None:
        receiver["webhook_configs"] = [{"url": hook.url, "send_resolved": False}]
        route |= {"group_by": ["..."], "group_wait": "0s"}
    (folder / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [receiver]}))
    port = free_port()
    command = [program, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}"]
    command += [f"--web.listen-address={HOST}:{port}", "--cluster.listen-address=", "--log.level=error"]
    try:
        with running(command, port, "/-/ready", None) as pid:
            served = Served(url=f"http://{HOST}:{port}", pid=pid)
            yield Rival(name="Alertmanager", form="alertmanager", path="/api/v2/alerts", served=served)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alerta(_hook: Sink | None) -> Iterator[Rival]:
    """Run Alerta's newest on PostgreSQL; it is installed into var/rivals when it is first wanted.

    It pages nobody by itself, so only what it takes in is compared.
    """
    home = HERE.parent / "var" / "rivals" / "alerta"
    if not (home / "bin" / "gunicorn").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        packages = ["alerta-server", "psycopg2-binary", "gunicorn", "setuptools<81"]
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", *packages], check=True)
    with postgresql() as server:
        port = free_port()
        env = {**os.environ, "DATABASE_URL": server.create("alerta"), "AUTH_REQUIRED": "False"}
        command = [str(home / "bin" / "gunicorn"), "-w", "2", "-b", f"{HOST}:{port}", "alerta:create_app()"]
        with running(command, port, "/management/healthcheck", env) as pid:
            served = Served(url=f"http://{HOST}:{port}", pid=pid)
            yield Rival(name="Alerta", form="alerta", path="/alert", served=served)


RIVALS = {"alertmanager": alertmanager, "alerta": alerta}


def rates(run: Any) -> dict[str, float]:
    """Measure how many alerts a second are taken where none of them pages by itself."""
    with run(None) as rival:
        found = {"distinct, one by one": rival.load("new", 1)}
        rival.load("1000", 1, seconds=1)
        found["repeats of 1,000"] = rival.load("1000", 1)
    if rival.form != "alerta":  # it takes no more than one at a time
        with run(None) as rival:
            found["distinct, in hundreds"] = rival.load("new", 100, connections=16)
    return found


def paged(run: Any) -> float:
    """Measure how many new alerts a second are taken in and told to a webhook, each by itself."""
    with sink() as hook, run(hook) as rival:
        began = time.perf_counter()
        rival.load("new", 1)
        hook.rest()
        return hook.count / (hook.last_at - began)


def times(run: Any) -> dict[str, float]:
    """Measure, in milliseconds, how long it takes from the sending of an alert to the webhook."""
    found: dict[str, float] = {}
    with sink() as hook, run(hook) as rival:
        for number in range(50):
            rival.send(f"warm-{number}")
        hook.keeps = True
        for per_s, count in PACED:
            hook.bodies.clear()
            began = _pace(rival, per_s, count)
            hook.rest()
            arrived = {key: at for at, body in hook.bodies for key in _keys(body)}
            taken = [(arrived[key] - at) * 1000 for key, at in began.items() if key in arrived]
            found |= {f"p50 at {per_s}/s": quantile(taken, 0.5), f"p99 at {per_s}/s": quantile(taken, 0.99)}
    return found


def _pace(rival: Rival, per_s: int, count: int) -> dict[str, float]:
    began: dict[str, float] = {}
    start = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        for number in range(count):
            time.sleep(max(0.0, start + number / per_s - time.perf_counter()))
            key = f"p{per_s}-{number}-{start}"
            began[key] = time.perf_counter()
            pool.submit(rival.send, key)
    return began


def _keys(body: bytes) -> list[str]:
    told = json.loads(body)
    if "data" in told:
        return [told["data"]["title"]]
    return [each["labels"]["instance"] for each in told.get("alerts", ())]


def sizes(run: Any, count: int) -> dict[str, float]:
    """Fill it with *count* open alerts; measure its memory and how long a list takes."""
    with run(None) as rival:
        left = count
        while left > 0:
            left -= _fill(rival, left)
        lists = [_listed_ms(rival) for _ in range(5)]
        return {"memory in MB": rival.served.rss_mb(), "a list of open ones in ms": median(lists)}


def _fill(rival: Rival, most: int) -> int:
    seed, bodies = next(seeds), min(most, 1_000)
    shapes = {
        "tocsin": lambda key: {"dedup_key": key, "title": key, "labels": {"cluster": f"c{len(key) % 8}"}},
        "alertmanager": lambda key: {"labels": {"alertname": "DiskFull", "instance": key}},
    }
    alerts = [shapes[rival.form](f"fill-{seed}-{number}") for number in range(bodies)]
    body = json.dumps({"events": alerts} if rival.form == "tocsin" else alerts).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {rival.token}"}
    with urllib.request.urlopen(
        urllib.request.Request(rival.served.url + rival.path, body, headers)
    ) as answer:
        answer.read()
    return bodies


def _listed_ms(rival: Rival) -> float:
    paths = {"tocsin": f"{API}/alerts?status=firing&limit=100", "alertmanager": "/api/v2/alerts?active=true"}
    headers = {"authorization": f"Bearer {rival.token}"}
    began = time.perf_counter()
    with urllib.request.urlopen(
        urllib.request.Request(rival.served.url + paths[rival.form], None, headers)
    ) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


def compare(name: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure both in turns, and report the medians of the ratios."""
    rival = RIVALS[name]
    pages = name == "alertmanager"
    ratios: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        mine, theirs = rates(ours), rates(rival)
        if pages:
            mine["each pages"], theirs["each pages"] = paged(ours), paged(rival)
        for what, rate in theirs.items():
            print(f"  {what}: {mine[what]:,.0f}/s, {name} {rate:,.0f}/s", flush=True)
            ratios.setdefault(what, []).append(mine[what] / rate)
    found = []
    for what, seen in ratios.items():
        goal = 10.0 if name == "alerta" else 1.0 if what == "each pages" else 0.7
        found.append(verdict(f"{what} / {name}", median(seen), goal, at_least=True))
    if pages:
        mine, theirs = times(ours), times(rival)
        for what, taken in theirs.items():
            print(f"  {what}: {mine[what]:.1f} ms, {name} {taken:.1f} ms", flush=True)
            found.append(verdict(f"time to page, {what} / {name}", mine[what] / taken, 2.0, at_least=False))
        for count in (10_000, 100_000):
            for run in (ours, rival):
                said = ", ".join(f"{what} {value:,.0f}" for what, value in sizes(run, count).items())
                print(f"  {count:,} open alerts, {'Tocsin' if run is ours else name}: {said}", flush=True)
    return found


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", action="append", choices=sorted(RIVALS))
    parser.add_argument("--rounds", type=int, default=3)
    options, _ = parser.parse_known_args()
    found = []
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    for name in options.against or ["alertmanager"]:
        print(f"beside {name}:", flush=True)
        found += compare(name, options)
    return found


if __name__ == "__main__":
    main()
