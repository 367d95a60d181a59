"""A real cluster that fails over: three PostgreSQL servers under Patroni, which agree through etcd.

They run with the settings that ``deploy/patroni`` ships; what is changed is where they are, for all of them
are on this machine. It ends only what it has started.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from acceptance.peers import GLANCE_S, HOST, free_port, http
from servers import server_programs

DEPLOY = Path(__file__).parents[2] / "deploy"
NAMES = ("db1", "db2", "db3")
PASSWORD = "change-me-tocsin"  # of deploy/patroni/tocsin.sql
_AS_SHIPPED = (DEPLOY / "patroni" / "tocsin.sql").read_text().split(";\n")
CLUSTER_WITHIN_S = 90.0
FAILED_OVER_WITHIN_S = 120.0  # twenty seconds are Patroni's; the rest is for a machine that is busy


@dataclass(kw_only=True)
class Member:
    """One of the servers, and the Patroni that keeps it."""

    name: str
    home: Path
    config: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where its PostgreSQL listens."""
        return int(self.config["postgresql"]["listen"].rpartition(":")[2])

    @property
    def api(self) -> str:
        """Where its Patroni answers."""
        return f"http://{self.config['restapi']['connect_address']}"

    @property
    def data(self) -> Path:
        """Where its PostgreSQL keeps its data."""
        return Path(self.config["postgresql"]["data_dir"])

    @property
    def log(self) -> str:
        """What its Patroni and its PostgreSQL have said so far."""
        return (self.home / f"{self.name}.log").read_text(errors="replace")

    def start(self) -> None:
        """Start its Patroni, which starts the rest."""
        file = self.home / f"{self.name}.yml"
        file.write_text(yaml.safe_dump(self.config))
        self.process = _started([_program("patroni"), str(file)], self.home / f"{self.name}.log")

    def role(self) -> str:
        """Tell what it is: primary, replica, or nothing that answers."""
        try:
            answer = http("GET", f"{self.api}/patroni")
        except OSError:
            return ""
        said = answer.json() if answer.status in {200, 503} else {}
        return {"master": "primary"}.get(said.get("role", ""), said.get("role", ""))

    def kill(self) -> None:
        """End it at once, Patroni and PostgreSQL, as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.kill_postgresql()

    def kill_postgresql(self) -> None:
        """End its PostgreSQL at once, every process of it, and nothing else."""
        try:
            first = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        for process in (first, *_children(first)):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        """End it in order, and by force if it takes too long."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.kill_postgresql()


@dataclass(kw_only=True)
class Cluster:
    """The servers together."""

    members: Sequence[Member]

    @property
    def url(self) -> str:
        """What TOCSIN_DATABASE_URL is to be: all of them, and whichever is the primary."""
        hosts = ",".join(f"{HOST}:{member.port}" for member in self.members)
        return f"postgresql://tocsin:{PASSWORD}@{hosts}/tocsin"

    def begin_anew(self) -> str:
        """Put an empty database in the place of Tocsin's, and return its URL."""
        with self.connect(self.wait_for_primary()) as connection:
            connection.execute("DROP DATABASE tocsin WITH (FORCE)")
            connection.execute(next(each for each in _AS_SHIPPED if "CREATE DATABASE" in each).encode())
        return self.url

    def primary(self) -> Member | None:
        """Find the one that takes writes."""
        return next((member for member in self.members if member.role() == "primary"), None)

    def wait_for_primary(self, *, but: Member | None = None) -> Member:
        """Wait until there is a primary that is not *but*."""

        def found() -> Member | None:
            member = self.primary()
            return member if member is not but else None

        member = self._wait(found, "there is no primary")
        assert isinstance(member, Member)
        return member

    def wait_for_standbys(self, count: int = 1) -> None:
        """Wait until the primary has *count* standbys that follow it, and one of them is synchronous."""

        def ready() -> bool:
            primary = self.primary()
            if primary is None:
                return False
            members = http("GET", f"{primary.api}/cluster").json()["members"]
            roles = [each["role"] for each in members if each["state"] in {"running", "streaming"}]
            return "sync_standby" in roles and len(roles) > count and self._streaming(primary) >= count

        self._wait(ready, "there is no synchronous standby")

    def wait_for_synchronous_standby(self, *, but: Member | None = None) -> Member:
        """Wait until a standby that is not *but* is the synchronous one."""

        def found() -> Member | None:
            primary = self.primary()
            listed = http("GET", f"{primary.api}/cluster").json()["members"] if primary else []
            names = {each["name"] for each in listed if each["role"] == "sync_standby"}
            return next((each for each in self.members if each.name in names and each is not but), None)

        member = self._wait(found, "there is no other synchronous standby")
        assert isinstance(member, Member)
        return member

    def _streaming(self, primary: Member) -> int:
        try:
            with self.connect(primary) as connection:
                (standbys,) = connection.execute("SELECT count(*) FROM pg_stat_replication").fetchone() or (
                    0,
                )
        except psycopg.OperationalError:
            return 0
        return int(standbys)

    def switch_over(self) -> tuple[Member, Member]:
        """Hand the primary's place to a standby, as an operator does; return the old one and the new one."""
        old = self.wait_for_primary()
        answer = http("POST", f"{old.api}/switchover", {"leader": old.name})
        assert answer.status == 200, answer.body
        return old, self.wait_for_primary(but=old)

    def connect(self, member: Member, database: str = "postgres") -> psycopg.Connection[Any]:
        """Connect to one of them as the superuser."""
        login = member.config["postgresql"]["authentication"]["superuser"]
        return psycopg.connect(
            host=HOST,
            port=member.port,
            dbname=database,
            user=login["username"],
            password=login["password"],
            autocommit=True,
            connect_timeout=2,
        )

    def _wait(self, found: Any, what: str) -> Any:
        give_up_at = time.monotonic() + FAILED_OVER_WITHIN_S
        while not (value := found()):
            logs = "\n".join(f"{member.name}: {member.log[-1500:]}" for member in self.members)
            assert time.monotonic() < give_up_at, f"{what}\n{logs}"
            time.sleep(GLANCE_S * 5)
        return value


@contextmanager
def patroni() -> Iterator[Cluster]:
    """Run a cluster for the length of the block, with Tocsin's role and an empty database in it."""
    home = Path(tempfile.mkdtemp(prefix="tocsin-ha-"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    try:
        with ExitStack() as running:
            etcd = running.enter_context(_etcd(home))
            members = [Member(name=name, home=home, config=_config(name, home, etcd)) for name in NAMES]
            cluster = Cluster(members=members)
            for member in members:
                member.start()
                running.callback(member.kill)
            primary = cluster.wait_for_primary()
            with cluster.connect(primary) as connection:
                for statement in _AS_SHIPPED:
                    connection.execute(statement.encode())
            cluster.wait_for_standbys(len(NAMES) - 1)
            yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _config(name: str, home: Path, etcd: str) -> dict[str, Any]:
    """Take the settings that are shipped, and say where this one is."""
    config: dict[str, Any] = yaml.safe_load((DEPLOY / "patroni" / "patroni.yml").read_text())
    config["name"] = name
    config["etcd3"] = {"hosts": [etcd]}
    config["watchdog"] = {"mode": "off"}
    api = f"{HOST}:{free_port()}"
    config["restapi"] |= {"listen": api, "connect_address": api}
    address = f"{HOST}:{free_port()}"
    config["postgresql"] |= {
        "listen": address,
        "connect_address": address,
        "data_dir": str(home / name),
        "bin_dir": str(server_programs()),
        "parameters": {"unix_socket_directories": str(home), "shared_buffers": "64MB"},
    }
    return config


@contextmanager
def _etcd(home: Path) -> Iterator[str]:
    """Run an etcd of one, and give its address."""
    client, peer = (f"http://{HOST}:{free_port()}" for _ in range(2))
    command = [
        _program("etcd"),
        *("--name", "one", "--data-dir", str(home / "etcd")),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"one={peer}"),
    ]
    process = _started(command, home / "etcd.log")
    try:
        give_up_at = time.monotonic() + CLUSTER_WITHIN_S
        while not _healthy(client):
            assert time.monotonic() < give_up_at, (home / "etcd.log").read_text()
            time.sleep(GLANCE_S)
        yield client.removeprefix("http://")
    finally:
        process.terminate()
        process.wait()


def _healthy(url: str) -> bool:
    try:
        return http("GET", f"{url}/health").json().get("health") == "true"
    except OSError:
        return False


def _started(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program that refuses to run as root: then as the user postgres."""
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    env = {"PATH": os.environ["PATH"], "HOME": str(log.parent), "LC_ALL": "C.UTF-8"}
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=log.parent, env=env, **other
        )


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed: scripts/test-needs.sh does it"
    return found


def _children(process: int) -> list[int]:
    """List the processes that *process* has started."""
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []
