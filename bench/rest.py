"""A server at rest: its memory, how soon it is ready over 100,000 open alerts, what reading one costs."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import floor, free_port, median, running, tocsin, verdict, wrk
from setting import API, configure

ALERTS = 100_000
ROUNDS = 3


def memory() -> dict[str, Any]:
    """Measure a server as it is installed: structlog takes rich, a tool of development, where it finds it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rich.py").write_text("raise ImportError\n")
        return _memory(folder)


def _memory(before: str) -> dict[str, Any]:
    with tocsin(PYTHONPATH=before) as server:
        server.call("GET", f"{API}/alerts")
        time.sleep(2)
        return verdict("memory at rest", server.rss_mb(), 120, at_least=False, unit=" MB")


def readiness() -> dict[str, Any]:
    """Fill a server, and see how long another one on the same data takes to be ready."""
    with tocsin() as server:
        configure(server, gather=True)
        for first in range(0, ALERTS, 1_000):
            events = [{"dedup_key": f"k{first + n}", "title": "t", "severity": "info"} for n in range(1_000)]
            server.call("POST", f"{API}/events", {"events": events})
        os.kill(server.pid, signal.SIGKILL)  # a file is served by one process, and this is how they end
        time.sleep(0.5)
        port = free_port()
        env = {
            **os.environ,
            "TOCSIN_DATA_DIR": str(server.data),
            "TOCSIN_PORT": str(port),
            "TOCSIN_NODE_NAME": "second",
            "TOCSIN_LOG_LEVEL": "warning",
        }
        began = time.perf_counter()
        with running([sys.executable, "-m", "tocsin", "serve"], port, "/readyz", env):
            took = time.perf_counter() - began
    return verdict(f"ready over {ALERTS:,} open alerts", took, 1, at_least=False, unit=" s")


def reading() -> dict[str, Any]:
    """Read one alert over and over, beside the floor."""
    ratios = []
    for _ in range(ROUNDS):
        with floor() as ground:
            base = wrk(ground, "get.lua", connections=16, seconds=2, arguments=("x", "/"))
        with tocsin() as server:
            server.call("POST", f"{API}/events", {"dedup_key": "one", "title": "one"})
            (alert,) = server.call("GET", f"{API}/alerts")["alerts"]
            path = f"{API}/alerts/{alert['id']}"
            ours = wrk(server, "get.lua", connections=16, seconds=2, arguments=(server.token, path))
        assert not ours.wrong, "the alert could not be read"
        ratios.append(ours.per_cpu_s / base.per_cpu_s)
        print(f"  GET of an alert {ours.per_s:,.0f}/s, floor {base.per_s:,.0f}/s", flush=True)
    return verdict("GET of one alert / floor", median(ratios), 0.2, at_least=True)


def main() -> list[dict[str, Any]]:
    print("at rest:", flush=True)
    return [memory(), readiness(), reading()]


if __name__ == "__main__":
    main()
