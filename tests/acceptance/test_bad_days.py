"""Bad days: the database is gone, its disk is full or slow, a clock is set, far too much comes."""

import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest

from acceptance.bad_day import BadDay, bad_day
from acceptance.company import destination, everything, make, plan, step
from acceptance.peers import Answer, Receiver, http, wait_for
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Copies, Storm, check_kept
from servers import postgresql

ENGINES = ("sqlite", "postgresql")
FIRST, SECOND, LATE = "/first", "/second", "/late"
HOUR_S = 3_600
REQUESTS_MAX = 16
CALLERS = 10 * REQUESTS_MAX
FILLS = 100
MESSAGE = "x" * 2_000


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@contextmanager
def on_a_bad_day(engine: str, folder, *, clock: bool = False) -> Iterator[tuple[Tocsin, BadDay]]:
    """Run a server whose disk, that of its database, is ours to spoil; with *clock* its own clock instead."""
    if engine == "sqlite":
        day = bad_day(folder / "day", disk=folder / "data")
        with tocsin(folder / "data", **day.env) as server:
            yield server, day
        return
    # PostgreSQL is another user's process.
    day = bad_day(folder / "day", disk=folder / "nothing") if clock else bad_day_of_postgresql()
    with postgresql({} if clock else day.env) as database:
        url = database.create()
        with tocsin(folder / "data", TOCSIN_DATABASE_URL=url, **(day.env if clock else {})) as server:
            yield server, day


def bad_day_of_postgresql() -> BadDay:
    """Make ready for a bad day of every PostgreSQL's files: they are below one folder's name."""
    home = Path(tempfile.mkdtemp(prefix="tocsin-day-"))
    return bad_day(home, disk=Path(tempfile.gettempdir()) / "tocsin-pg-")


def send(server: Tocsin, *titles: str, message: str = "") -> Answer:
    """Let alerts begin."""
    events = [
        {"dedup_key": each, "title": each, "severity": "critical", "message": message} for each in titles
    ]
    return server.call("POST", "events", {"events": events})


def told(hook: Receiver, path: str) -> set[str]:
    return set(Copies.at(hook, path).times)


@pytest.mark.parametrize("engine", ENGINES)
def test_while_the_disk_is_full_nothing_is_accepted_and_what_was_is_told(tmp_path, hook, engine):
    with on_a_bad_day(engine, tmp_path) as (server, day):
        plan(server, step(destination(server, f"{hook.url}{FIRST}")))
        accepted = {"before"}
        assert send(server, "before").status == 202

        with day.of("full"):
            refused = None
            for number in range(FILLS):
                titles = [f"filling-{number}-{each}" for each in range(10)]
                answer = send(server, *titles, message=MESSAGE)
                if answer.status != 202:
                    refused = answer
                    break
                accepted |= set(titles)
            alive = server.call("GET", "/healthz").status

        wait_for(lambda: send(server, "after").status == 202, what="it does not recover")
        accepted.add("after")
        wait_for(lambda: accepted <= told(hook, FIRST), what=lambda: accepted - told(hook, FIRST))
        titles = [alert["title"] for alert in everything(server, "alerts", "alerts")]

    assert refused is not None
    assert (refused.status, "the database's disk is full" in refused.body.decode()) == (503, True)
    assert int(refused.headers["retry-after"]) >= 1
    assert alive == 200
    assert sorted(titles) == sorted(accepted), "of what was refused nothing is there"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_slow_disk_makes_it_slow_and_loses_nothing(tmp_path, hook, engine):
    with on_a_bad_day(engine, tmp_path) as (server, day):
        plan(server, step(destination(server, f"{hook.url}{FIRST}")))

        with day.of("slow"), Storm([server]) as storm:
            storm.wait(50)
            storm.end()
            wait_for(lambda: set(storm.accepted) <= told(hook, FIRST), what="not all was told")
            ready = server.call("GET", "/readyz").status

        check_kept(server, storm)
        log = server.log

    assert ready == 200
    assert Copies.at(hook, FIRST).check([]) == 0
    assert "taken for dead" not in log
    assert "lease" not in log


@pytest.mark.parametrize("engine", ENGINES)
def test_a_clock_that_is_set_by_an_hour_makes_nobody_wait_for_an_hour(tmp_path, hook, engine):
    with on_a_bad_day(engine, tmp_path, clock=True) as (server, day):
        plan(
            server,
            step(destination(server, f"{hook.url}{FIRST}", name="First")),
            step(destination(server, f"{hook.url}{SECOND}", name="Second"), after_s=3),
            step(destination(server, f"{hook.url}{LATE}", name="Late"), after_s=HOUR_S // 2),
        )
        assert send(server, "forward").status == 202
        wait_for(lambda: "forward" in told(hook, FIRST), what="it was not told")

        with day.of("clock", str(HOUR_S)):
            wait_for(lambda: "forward" in told(hook, SECOND), what="a step waits")
            assert send(server, "back").status == 202
            wait_for(lambda: "back" in told(hook, FIRST), what="it was not told")

        wait_for(lambda: "back" in told(hook, SECOND), what="a step waits for an hour")
        late = told(hook, LATE)

    assert late == set(), "what comes after a step counts from when it was taken"


def test_at_ten_times_what_it_takes_it_refuses_most_pages_all_it_accepted_and_hears_the_quiet(tmp_path, hook):
    with tocsin(tmp_path / "data", TOCSIN_REQUESTS_MAX=str(REQUESTS_MAX)) as server:
        plan(server, step(destination(server, f"{hook.url}{FIRST}")))
        loud = make(server, "api-keys", kind="tocsin", name="loud")["key"]
        answers: Counter[int] = Counter()
        accepted: set[str] = set()
        hints: set[bool] = set()
        over, lock = threading.Event(), threading.Lock()

        def shout(caller: int) -> None:
            number = 0
            while not over.is_set():
                number += 1
                title = f"loud-{caller}-{number}"
                try:
                    answer = http("POST", f"{server.url}/api/tocsin/v1/events", _one(title), token=loud)
                except (OSError, HTTPException):
                    continue
                with lock:
                    answers[answer.status] += 1
                    if answer.status == 202:
                        accepted.add(title)
                    else:
                        hints.add(int(answer.headers["retry-after"]) >= 1)

        shouting = [threading.Thread(target=shout, args=(each,), daemon=True) for each in range(CALLERS)]
        for thread in shouting:
            thread.start()
        quiet = [send(server, f"quiet-{number}").status for number in range(20)]
        over.set()
        for thread in shouting:
            thread.join()

        accepted |= {f"quiet-{number}" for number in range(20)}
        wait_for(lambda: accepted <= told(hook, FIRST), what=lambda: len(accepted - told(hook, FIRST)))
        ended = server.stop(signal.SIGTERM)

    print(f"{answers} of the loud ones")
    assert set(quiet) == {202}, "a quiet key is heard"
    assert set(answers) <= {202, 429, 503}
    assert hints <= {True}
    assert ended == 0
    assert Copies.at(hook, FIRST).check([]) == 0
    assert told(hook, FIRST) == accepted, "nothing was told that was refused"


def _one(title: str) -> dict[str, str]:
    return {"dedup_key": title, "title": title, "severity": "critical"}
