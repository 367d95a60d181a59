"""Bad days that last: a database that is gone for half a minute, a provider that answers too late.

Both take place at once, each with a server of its own: what they have in common is that they take long.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance.company import destination, everything, plan, step
from acceptance.peers import GLANCE_S, LATE_S, Answer, Receiver, wait_for
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Copies, Storm, check_kept, tries, wait_until_settled
from servers import postgresql

FIRST, SECOND, SLOW, QUICK = "/first", "/second", "/slow", "/quick"
GONE_S = 30.0
OTHERS = 40


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What callers were told while the database was gone, and how many messages came twice."""

    refused: Answer
    not_ready: list[Answer]
    alive: set[int]
    gone_s: float
    repeated: int
    metrics: str
    log: str


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """What became of a message whose provider answered two tries late, and of those to others meanwhile."""

    notification: dict[str, Any]
    ids: list[str]
    answered_late: float
    others_s: float
    story: list[str]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Future[Outage], Future[Lateness]]]:
    """Both days, begun."""
    with ThreadPoolExecutor(2) as at_once:
        outage = at_once.submit(_without_a_database, tmp_path_factory.mktemp("outage"))
        yield outage, at_once.submit(_with_a_late_provider, tmp_path_factory.mktemp("late"))


def _report(server: Tocsin, *titles: str) -> Answer:
    events = [{"dedup_key": each, "title": each, "severity": "critical"} for each in titles]
    return server.call("POST", "events", {"events": events})


def _without_a_database(folder: Path) -> Outage:
    with (
        Receiver() as hook,
        postgresql() as database,
        tocsin(folder / "data", TOCSIN_DATABASE_URL=database.create()) as server,
    ):
        plan(
            server,
            step(destination(server, f"{hook.url}{FIRST}", name="First")),
            step(destination(server, f"{hook.url}{SECOND}", name="Second"), after_s=1),
        )
        with Storm([server]) as storm:
            storm.wait(50)
            database.stop()
            gone_at = time.monotonic()
            refused = wait_for(lambda: _refused(server), what="it still accepts")
            wait_for(lambda: server.call("GET", "/readyz").status == 503, what="it says it is ready")
            not_ready, alive = [], set()
            while time.monotonic() < gone_at + GONE_S:
                not_ready.append(server.call("GET", "/readyz"))
                alive.add(server.call("GET", "/healthz").status)
                time.sleep(GLANCE_S * 50)
            database.start()
            gone_s = time.monotonic() - gone_at
            storm.wait(50)

        wait_until_settled(server, hook, storm, (FIRST, SECOND))
        wait_for(lambda: server.call("GET", "/readyz").status == 200, what="it is not ready again")
        check_kept(server, storm)
        recorded = tries(server)
        repeated = sum(Copies.at(hook, path).check_tries(recorded) for path in (FIRST, SECOND))
        return Outage(
            refused=refused,
            not_ready=not_ready,
            alive=alive,
            gone_s=gone_s,
            repeated=repeated,
            metrics=server.call("GET", "/metrics").body.decode(),
            log=server.log,
        )


def _refused(server: Tocsin) -> Answer | None:
    answer = _report(server, "in vain")
    return answer if answer.status != 202 else None


def _with_a_late_provider(folder: Path) -> Lateness:
    with Receiver() as hook, tocsin(folder / "data") as server:
        plan(server, step(destination(server, f"{hook.url}{SLOW}", name="Slow")))
        hook.be_late(SLOW, times=2)
        assert _report(server, "slow").status == 202
        (asked,) = hook.requests.wait(1, that=lambda request: request.path == SLOW)
        plan(server, step(destination(server, f"{hook.url}{QUICK}", name="Quick")))
        others = {f"quick-{number}" for number in range(OTHERS)}
        began = time.monotonic()
        assert _report(server, *others).status == 202
        wait_for(lambda: others <= set(Copies.at(hook, QUICK).times), what="others are held up")
        others_s = time.monotonic() - began

        (unheard, *_) = hook.unheard.wait(1, within=2 * LATE_S)
        answered_late = time.monotonic() - unheard.at
        assert unheard is asked
        wait_for(lambda: _at_rest(server), what="it is tried still")
        (alert,) = (each for each in everything(server, "alerts", "alerts") if each["title"] == "slow")
        story = everything(server, f"alerts/{alert['id']}/timeline", "timeline")
        (notification,) = (
            each for each in everything(server, "notifications", "notifications") if each["attempts"] > 1
        )
        ids = [each.headers["webhook-id"] for each in hook.requests if each.path == SLOW]
        return Lateness(
            notification=notification,
            ids=ids,
            answered_late=answered_late,
            others_s=others_s,
            story=[str(entry) for entry in story],
        )


def _at_rest(server: Tocsin) -> bool:
    listed = everything(server, "notifications", "notifications")
    return {each["state"] for each in listed} == {"delivered"}


def test_while_the_database_is_gone_nothing_is_accepted_and_afterwards_nothing_is_missing(days):
    outage: Outage = days[0].result()

    assert outage.gone_s >= GONE_S
    assert outage.refused.status == 503
    assert int(outage.refused.headers["retry-after"]) >= 1
    assert {answer.status for answer in outage.not_ready} == {503}, "it says so all the while"
    assert outage.alive == {200}, "there is no reason to restart it"
    assert "tocsin_alerts_stranded 0.0" in outage.metrics
    assert outage.repeated == 0 or "a receipt could not be written down" in outage.log


def test_a_provider_that_answers_too_late_is_asked_again_by_the_same_id_and_holds_nobody_up(days):
    lateness: Lateness = days[1].result()

    assert lateness.answered_late >= LATE_S, "nobody heard it"
    tried = lateness.notification["attempts"]
    assert (lateness.notification["state"], tried) == ("delivered", 3), "the third was answered in time"
    assert lateness.ids == [lateness.notification["id"]] * tried
    assert sum("did not answer within 15 s" in entry for entry in lateness.story) == tried - 1
    print(f"{OTHERS} to others took {lateness.others_s:.1f} s meanwhile")
