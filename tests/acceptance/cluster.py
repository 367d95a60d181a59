"""Several real Tocsin nodes on one real PostgreSQL, each a process of its own."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from acceptance.peers import wait_for
from acceptance.servers import Tocsin


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Nodes that share a database, all with the first one's credentials."""

    nodes: Sequence[Tocsin]

    @property
    def first(self) -> Tocsin:
        """The one by which things are set up."""
        return self.nodes[0]

    def signal(self, nodes: Sequence[Tocsin], by: signal.Signals) -> None:
        """Send a signal to some of them, as nearly at once as can be."""
        for node in nodes:
            assert node.child is not None
            assert node.child.process is not None
            node.child.process.send_signal(by)

    def metric(self, node: Tocsin, name: str) -> float:
        """Read one series without labels, or the sum of one with."""
        lines = node.call("GET", "/metrics").body.decode().splitlines()
        return sum(
            float(line.rpartition(" ")[2]) for line in lines if line.partition("{")[0].split(" ")[0] == name
        )


@contextmanager
def cluster(folder: Path, url: str, *, roles: Sequence[str], **env: str) -> Iterator[Cluster]:
    """Run a node for each of *roles* ("" is all of them) on the empty database at *url*."""
    nodes: list[Tocsin] = []
    with ExitStack() as running:
        for number, role in enumerate(roles, 1):
            data = folder / f"node-{number}"
            data.mkdir(parents=True)
            own = {"TOCSIN_DATABASE_URL": url, "TOCSIN_NODE_NAME": f"node-{number}", **env}
            if nodes:
                own["TOCSIN_SECRET_KEY"] = (folder / "node-1" / "secret.key").read_text().strip()
            if role:
                own["TOCSIN_ROLES"] = role
            node = Tocsin(data_dir=data, env=own)
            if nodes:
                node.credentials = nodes[0].credentials
            else:
                node.init()
            node.start()
            running.callback(_end, node)
            nodes.append(node)
        yield Cluster(nodes=tuple(nodes))


def _end(node: Tocsin) -> None:
    """End a node, whatever a test has done to it."""
    if node.child is not None and node.child.process is not None and node.child.process.poll() is None:
        node.child.process.send_signal(signal.SIGCONT)
        node.stop()


def queued(node: Tocsin) -> int:
    """Count the messages that wait or are on their way."""
    waiting = 0
    for state in ("queued", "sending"):
        answer = node.call("GET", f"notifications?state={state}&limit=1")
        waiting += answer.json().get("total") or len(answer.json()["notifications"])
    return waiting


def wait_until_sent(node: Tocsin) -> None:
    """Wait until nothing waits to be sent."""
    wait_for(lambda: queued(node) == 0, what=lambda: f"{queued(node)} messages still wait")
