"""Several real Tocsin nodes on one real PostgreSQL, each a process of its own."""

import re
import signal
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from acceptance.peers import Receiver
from acceptance.servers import Tocsin
from acceptance.storm import Copies, tries

_TAKEN_OVER = re.compile(r"a node is gone, and its work is taken over.* gone=([\w-]+)")


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

    def sent_by(self, node: Tocsin, hook: Receiver) -> list[str]:
        """Name the messages that came from *node*, whose own address is in their links."""
        return [each.headers["webhook-id"] for each in hook.requests if node.url.encode() in each.body]

    def taken_for_gone(self) -> set[str]:
        """Name those whose work others say that they have taken over, be it that they only stood still."""
        return {name for node in self.nodes for name in _TAKEN_OVER.findall(node.log)}

    def check_copies(self, hook: Receiver, *paths: str) -> int:
        """Check that each step was taken once, and account for the messages that came twice; count those.

        As often as it came, the server must say that it was tried. And whoever sent a copy that another
        followed must have been taken for gone, or have said itself that a try of its own had failed: nothing
        else excuses a second one.
        """
        tried, gone = tries(self._living()[0]), self.taken_for_gone()
        failed = {node.url for node in self._living() if self._failed_tries(node)}
        excused = failed | {node.url for number, node in enumerate(self.nodes, 1) if f"node-{number}" in gone}
        repeated = 0
        for path in paths:
            repeated += Copies.at(hook, path).check_tries(tried)
            senders: dict[str, list[str]] = defaultdict(list)
            for request in hook.requests:
                if request.path == path:
                    sender = next(node.url for node in self.nodes if f"{node.url}/".encode() in request.body)
                    senders[request.headers["webhook-id"]].append(sender)
            for message, all_ in senders.items():
                assert set(all_[:-1]) <= excused, f"{message} came from {all_}; excused are {excused}"
        return repeated

    def _living(self) -> list[Tocsin]:
        return [
            each
            for each in self.nodes
            if each.child and each.child.process and each.child.process.poll() is None
        ]

    def _failed_tries(self, node: Tocsin) -> float:
        lines = node.call("GET", "/metrics").body.decode().splitlines()
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if line.startswith("tocsin_notifications_total{") and 'outcome="delivered"' not in line
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
