"""A primary that is switched over, and one whose machine dies, in the middle of a storm: nothing is lost.

Two nodes work on three PostgreSQL servers under Patroni, which replicate synchronously.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import pytest

from acceptance.company import destination, everything, plan, step
from acceptance.patroni import Cluster, patroni
from acceptance.peers import GLANCE_S, Answer, Receiver, wait_for
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Copies, Storm, check_kept, longest_gap, wait_until_settled

FIRST, SECOND = "/first", "/second"
SECOND_STEP_AFTER_S = 2
LONG_S = 180.0  # for a cluster to find itself a new primary on a machine that is busy


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with patroni() as cluster:
        yield cluster


@pytest.fixture
def url(cluster) -> str:
    """The URL of an empty database in the cluster, all of whose servers are there."""
    cluster.wait_for_standbys(2)
    return cluster.begin_anew()


@contextmanager
def two_nodes(folder, url: str, hook: Receiver) -> Iterator[list[Tocsin]]:
    """Run two nodes on the database at *url*; every alert is told at one place at once, at another later."""
    with tocsin(folder / "one", TOCSIN_DATABASE_URL=url) as one:
        plan(
            one,
            step(destination(one, f"{hook.url}{FIRST}", name="First")),
            step(destination(one, f"{hook.url}{SECOND}", name="Second"), after_s=SECOND_STEP_AFTER_S),
        )
        key = (folder / "one" / "secret.key").read_text().strip()
        (folder / "two").mkdir()
        env = {"TOCSIN_DATABASE_URL": url, "TOCSIN_SECRET_KEY": key}
        two = Tocsin(data_dir=folder / "two", env=env, credentials=one.credentials)
        two.start()
        try:
            yield [one, two]
        finally:
            two.stop()


class Lookout:
    """Asks a node time and again whether it is ready, as a load balancer does, and keeps what it says."""

    def __init__(self, node: Tocsin) -> None:
        self.answers: list[Answer] = []
        self._node = node
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(GLANCE_S * 5):
            self.answers.append(self._node.call("GET", "/readyz"))

    def has_seen(self, status: int) -> bool:
        """Tell whether the last answer had *status*."""
        return bool(self.answers) and self.answers[-1].status == status


def account_for(nodes, hook, storm, moments) -> None:
    """Check that all that was accepted is there and was told once at each place, and that no step is left."""
    wait_until_settled(nodes[0], hook, storm, (FIRST, SECOND))
    for node in nodes:
        check_kept(node, storm)
    repeated = [Copies.at(hook, path).check(moments) for path in (FIRST, SECOND)]
    assert {page["next_at"] for page in everything(nodes[0], "pages", "pages")} == {None}
    assert "tocsin_alerts_stranded 0.0" in nodes[0].call("GET", "/metrics").body.decode()
    told_at = [request.at for request in hook.requests]
    span = {"since": moments[0], "until": moments[-1] + 1}
    print(
        f"{len(storm.accepted)} events accepted, {sum(repeated)} messages sent again;",
        f"refused: {dict(storm.refused)};",
        f"nothing accepted for {longest_gap(storm.accepted_at, **span):.2f} s,",
        f"nothing told for {longest_gap(told_at, **span):.2f} s",
    )


def test_a_switch_of_the_primary_in_a_storm_loses_nothing_and_is_waited_for(tmp_path, cluster, url):
    with Receiver() as hook, two_nodes(tmp_path, url, hook) as nodes:
        with Storm(nodes) as storm:
            storm.wait(100)
            began = time.monotonic()
            old, new = cluster.switch_over()
            ended = time.monotonic()
            storm.wait(100, within_s=LONG_S)

        account_for(nodes, hook, storm, [began, ended])

    assert old is not new


def test_when_the_machine_of_the_primary_dies_in_a_storm_nothing_accepted_is_lost(tmp_path, cluster, url):
    with Receiver() as hook, two_nodes(tmp_path, url, hook) as nodes:
        with Storm(nodes) as storm, Lookout(nodes[0]) as one, Lookout(nodes[1]) as two:
            storm.wait(100)
            primary = cluster.wait_for_primary()
            killed = time.monotonic()
            primary.kill()
            for lookout in (one, two):
                wait_for(lambda each=lookout: each.has_seen(503), what="a node without a database is ready")
            new = cluster.wait_for_primary(but=primary)
            ended = time.monotonic()
            storm.wait(100, within_s=LONG_S)
            for lookout in (one, two):
                wait_for(lambda each=lookout: each.has_seen(200), what="a node did not come round")

        account_for(nodes, hook, storm, [killed, ended])
        away = next(answer for answer in one.answers if answer.status == 503)

    print(f"a new primary after {ended - killed:.1f} s")
    assert new is not primary
    assert away.headers["retry-after"]
    assert "database" in away.json()["problems"]
    assert set(storm.refused) <= {503}
