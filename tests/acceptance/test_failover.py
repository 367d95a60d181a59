"""A primary that is switched over, and one whose machine dies, in the middle of a storm: nothing is lost.

Two nodes work on three PostgreSQL servers under Patroni, which replicate synchronously.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self

import pytest

from acceptance.patroni import PASSWORD, Cluster, patroni
from acceptance.peers import GLANCE_S, HOST, Answer, Receiver, wait_for
from acceptance.servers import Tocsin
from acceptance.storm import Storm
from acceptance.two_nodes import account_for, two_nodes
from pgbouncer import PORT, pgbouncer

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


def test_a_switch_of_the_primary_in_a_storm_loses_nothing_and_is_waited_for(tmp_path, cluster, url):
    with Receiver() as hook, two_nodes(tmp_path, hook, TOCSIN_DATABASE_URL=url) as nodes:
        with Storm(nodes) as storm:
            storm.wait(100)
            began = time.monotonic()
            old, new = cluster.switch_over()
            ended = time.monotonic()
            storm.wait(100, within_s=LONG_S)

        account_for(nodes, hook, storm, [began, ended])

    assert old is not new


def test_behind_a_pooler_beside_each_server_the_new_primary_is_found(tmp_path, cluster, url):
    with ExitStack() as running, Receiver() as hook:
        servers = [f"postgresql://{HOST}:{member.port}/tocsin" for member in cluster.members]
        poolers = [running.enter_context(pgbouncer(server)) for server in servers]
        hosts = ",".join(str(each.home) for each in poolers)
        settings = {
            "TOCSIN_DATABASE_URL": f"postgresql://tocsin:{PASSWORD}@/tocsin?host={hosts}&port={PORT}",
            "TOCSIN_DATABASE_POOLER": "transaction",
            "TOCSIN_DATABASE_DIRECT_URL": url,
        }
        nodes = running.enter_context(two_nodes(tmp_path, hook, **settings))
        with Storm(nodes) as storm:
            storm.wait(100)
            began = time.monotonic()
            cluster.switch_over()
            ended = time.monotonic()
            storm.wait(100, within_s=LONG_S)

        account_for(nodes, hook, storm, [began, ended])


def test_when_the_standby_that_commits_wait_for_dies_another_takes_its_place(tmp_path, cluster, url):
    with Receiver() as hook, two_nodes(tmp_path, hook, TOCSIN_DATABASE_URL=url) as nodes:
        with Storm(nodes) as storm:
            storm.wait(100)
            began = time.monotonic()
            standby = cluster.wait_for_synchronous_standby()
            standby.kill()
            other = cluster.wait_for_synchronous_standby(but=standby)
            ended = time.monotonic()
            storm.wait(100, within_s=LONG_S)

        account_for(nodes, hook, storm, [began, ended])
        standby.start()

    assert other is not standby


def test_when_the_machine_of_the_primary_dies_in_a_storm_nothing_accepted_is_lost(tmp_path, cluster, url):
    with Receiver() as hook, two_nodes(tmp_path, hook, TOCSIN_DATABASE_URL=url) as nodes:
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
