"""How long a switch of PostgreSQL's primary is felt: two nodes on three servers under Patroni, in a storm.

Beside the nodes a bare writer inserts a row every few milliseconds through the same list of servers. What it
waits is Patroni's and PostgreSQL's; what callers and receivers of Tocsin wait beyond that is ours.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any, Self

import psycopg
from harness import verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from acceptance.company import everything
from acceptance.patroni import Cluster, patroni
from acceptance.peers import Receiver
from acceptance.storm import Storm, longest_gap, wait_until_settled
from acceptance.two_nodes import FIRST, SECOND, two_nodes

ROUNDS = 3
BEFORE, AFTER = 200, 300  # events
EVERY_S = 0.005
WITHIN_S = 180.0


class BareWriter:
    """Commits a row time and again, and notes when; connects anew when it must."""

    def __init__(self, url: str) -> None:
        self.committed_at: list[float] = []
        self._url = f"{url}?target_session_attrs=read-write&connect_timeout=2"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write_on, daemon=True)

    def __enter__(self) -> Self:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("CREATE TABLE bare (at bigint)")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _write_on(self) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    while not self._over.wait(EVERY_S):
                        connection.execute("INSERT INTO bare VALUES (1)")
                        self.committed_at.append(time.monotonic())
            except psycopg.OperationalError:
                time.sleep(0.05)


def switched_over(cluster: Cluster) -> None:
    cluster.switch_over()


def machine_killed(cluster: Cluster) -> None:
    primary = cluster.wait_for_primary()
    primary.kill()
    cluster.wait_for_primary(but=primary)
    primary.start()  # it joins in again as a standby


def standby_killed(cluster: Cluster) -> None:
    standby = cluster.wait_for_synchronous_standby()
    standby.kill()
    cluster.wait_for_synchronous_standby(but=standby)
    standby.start()


def one_round(cluster: Cluster, act: Any) -> dict[str, float]:
    cluster.wait_for_standbys(2)
    url = cluster.begin_anew()
    with (
        tempfile.TemporaryDirectory() as folder,
        Receiver() as hook,
        two_nodes(Path(folder), hook, TOCSIN_DATABASE_URL=url) as nodes,
    ):
        with BareWriter(url) as bare, Storm(nodes) as storm:
            storm.wait(BEFORE)
            began = time.monotonic()
            act(cluster)
            storm.wait(AFTER, within_s=WITHIN_S)
            until = time.monotonic()
        wait_until_settled(nodes[0], hook, storm, (FIRST, SECOND))
        kept = {event["id"] for event in everything(nodes[0], "events", "events")}
        sent = [(request.path, request.headers["webhook-id"]) for request in hook.requests]
    span = {"since": began, "until": until}
    return {
        "bare": longest_gap(bare.committed_at, **span),
        "accepted": longest_gap(storm.accepted_at, **span),
        "told": longest_gap([request.at for request in hook.requests], **span),
        "lost": len(set(storm.accepted.values()) - kept),
        "repeated": len(sent) - len(set(sent)),
        "events": len(storm.accepted),
    }


def main() -> list[dict[str, Any]]:
    print("failover:", flush=True)
    acts = {
        "switched over": switched_over,
        "machine killed": machine_killed,
        "standby killed": standby_killed,
    }
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in acts}
    with patroni() as cluster:
        for _ in range(ROUNDS):
            for name, act in acts.items():
                found = one_round(cluster, act)
                rounds[name].append(found)
                print(
                    f"  {name}: a bare writer waited {found['bare']:.2f} s, nothing was accepted for"
                    f" {found['accepted']:.2f} s and nothing told for {found['told']:.2f} s;"
                    f" {found['events']:.0f} events, {found['lost']:.0f} lost,"
                    f" {found['repeated']:.0f} messages repeated",
                    flush=True,
                )
    verdicts = [
        verdict(
            f"switched over: nothing {what}",
            middle(rounds["switched over"], what),
            3.0,
            at_least=False,
            unit=" s",
        )
        for what in ("accepted", "told")
    ]
    for act in ("machine killed", "standby killed"):
        for what in ("accepted", "told"):
            beyond = median(each[what] - each["bare"] for each in rounds[act])
            name = f"{act}: nothing {what}, beyond a bare writer"
            verdicts.append(verdict(name, beyond, 2.0, at_least=False, unit=" s"))
    lost = sum(each["lost"] for found in rounds.values() for each in found)
    return [*verdicts, verdict("accepted events lost in all rounds", lost, 0, at_least=False)]


def middle(rounds: list[dict[str, float]], what: str) -> float:
    return median(each[what] for each in rounds)


if __name__ == "__main__":
    main()
