"""Real servers for the acceptance tests, each a process of its own: Tocsin and Prometheus Alertmanager.

Each is a context manager that is ready when its block begins and gone when it ends, and ends only what it has
started. Addresses are on 127.0.0.1, ports are free ones, data lies in the folder that is handed in.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acceptance.peers import GLANCE_S, HOST, PATIENCE_S, Answer, free_port, http


@dataclass(kw_only=True)
class Child:
    """A process of ours, with its output in *log*."""

    command: Sequence[str]
    log: Path
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self, ready_url: str) -> None:
        """Start it, and return when *ready_url* answers 200."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, env=self.env)
        deadline = time.monotonic() + PATIENCE_S
        while not _answers(ready_url):
            try:
                self.process.wait(GLANCE_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                self.end(signal.SIGKILL)
            raise AssertionError(f"{self.command[0]} did not become ready:\n{self.log.read_text()}")

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal, by force if it takes too long, and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def _answers(url: str) -> bool:
    try:
        return http("GET", url).status == 200
    except OSError:
        return False


@dataclass(kw_only=True)
class Tocsin:
    """A real ``tocsin serve`` over *data_dir*: to start, to kill, to start again on the same port.

    *flags* are more options of its command line.
    """

    data_dir: Path
    flags: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    credentials: dict[str, Any] = field(default_factory=dict)
    child: Child | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "https" if "TOCSIN_TLS_CERT" in self.env else "http"
        return f"{scheme}://{HOST}:{self.port}"

    @property
    def token(self) -> str:
        """The owner's token."""
        return self.credentials["credentials"]["tocsin"]["token"]

    def environment(self) -> dict[str, str]:
        """The variables that it and its command line run with: none of ours but the ones meant for it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        own = {"TOCSIN_DATA_DIR": str(self.data_dir), "TOCSIN_OUTBOUND_ALLOW": "127.0.0.0/8"}
        return {**inherited, **own, "TOCSIN_PUBLIC_URL": self.url, **self.env}

    def command(self, *arguments: str) -> list[str]:
        """Make the command line that does what *arguments* say."""
        return [sys.executable, "-m", "tocsin", *arguments]

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command line over the same data; the exit code is the caller's to judge."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def init(self, *options: str) -> dict[str, Any]:
        """Make the first workspace, and keep and return its credentials."""
        done = self.run("init", "--json", *options)
        assert done.returncode == 0, done.stderr
        self.credentials = json.loads(done.stdout)
        return self.credentials

    def start(self) -> None:
        """Start the server, and return when it is ready."""
        command = self.command("serve", "--host", HOST, "--port", str(self.port), *self.flags)
        self.child = Child(command=command, log=self.data_dir / "serve.log", env=self.environment())
        self.child.start(f"{self.url}/readyz")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End the server and return its exit code."""
        return self.child.end(by) if self.child is not None else 0

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        self.stop(signal.SIGKILL)

    def call(self, method: str, path: str, body: object = None, **options: Any) -> Answer:
        """Call the native API as the owner; a *path* with a slash in front is one of the server."""
        url = f"{self.url}{path}" if path.startswith("/") else f"{self.url}/api/tocsin/v1/{path}"
        return http(method, url, body, **{"token": self.token, **options})

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        return (self.data_dir / "serve.log").read_text()


@contextmanager
def tocsin(data_dir: Path, *, init: Sequence[str] = (), **env: str) -> Iterator[Tocsin]:
    """Run a fresh Tocsin with its first workspace; *env* adds settings: TOCSIN_DATABASE_URL=..."""
    data_dir.mkdir(parents=True, exist_ok=True)
    server = Tocsin(data_dir=data_dir, env=env)
    server.init(*init)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@dataclass(frozen=True, kw_only=True)
class Alertmanager:
    """An Alertmanager that runs."""

    url: str

    def post(self, *alerts: Mapping[str, Any]) -> None:
        """Tell it of *alerts* as Prometheus does: labels, annotations, startsAt, endsAt."""
        answer = http("POST", f"{self.url}/api/v2/alerts", list(alerts))
        assert answer.status == 200, answer.body


@contextmanager
def alertmanager(
    folder: Path, receiver_url: str, *, token: str = "", group_by: Sequence[str] = ("alertname",)
) -> Iterator[Alertmanager]:
    """Run Alertmanager with a configuration that posts to *receiver_url*, with *token* as bearer if given.

    It groups by *group_by*, waits next to nothing before the first notification, and sends resolves.
    """
    binary = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    assert binary is not None, "Prometheus Alertmanager is not installed: scripts/test-needs.sh does it"
    webhook: dict[str, Any] = {"url": receiver_url, "send_resolved": True}
    if token:
        webhook["http_config"] = {"authorization": {"type": "Bearer", "credentials": token}}
    route = {"receiver": "tocsin", "group_by": list(group_by), "repeat_interval": "1h"}
    config = {
        "route": {**route, "group_wait": "50ms", "group_interval": "200ms"},
        "receivers": [{"name": "tocsin", "webhook_configs": [webhook]}],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "alertmanager.yml"
    path.write_text(json.dumps(config))  # YAML contains JSON
    port = free_port()
    command = [
        binary,
        f"--config.file={path}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={HOST}:{port}",
        "--cluster.listen-address=",
        "--log.level=debug",
    ]
    child = Child(command=command, log=folder / "alertmanager.log", env=dict(os.environ))
    try:
        child.start(f"http://{HOST}:{port}/-/ready")
        yield Alertmanager(url=f"http://{HOST}:{port}")
    finally:
        child.end()
