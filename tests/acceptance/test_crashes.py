"""What was accepted is kept and acted on, whatever becomes of the process: killed, stopped, or one of two."""

import random
import signal
import time

import pytest

from acceptance.company import destination, everything, plan, step
from acceptance.peers import Receiver
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Copies, Storm, check_kept, wait_until_settled
from servers import Postgresql

KILLS = 4
SECOND_STEP_AFTER_S = 2
FIRST, SECOND = "/first", "/second"
LIVES_AT_LEAST_S, LIVES_AT_MOST_S = 0.3, 2.0


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> dict[str, str]:
    """The setting that names the database; none for the default."""
    if request.param == "sqlite":
        return {}
    server: Postgresql = request.getfixturevalue("postgresql_server")
    return {"TOCSIN_DATABASE_URL": server.create()}


@pytest.fixture
def hook():
    with Receiver() as receiver:
        yield receiver


def set_up(server: Tocsin, hook: Receiver) -> None:
    """Let every alert be told at one place at once, and at another a little later."""
    plan(
        server,
        step(destination(server, f"{hook.url}{FIRST}", name="First")),
        step(destination(server, f"{hook.url}{SECOND}", name="Second"), after_s=SECOND_STEP_AFTER_S),
    )


def test_a_server_that_is_killed_again_and_again_loses_nothing_and_repeats_next_to_nothing(
    tmp_path, hook, database
):
    seed = random.SystemRandom().randrange(1_000_000)
    chance, kills = random.Random(seed), []
    print(f"seed {seed}")
    with tocsin(tmp_path / "data", **database) as server:
        set_up(server, hook)

        with Storm([server]) as storm:
            for _ in range(KILLS):
                storm.wait(1)
                time.sleep(chance.uniform(LIVES_AT_LEAST_S, LIVES_AT_MOST_S))
                server.kill()
                kills.append(time.monotonic())
                server.start()
            storm.wait(1)

        wait_until_settled(server, hook, storm, (FIRST, SECOND))
        check_kept(server, storm)
        idle = [page["next_at"] for page in everything(server, "pages", "pages")]
        metrics = server.call("GET", "/metrics").body.decode()

    assert set(idle) == {None}, "every step that was due was taken"
    assert "tocsin_alerts_stranded 0.0" in metrics
    repeated = Copies.at(hook, FIRST).check(kills) + Copies.at(hook, SECOND).check(kills)
    print(f"{len(storm.accepted)} events, {KILLS} kills, {repeated} messages sent again")


def test_a_server_that_is_told_to_stop_in_a_storm_ends_well_and_repeats_nothing(tmp_path, hook, database):
    with tocsin(tmp_path / "data", **database) as server:
        set_up(server, hook)

        with Storm([server]) as storm:
            storm.wait(200)
            ended = server.stop(signal.SIGTERM)
            server.start()
            storm.wait(1)

        wait_until_settled(server, hook, storm, (FIRST, SECOND))
        check_kept(server, storm)

    assert ended == 0
    assert Copies.at(hook, FIRST).check(()) == Copies.at(hook, SECOND).check(()) == 0


def test_of_two_nodes_on_one_database_one_may_die_and_the_other_goes_on(tmp_path, hook, postgresql_server):
    url = postgresql_server.create()
    with tocsin(tmp_path / "one", TOCSIN_DATABASE_URL=url) as one:
        set_up(one, hook)
        key = (tmp_path / "one" / "secret.key").read_text().strip()
        (tmp_path / "two").mkdir()
        settings = {"TOCSIN_DATABASE_URL": url, "TOCSIN_SECRET_KEY": key}
        two = Tocsin(data_dir=tmp_path / "two", env=settings, credentials=one.credentials)
        two.start()
        try:
            with Storm([one, two], name="before") as before:
                before.wait(50)
            wait_until_settled(two, hook, before, (FIRST,))
            one.kill()
            with Storm([one, two], name="after") as after:
                after.wait(50)

            for storm in (before, after):
                wait_until_settled(two, hook, storm, (FIRST, SECOND))
                check_kept(two, storm)
        finally:
            two.stop()
