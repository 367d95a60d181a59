"""A node that is cut off from the database while its packets vanish: others do its work, and it does none."""

from contextlib import ExitStack

import pytest

from acceptance.peers import Answer, Receiver, wait_for
from acceptance.road import road_to
from acceptance.servers import Tocsin
from acceptance.storm import Copies, tries
from acceptance.two_nodes import FIRST, SECOND, two_nodes

ALERTS = 200
AT_ONCE = 50
AT_A_HOST = 25  # requests that a node makes to one host at a time


@pytest.fixture
def hook():
    with Receiver() as receiver:
        yield receiver


def report(node: Tocsin, *titles: str) -> Answer:
    """Let alerts begin."""
    return node.call(
        "POST",
        "events",
        {"events": [{"dedup_key": each, "title": each, "severity": "critical"} for each in titles]},
    )


def sending(node: Tocsin) -> int:
    """Count what the node has in hand."""
    lines = node.call("GET", "/metrics").body.decode().splitlines()
    return next(
        int(float(line.split()[1])) for line in lines if line.startswith("tocsin_notifications_sending ")
    )


def sent_by(node: Tocsin, hook: Receiver) -> list[str]:
    """Name the messages that came from *node*, whose own address is in their links."""
    return [each.headers["webhook-id"] for each in hook.requests if node.url.encode() in each.body]


def missing(hook: Receiver, path: str, titles: list[str]) -> set[str]:
    return set(titles) - set(Copies.at(hook, path).times)


def test_a_node_that_is_cut_off_sends_nothing_says_so_and_is_stood_in_for(tmp_path, hook, postgresql_server):
    titles = [f"event-{number}" for number in range(ALERTS)]
    with ExitStack() as running:
        url = postgresql_server.create()
        road, far = running.enter_context(road_to(url))
        nodes = two_nodes(tmp_path, hook, two_has={"TOCSIN_DATABASE_URL": far}, TOCSIN_DATABASE_URL=url)
        one, two = running.enter_context(nodes)

        with hook.holding(FIRST):
            for start in range(0, ALERTS, AT_ONCE):
                assert (
                    report(two, *titles[start : start + AT_ONCE]).status == 202
                )  # who queues them has them in hand
            wait_for(lambda: sending(two) > AT_A_HOST, what="it has no more in hand than it has begun")
            running.enter_context(cut := ExitStack())
            cut.enter_context(road.cut())
            away = wait_for(
                lambda: (
                    (found := two.call("GET", "/readyz")).status == 503
                    and "lease" in found.json()["problems"]
                    and found
                ),
                what="it does not know that its lease is over",
            )
            refused = report(two, "in vain")
            alive = two.call("GET", "/healthz")
            had_sent = sent_by(two, hook)

        wait_for(lambda: not missing(hook, FIRST, titles), what=lambda: missing(hook, FIRST, titles))
        wait_for(lambda: not missing(hook, SECOND, titles), what=lambda: missing(hook, SECOND, titles))
        sent_since = sent_by(two, hook)[len(had_sent) :]
        cut.close()
        wait_for(lambda: two.call("GET", "/readyz").status == 200, what="it does not come back")
        accepted = report(two, "afterwards")
        wait_for(lambda: not missing(hook, SECOND, ["afterwards"]), what="it was not told")
        repeated = Copies.at(hook, FIRST).check_tries(recorded := tries(one))
        repeated += Copies.at(hook, SECOND).check_tries(recorded)
        told = set(Copies.at(hook, FIRST).times)
        logs = one.log, two.log

    assert away.headers["retry-after"]
    assert "database" in away.json()["problems"]
    assert (refused.status, alive.status, accepted.status) == (503, 200, 202)
    assert int(refused.headers["retry-after"]) >= 1
    assert sent_since == [], "it sends nothing that others have taken over"
    assert "a node is gone, and its work is taken over" in logs[0]
    assert "a message was claimed too long ago" in logs[1]
    assert "this node was taken for dead, and is back" in logs[1]
    assert repeated <= len(had_sent), "only what had left it went out again"
    assert "in vain" not in told
    print(f"{len(had_sent)} had left the node that was cut off; {repeated} came twice")
