"""A server at rest: its memory, how soon it is ready over 100,000 open alerts, and what its first and last route cost."""

import re
import time
from typing import Any

from harness import HOST, Served, free_port, median, tocsin, verdict, wrk
from setting import API, configure

ALERTS = 100_000


def memory() -> dict[str, Any]:
    with tocsin() as server:
        server.call("GET", f"{API}/alerts")
        time.sleep(2)
        return verdict("memory at rest", server.rss_mb(), 120, at_least=False, unit=" MB")


def readiness() -> dict[str, Any]:
    """Fill a server, stop it, start it on the same data and see how long it takes to be ready."""
    import harness  # noqa: PLC0415 - its own way of starting is what is measured

    with tocsin() as server:
        configure(server, gather=True)
        for first in range(0, ALERTS, 1_000):
            events = [{"dedup_key": f"k{first + n}", "title": "t", "severity": "info"} for n in range(1_000)]
            server.call("POST", f"{API}/events", {"events": events})
        again = free_port()
        began = time.perf_counter()
        env = {
            **harness.os.environ,
            "TOCSIN_DATA_DIR": str(server.data),
            "TOCSIN_PORT": str(again),
            "TOCSIN_NODE_NAME": "second",
            "TOCSIN_LOG_LEVEL": "warning",
        }
        command = [harness.sys.executable, "-m", "tocsin", "serve"]
        with harness._running(command, again, "/readyz", env):  # noqa: SLF001 - as above
            took = time.perf_counter() - began
    return verdict(f"ready over {ALERTS:,} open alerts", took, 3, at_least=False, unit=" s")


def routes() -> dict[str, Any]:
    """Compare a GET of one object by the first and by the last route that the document lists."""
    with tocsin() as server:
        made = server.call("POST", f"{API}/services", {"name": "Last", "slug": "last"})
        paths = [f"{API}/workspace", f"{API}/services/{made['id']}"]
        costs: dict[str, list[float]] = {path: [] for path in paths}
        for _ in range(3):
            for path in paths:
                load = wrk(server, "get.lua", connections=16, seconds=2, arguments=(server.token, path))
                assert not load.wrong, path
                costs[path].append(1 / load.per_cpu_s)
    first, last = (median(costs[path]) for path in paths)
    print(f"  GET {paths[0]} {1 / first:,.0f}/cpu-s, GET {re.sub('svc_.*', '{{id}}', paths[1])} {1 / last:,.0f}/cpu-s")
    return {"name": "GET of one object", "value": 1 / last, "goal": 0, "at_least": True, "unit": "/cpu-s", "good": True}


def main() -> list[dict[str, Any]]:
    print("at rest:", flush=True)
    assert HOST
    _ = Served
    return [memory(), readiness(), routes()]


if __name__ == "__main__":
    main()
