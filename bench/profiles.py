"""Where the time goes on each hot path: functions by their share, as py-spy sees them from outside.

Each path runs as it is measured elsewhere. Seen is who holds Python's lock, since that is what one process
has one of; its CPU time beyond that goes to SQLite, sockets and the like, which let go of it. What was seen
is left in var/profiles: a table of functions, and the stacks themselves, of which flame graphs are made.
py-spy (MIT) reads the memory of processes of one's own; where ptrace is forbidden even so, run it as root.
"""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import HERE, LOAD_CORE, Served, mail_server, postgresql, tocsin, wrk
from nodes import came, make_due, nodes, prepare, receiver, until
from setting import API, configure
from sink import sink

FOLDER = HERE.parent / "var" / "profiles"
PY_SPY = str(Path(sys.executable).parent / "py-spy")
RATE = 200  # samples a second: each stops the process for well under a millisecond
SECONDS = 5
SHOWN, KEPT = 12, 60
STEPS = 6_000


@dataclass(kw_only=True)
class Profile:
    """What was seen of one path: how many samples had each stack, the outermost function first.

    *held* is the share of the time that Python's lock was held, *busy* the CPU time of the process a second.
    """

    name: str
    held: float
    busy: float
    stacks: Counter[tuple[str, ...]]

    @property
    def samples(self) -> int:
        return max(1, self.stacks.total())

    def functions(self) -> list[dict[str, Any]]:
        """Return functions by the share that they take themselves, and with all that they call."""
        own: Counter[str] = Counter()
        whole: Counter[str] = Counter()
        for stack, count in self.stacks.items():
            own[stack[-1]] += count
            for function in set(stack):
                whole[function] += count
        return [
            {"function": function, "own": own[function] / self.samples, "whole": count / self.samples}
            for function, count in sorted(whole.items(), key=lambda item: (-own[item[0]], -item[1]))
        ]

    def summary(self) -> str:
        return (
            f"{self.name}: Python's lock was held {self.held:.0%} of the time, "
            f"and the process used {self.busy:.0%} of a core"
        )

    def threads(self) -> list[tuple[str, float]]:
        found: Counter[str] = Counter()
        for stack, count in self.stacks.items():
            found[stack[0]] += count
        return [(thread, count / self.samples) for thread, count in found.most_common()]

    def text(self) -> str:
        functions = self.functions()
        lines = [f"{self.summary()}; {self.samples} samples", ""]
        lines += [f"{share:7.1%}  {thread}" for thread, share in self.threads()]
        lines += ["", "    own    with callees  function, by its own share"]
        lines += [_line(each) for each in functions[:KEPT]]
        lines += ["", "    own    with callees  function, by its share with callees"]
        lines += [_line(each) for each in sorted(functions, key=lambda one: -one["whole"])[:KEPT]]
        return "\n".join(lines) + "\n"


def _line(each: dict[str, Any]) -> str:
    return f"{each['own']:7.1%}  {each['whole']:12.1%}  {each['function']}"


@contextmanager
def recorded(name: str, server: Served, seconds: int = SECONDS) -> Iterator[list[Profile]]:
    """Profile *server* while the block runs, for so long at most; the list then has the profile."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    raw = FOLDER / f"{name.replace(' ', '-').replace(',', '')}.stacks"
    raw.unlink(missing_ok=True)
    command = [
        "taskset",
        "-c",
        LOAD_CORE,
        PY_SPY,
        "record",
        "--pid",
        str(server.pid),
        "--duration",
        str(seconds),
    ]
    command += [
        "--rate",
        str(RATE),
        "--format",
        "raw",
        "--gil",
        "--threads",
        "--function",
        "--output",
        str(raw),
    ]
    spy = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found: list[Profile] = []
    began, used = time.perf_counter(), server.cpu_s()
    try:
        yield found
        _, said = spy.communicate(timeout=seconds + 30)
        busy = (server.cpu_s() - used) / (time.perf_counter() - began)
    finally:
        spy.kill()
    if not raw.exists():
        raise SystemExit(f"py-spy saw nothing: {said.strip()}")
    stacks: Counter[tuple[str, ...]] = Counter()
    for line in raw.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        stacks[tuple(stack.split(";"))] += int(count)
    held = stacks.total() / (RATE * seconds)
    profile = Profile(name=name, held=held, busy=busy, stacks=stacks)
    raw.with_suffix(".txt").write_text(profile.text())
    found.append(profile)


def taking_in(name: str, script: str, *, gather: bool, **settings: str) -> Profile:
    """Profile what comes in as fast as it goes, once everything is warm."""
    with mail_server() as smtp_url, tocsin(TOCSIN_SMTP_URL=smtp_url, **settings) as server:
        configure(server, gather=gather)
        _load(server, script, 1)
        with recorded(name, server) as found:
            _load(server, script, SECONDS)
    return found[0]


def _load(server: Served, script: str, seconds: int) -> None:
    single = script == "single.lua"
    seed = f"p{time.monotonic_ns()}-"
    arguments = (server.token, "new", seed) if single else (server.token, seed)
    load = wrk(server, script, connections=64 if single else 16, seconds=seconds, arguments=arguments)
    if load.wrong:
        raise SystemExit(f"{load.wrong} requests were not answered with 202")


def sending(name: str, **settings: str) -> Profile:
    """Profile what goes out to a webhook, while bodies of 1,000 keep the outbox full."""
    with sink() as hook, tocsin(**settings) as server:
        configure(server, webhook=hook.url, gather=False)

        def fill(number: int) -> None:
            events = [{"dedup_key": f"{number}-{each}", "title": "t"} for each in range(1_000)]
            server.call("POST", f"{API}/events", {"events": events})

        fill(0)
        hook.rest()
        for number in range(1, 9):
            fill(number)
        with recorded(name, server, seconds=2) as found:
            pass
    return found[0]


def stepping(name: str) -> Profile:
    """Profile one of two nodes, while they take steps that came due at one instant."""
    with postgresql() as server:
        url = server.create()
        with receiver() as hook, nodes(url, 2) as (served, _):
            prepare(served[0], hook, STEPS)
            with recorded(name, served[0], seconds=7) as found:
                time.sleep(0.5)  # py-spy looks around first
                make_due(url)
                until(lambda: came(hook)["new"] >= STEPS, "not all steps were taken")
    return found[0]


def on_postgresql(name: str, script: str) -> Profile:
    with postgresql() as server:
        return taking_in(name, script, gather=False, TOCSIN_DATABASE_URL=server.create())


PATHS: dict[str, Callable[[str], Profile]] = {
    "single events, gathered": lambda name: taking_in(name, "single.lua", gather=True),
    "single events, a page each": lambda name: taking_in(name, "single.lua", gather=False),
    "bodies of 100, gathered": lambda name: taking_in(name, "hundred.lua", gather=True),
    "bodies of 100, a page each": lambda name: taking_in(name, "hundred.lua", gather=False),
    "single events on PostgreSQL, a page each": lambda name: on_postgresql(name, "single.lua"),
    "deliveries": sending,
    "steps due at one instant": stepping,
}


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", action="append", choices=sorted(PATHS))
    options, _ = parser.parse_known_args()
    print(f"profiles of the hot paths, in {FOLDER}:", flush=True)
    found = []
    for name, run in PATHS.items():
        if options.path and name not in options.path:
            continue
        profile = run(name)
        functions = profile.functions()
        print(f"  {profile.summary()}:", *map(_line, functions[:SHOWN]), sep="\n", flush=True)
        found.append({"name": name, "profile": functions[:KEPT]})
    return found


if __name__ == "__main__":
    main()
