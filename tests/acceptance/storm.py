"""A storm of events against a real server that may die at any moment, and what must be true afterwards.

Whoever sends repeats what was not answered, as every good sender does: what has been answered is accepted.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count, pairwise
from typing import Self

from acceptance.company import everything
from acceptance.peers import Receiver, Request, http, wait_for
from acceptance.servers import Tocsin

AT_ONCE = 10  # events a body
SENDERS = 2
PAUSE_S = 0.1  # what is told of an event, twice, must keep up with them on a slow machine
RECORDED_WITHIN_S = 5.0  # from a message's arrival to the note that it was sent; far less, most of the time
SETTLED_WITHIN_S = 150.0  # more than a lease


@dataclass
class Storm:
    """Senders that go on until the block ends; *accepted* has the ids of what was answered, by dedup key.

    *accepted_at* has the moments at which that was, in seconds of time.monotonic.
    """

    servers: Sequence[Tocsin]
    name: str = "event"
    accepted: dict[str, str] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)
    accepted_at: list[float] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._numbers = count()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send_on, daemon=True) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Send what is under way to its end, and nothing new."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait(self, more: int, *, within_s: float = 60.0) -> None:
        """Wait until *more* events were accepted than there are now."""
        wanted, give_up_at = len(self.accepted) + more, time.monotonic() + within_s
        while len(self.accepted) < wanted:
            assert time.monotonic() < give_up_at, f"{len(self.accepted)} of {wanted}; {self.refused}"
            time.sleep(0.01)

    def _send_on(self) -> None:
        while not self._over.is_set():
            with self._lock:
                keys = [f"{self.name}-{next(self._numbers)}" for _ in range(AT_ONCE)]
            self._send(keys)
            time.sleep(PAUSE_S)

    def _send(self, keys: Sequence[str]) -> None:
        """Send one body, to whichever server answers, until it is accepted."""
        body = {"events": [{"dedup_key": key, "title": key, "severity": "critical"} for key in keys]}
        for server in (each for _ in range(10_000) for each in self.servers):
            try:
                answer = http("POST", f"{server.url}/api/tocsin/v1/events", body, token=server.token)
            except (OSError, HTTPException):
                time.sleep(0.05)  # nobody is there: it comes up again
                continue
            if answer.status == 202:
                ids = [event["id"] for event in answer.json()["events"]]
                with self._lock:
                    self.accepted.update(zip(keys, ids, strict=True))
                    self.accepted_at.append(time.monotonic())
                return
            self.refused[answer.status] += 1
            time.sleep(0.05)
        raise AssertionError("the storm never ended")


def longest_gap(moments: Sequence[float], *, since: float, until: float) -> float:
    """Give the longest time without any of *moments*, of those that overlap with *since* to *until*."""
    gaps = [(a, b) for a, b in pairwise(sorted(moments)) if b > since and a < until]
    return max((b - a for a, b in gaps), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Copies:
    """The messages that a receiver got for one path, by the alert that they tell of."""

    times: dict[str, dict[str, list[float]]]  # title of the alert, id of the message, when each copy came

    @classmethod
    def at(cls, receiver: Receiver, path: str) -> "Copies":
        """Sort what came to *path*."""
        times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for request in receiver.requests:
            if request.path == path:
                times[_title(request)][request.headers["webhook-id"]].append(request.at)
        return cls(times=times)

    def check(self, kills: Sequence[float], recorded_within_s: float = RECORDED_WITHIN_S) -> int:
        """Check that none came twice, but when a kill came before the first could be noted; count those.

        A second message of the same step for the same alert would be a step that was taken twice.
        """
        repeated = 0
        for title, messages in self.times.items():
            assert len(messages) == 1, f"{title} was told {len(messages)} times: {dict(messages)}"
            for at in messages.values():
                for first, second in pairwise(at):
                    unrecorded = [
                        kill for kill in kills if first <= kill <= min(second, first + recorded_within_s)
                    ]
                    assert unrecorded, f"{title} came at {first} and {second}; kills were at {kills}"
                    repeated += 1
        return repeated

    def check_tries(self, tries: Mapping[str, int]) -> int:
        """Check that nothing came more often than the server says that it tried; count the copies too many.

        *tries* has how often that was, by the id of the message: the end of a lease under which it may have
        left counts, and so does a try that got no answer.
        """
        repeated = 0
        for title, messages in self.times.items():
            assert len(messages) == 1, f"{title} was told {len(messages)} times: {dict(messages)}"
            for message, at in messages.items():
                assert len(at) <= tries[message], f"{title} came at {at}; it was tried {tries[message]} times"
                repeated += len(at) - 1
        return repeated


def tries(server: Tocsin) -> dict[str, int]:
    """Ask how often each message was tried, by its id, once none is on its way any more."""

    def settled() -> dict[str, int] | None:
        listed = everything(server, "notifications", "notifications")
        is_settled = not any(each["state"] in {"queued", "sending"} for each in listed)
        return {each["id"]: each["attempts"] for each in listed} if is_settled else None

    return wait_for(settled, what="messages are on their way still") or {}


def wait_until_settled(server: Tocsin, receiver: Receiver, storm: Storm, paths: Sequence[str]) -> None:
    """Wait until every accepted event has been told at every one of *paths*."""
    give_up_at = time.monotonic() + SETTLED_WITHIN_S
    while missing := {
        path: len(set(storm.accepted) - set(Copies.at(receiver, path).times)) for path in paths
    }:
        if not any(missing.values()):
            return
        assert time.monotonic() < give_up_at, f"still missing: {missing}\n{server.log[-3000:]}"
        time.sleep(0.2)


def check_kept(server: Tocsin, storm: Storm) -> None:
    """Check that every accepted event is there, with an alert of its own that is firing."""
    events = {event["id"]: event for event in everything(server, "events", "events")}
    lost = [key for key, event_id in storm.accepted.items() if event_id not in events]
    assert not lost, f"{len(lost)} accepted events are lost: {lost[:10]}"
    assert all(events[event_id]["dedup_key"] == key for key, event_id in storm.accepted.items())
    alerts = {alert["dedup_key"]: alert for alert in everything(server, "alerts", "alerts")}
    assert set(storm.accepted) <= set(alerts)
    assert {alert["status"] for alert in alerts.values()} == {"firing"}
    assert {alert["routing"] for alert in alerts.values()} == {"routed"}


def _title(request: Request) -> str:
    title: str = request.json()["data"]["title"]
    return title
