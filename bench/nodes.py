"""Several nodes on one PostgreSQL: steps that come due at one instant, and nodes that are killed.

6,000 escalation steps are made due at one instant, by the database itself, and handed to a local receiver by
two nodes. Then half of four nodes are killed with steps in hand, and what counts is when the last step was
taken, from the kill on, the leases of the dead included. Nodes, database and receiver share the machine.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from harness import HERE, HOST, Served, free_port, postgresql, postgresql_cpu_s, verdict
from setting import API

STEPS = 6_000
AT_ONCE = 1_000
KILLED_STEPS = 2_000
WITHIN_S = 120.0
COMMAND = (sys.executable, "-m", "tocsin")


@contextmanager
def receiver() -> Iterator[str]:
    """Run a receiver in a process of its own, and give its address; its GET tells what came."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(HERE / "receiver.py"), str(port)])
    try:
        until(lambda: answers(f"http://{HOST}:{port}/"), "the receiver did not start")
        yield f"http://{HOST}:{port}/"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def nodes(
    url: str, count: int, **settings: str
) -> Iterator[tuple[Sequence[Served], Sequence[subprocess.Popen]]]:
    """Run *count* nodes on the empty database at *url*."""
    served: list[Served] = []
    with ExitStack() as running:
        home = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-bench-")))
        env = {**os.environ, "TOCSIN_DATABASE_URL": url, "TOCSIN_DATA_DIR": str(home)}
        env |= {"TOCSIN_LOG_LEVEL": "warning", "TOCSIN_OUTBOUND_ALLOW": "127.0.0.0/8", **settings}
        made = subprocess.run([*COMMAND, "init", "--json"], env=env, check=True, capture_output=True).stdout
        document = json.loads(made)
        processes = []
        for number in range(count):
            port = free_port()
            own = {**env, "TOCSIN_PORT": str(port), "TOCSIN_NODE_NAME": f"node-{number}"}
            process = subprocess.Popen([*COMMAND, "serve"], env=own)
            running.callback(end, process)
            processes.append(process)
            credentials = document["credentials"] | {"document": document}
            served.append(Served(url=f"http://{HOST}:{port}", pid=process.pid, credentials=credentials))
        for node in served:
            until(lambda node=node: answers(f"{node.url}/readyz"), "a node did not start")
        yield served, processes


def end(process: subprocess.Popen) -> None:
    process.terminate()
    process.wait(60)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def until(found: Any, problem: str) -> None:
    give_up_at = time.monotonic() + WITHIN_S
    while not found():
        if time.monotonic() > give_up_at:
            raise SystemExit(problem)
        time.sleep(0.02)


def prepare(node: Served, sink: str, count: int) -> None:
    """Let *count* pages begin, whose first step is due in an hour."""
    webhook = {"name": "sink", "channel": "webhook", "address": sink}
    made = node.call("POST", f"{API}/destinations", webhook)
    target = {"type": "destination", "id": made["id"]}
    steps = [{"after_s": 3_600, "action": {"type": "notify", "targets": [target]}}]
    policy = node.call("POST", f"{API}/escalation-policies", {"name": "On call", "steps": steps})
    node.call("PATCH", f"{API}/workspace", {"catch_all_policy_id": policy["id"]})
    for first in range(0, count, AT_ONCE):
        events = [{"dedup_key": str(each), "title": "t"} for each in range(first, first + AT_ONCE)]
        node.call("POST", f"{API}/events", {"events": events})


def make_due(url: str) -> float:
    """Let every step be due now, and wake the nodes; return when that was."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE pages SET due = 0, wake_at = 0")
        connection.execute("UPDATE timers SET due_at = 0 WHERE kind = 'page'")
        connection.execute("NOTIFY tocsin, 'bench timers'")
    return time.monotonic()


def came(sink: str) -> dict[str, Any]:
    """Ask the receiver how many messages came, how many of them twice, and when the last new one did."""
    with urllib.request.urlopen(sink, timeout=10) as answer:
        return json.loads(answer.read())


def instant(server: Any) -> float:
    """Return how long two nodes took to hand all steps over that were due at one instant."""
    url = server.create()
    with receiver() as sink, nodes(url, 2) as (served, _processes):
        prepare(served[0], sink, STEPS)
        before = [node.cpu_s() for node in served], postgresql_cpu_s(server), came(sink)["cpu_s"]
        due_at = make_due(url)
        until(lambda: came(sink)["new"] >= STEPS, "not all steps were taken")
        found = came(sink)
        took = found["last_at"] - due_at
        nodes_s = sum(node.cpu_s() - then for node, then in zip(served, before[0], strict=True))
        print(
            f"  {STEPS:,} steps by two nodes in {took:.1f} s; {found['again']} came twice; CPU time: nodes "
            f"{nodes_s:.1f} s, PostgreSQL {postgresql_cpu_s(server) - before[1]:.1f} s, "
            f"receiver {found['cpu_s'] - before[2]:.1f} s",
            flush=True,
        )
        return took


def killed(server: Any) -> float:
    """Return how long after half of four nodes were killed the last step was taken."""
    url = server.create()
    with receiver() as sink, nodes(url, 4) as (served, processes):
        prepare(served[0], sink, KILLED_STEPS)
        make_due(url)
        until(lambda: came(sink)["new"] >= KILLED_STEPS // 10, "no steps were taken")
        for process in processes[2:]:
            process.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        until(lambda: came(sink)["new"] >= KILLED_STEPS, "not all steps were taken")
        found = came(sink)
        took = found["last_at"] - killed_at
        print(
            f"  the last of {KILLED_STEPS:,} steps {took:.1f} s after the kill; {found['again']} twice",
            flush=True,
        )
        return took


def main() -> list[dict[str, Any]]:
    print("nodes on one PostgreSQL:", flush=True)
    with postgresql() as server:
        return [
            verdict(
                "6,000 steps due at one instant, two nodes", instant(server), 5, at_least=False, unit=" s"
            ),
            verdict("half of four nodes killed", killed(server), 5, at_least=False, unit=" s"),
        ]


if __name__ == "__main__":
    main()
