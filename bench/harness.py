"""What the programs of this folder share: servers on one core, load from the other, and ratios.

Absolute figures drift with the machine by a factor of two; a ratio of figures taken next to each other does
not. So every measurement alternates with its floor, several times, and what is reported is the median ratio.
Rates are per second of the server's own CPU time, which other work on the machine disturbs least.
"""

import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

HERE = Path(__file__).parent
HOST = "127.0.0.1"
SERVER_CORE, LOAD_CORE = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode


@dataclass(kw_only=True)
class Served:
    """A server that runs: where, as which process, and with which credentials, if it is Tocsin."""

    url: str
    pid: int
    data: Path | None = None
    credentials: dict[str, Any] = field(default_factory=dict)
    program: "Program | None" = None

    @property
    def token(self) -> str:
        return self.credentials["tocsin"]["token"]

    def cpu_s(self) -> float:
        """CPU time that the process has used so far, in all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def pss_mb(self) -> float:
        """Memory of the process and of those that it started; what they share is counted once."""
        found, total = [self.pid], 0
        while found:
            pid = found.pop()
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"Pss:\s+(\d+)", rollup)[1])
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        return total / 1024

    def restart(self) -> float:
        """Kill it as a failing machine would, start it again, and return how soon it answered."""
        self.program.kill()
        took = self.program.start()
        self.pid = self.program.pid
        return took

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make one request to the native API."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            raw = answer.read()
        return json.loads(raw) if raw else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@dataclass(kw_only=True)
class Program:
    """A server that is started, killed, and started again by the same words; it has a core of its own."""

    command: Sequence[str]
    port: int
    path: str
    env: dict[str, str] | None
    _process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> float:
        """Start it, and return how many seconds later it answered."""
        pinned = ["taskset", "-c", SERVER_CORE, *self.command]
        began = time.perf_counter()
        with tempfile.TemporaryFile() as log:
            self._process = subprocess.Popen(
                pinned, stdout=log, stderr=log, env=self.env, start_new_session=True
            )
            _wait(f"http://{HOST}:{self.port}{self.path}", self._process, log)
        return time.perf_counter() - began

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def kill(self) -> None:
        """Kill it, and those that it started."""
        os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(30)


@contextmanager
def running(command: Sequence[str], port: int, path: str, env: dict[str, str] | None) -> Iterator[Program]:
    program = Program(command=command, port=port, path=path, env=env)
    try:
        program.start()
        yield program
    finally:
        program.stop()


def _wait(url: str, process: subprocess.Popen, log: Any) -> None:
    for _ in range(6_000):
        try:
            urllib.request.urlopen(url, timeout=1)
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.005)
        else:
            return
    log.seek(0)
    raise SystemExit(f"the server did not start:\n{log.read().decode()}")


@contextmanager
def floor(*arguments: str) -> Iterator[Served]:
    """Run the floor."""
    port = free_port()
    with running([sys.executable, str(HERE / "floor.py"), str(port), *arguments], port, "/", None) as program:
        yield Served(url=f"http://{HOST}:{port}", pid=program.pid)


@contextmanager
def postgresql() -> Iterator[Any]:
    """Run a PostgreSQL server of our own, as the tests do: it has ``create()``, which gives a URL."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    from servers import postgresql as run  # noqa: PLC0415  # few of the programs need it

    with run() as server:
        yield server


def postgresql_cpu_s(database: Any) -> float:
    """Return the CPU time that the server's processes have used so far, those that ended included."""
    postmaster = (database.socket / "data" / "postmaster.pid").read_text().split()[0]
    found = [postmaster, *Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
    used = 0
    for pid in found:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        used += int(fields[11]) + int(fields[12])
        if pid == postmaster:
            used += int(fields[13]) + int(fields[14])
    return used / TICKS


@contextmanager
def tocsin(**settings: str) -> Iterator[Served]:
    """Run Tocsin, on a fresh SQLite file by default, with the durability that it has in earnest."""
    data = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    port = free_port()
    env = {
        **os.environ,
        "TOCSIN_DATA_DIR": str(data),
        "TOCSIN_PORT": str(port),
        "TOCSIN_LOG_LEVEL": "warning",
        "TOCSIN_OUTBOUND_ALLOW": "127.0.0.0/8",
        **settings,
    }
    command = [sys.executable, "-m", "tocsin"]
    made = subprocess.run([*command, "init", "--json"], env=env, check=True, capture_output=True).stdout
    document = json.loads(made)
    try:
        with running([*command, "serve"], port, "/readyz", env) as program:
            yield Served(
                url=f"http://{HOST}:{port}",
                pid=program.pid,
                program=program,
                data=data,
                credentials=document["credentials"] | {"document": document},
            )
    finally:
        shutil.rmtree(data, ignore_errors=True)


class _Taken:
    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[str]:
    """Run a mail server that takes everything and keeps nothing; give what TOCSIN_SMTP_URL is to be."""
    controller = Controller(_Taken(), hostname=HOST, port=free_port())
    controller.start()
    try:
        yield f"smtp://{HOST}:{controller.port}"
    finally:
        controller.stop()


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one burst came to."""

    per_s: float
    per_cpu_s: float
    p50_ms: float
    p99_ms: float
    wrong: int
    count: int


def wrk(
    server: Served, script: str, *, connections: int, seconds: int, arguments: Sequence[str] = ()
) -> Load:
    """Load *server* for so long with a script of ``bench/load``, and measure both sides."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["--timeout", "30s", "-s", str(HERE / "load" / script), server.url, "--", *arguments]
    before = server.cpu_s()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cpu = server.cpu_s() - before
    count = int(re.search(r"(\d+) requests in", output)[1])
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return Load(
        per_s=float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
        per_cpu_s=count / max(cpu, 0.01),
        p50_ms=_ms(re.search(r"50%\s+([\d.]+\w+)", output)[1]),
        p99_ms=_ms(re.search(r"99%\s+([\d.]+\w+)", output)[1]),
        wrong=int(wrong[1]) if wrong else 0,
        count=count,
    )


def _ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def verdict(name: str, value: float, goal: float, *, at_least: bool, unit: str = "") -> dict[str, Any]:
    """Report one figure beside its goal."""
    good = value >= goal if at_least else value <= goal
    word = ">=" if at_least else "<="
    print(
        f"  {'ok  ' if good else 'MISS'} {name}: {value:.3g}{unit} (goal {word} {goal:g}{unit})", flush=True
    )
    return {"name": name, "value": value, "goal": goal, "at_least": at_least, "unit": unit, "good": good}
