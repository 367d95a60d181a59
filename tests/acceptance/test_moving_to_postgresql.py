"""From one process on a file to PostgreSQL: stopped, moved, started again, and the night goes on."""

import json
import subprocess
from dataclasses import replace

import pytest

from acceptance.company import destination, everything, plan, step
from acceptance.peers import Receiver
from acceptance.servers import Tocsin, tocsin
from servers import Postgresql

ALERTS = 400


@pytest.fixture
def postgresql_url(postgresql_server: Postgresql):
    url = postgresql_server.create()
    yield url
    postgresql_server.drop(url)


def _titles(receiver: Receiver) -> list[str]:
    return sorted(request.json()["data"]["title"] for request in receiver.requests)


def _interrupt_moving(server: Tocsin, to: str) -> None:
    """Begin to move, and die when the first table has been copied."""
    command = server.command("move", "--to", to)
    with subprocess.Popen(command, env=server.environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"copied" in process.stdout.readline()
        process.kill()


def test_a_team_outgrows_its_file_in_the_middle_of_a_night(tmp_path, postgresql_url):
    titles = sorted(f"Disk {number} is full" for number in range(ALERTS))
    events = [{"dedup_key": title, "title": title} for title in titles]
    with Receiver() as first, Receiver() as second:
        with tocsin(tmp_path) as server:
            asked, then = destination(server, first.url), destination(server, second.url, name="Later")
            plan(server, step(asked), step(then, after_s=20))
            assert server.call("POST", "events", {"events": events}).status == 202
            first.requests.wait(ALERTS)
            served = server.run("move", "--to", postgresql_url)
            assert (served.returncode, "is being served" in served.stderr) == (1, True), served
            before = everything(server, "alerts", "alerts")

        _interrupt_moving(server, postgresql_url)
        moved = server.run("move", "--to", postgresql_url, "--json")
        assert moved.returncode == 0, moved.stderr
        left = server.run("serve", "--port", str(server.port))
        assert (left.returncode, "was moved to postgresql://" in left.stderr) == (1, True), left

        elsewhere = replace(server, env={**server.env, "TOCSIN_DATABASE_URL": postgresql_url}, child=None)
        elsewhere.start()
        try:
            second.requests.wait(ALERTS)
            after = everything(elsewhere, "alerts", "alerts")
        finally:
            elsewhere.stop()

    assert json.loads(moved.stdout)["rows"]["alerts"] == ALERTS
    assert after == before
    assert _titles(first) == _titles(second) == titles
