"""Several nodes on one PostgreSQL: others stand in for those that are gone, and nothing is done twice."""

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from acceptance.cluster import Cluster, cluster
from acceptance.company import destination, everything, hire, plan, step, user
from acceptance.peers import MailCatcher, Receiver, wait_for
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Copies
from tocsin.core.notification import BUDGET

FIRST, SECOND, SLOW = "/first", "/second", "/slow"
AT_A_HOST = 25  # requests that a node makes to one host at a time
ALERTS = 400
MANY = 900  # more than four nodes take for one address together, so that each has its fill of them
AT_ONCE = 100
QUICK = 100
STEPS = 1_500
SECOND_STEP_AFTER_S = 3
PERSONAL = 60
CALLERS = 8


@pytest.fixture
def hook():
    with Receiver() as receiver:
        yield receiver


def report(nodes: Cluster, count: int, name: str = "event") -> set[str]:
    """Let *count* alerts begin, through each node in turn, and return their titles."""
    titles = [f"{name}-{number}" for number in range(count)]
    for start in range(0, count, AT_ONCE):
        node = nodes.nodes[start // AT_ONCE % len(nodes.nodes)]
        some = titles[start : start + AT_ONCE]
        events = [{"dedup_key": title, "title": title, "severity": "critical"} for title in some]
        answer = node.call("POST", "events", {"events": events})
        assert answer.status == 202, answer.body
    return set(titles)


def wait_until_told(hook: Receiver, path: str, titles: set[str]) -> float:
    """Wait until each of *titles* was told at *path*, and return when the last one was for the first time."""

    def missing() -> set[str]:
        return titles - set(Copies.at(hook, path).times)

    wait_for(lambda: not missing(), what=lambda: f"{len(missing())} of {len(titles)} were not told")
    times = Copies.at(hook, path).times
    return max(min(min(copies) for copies in times[title].values()) for title in titles)


def count(hook: Receiver, path: str) -> int:
    """Count the requests that came to *path*."""
    return sum(request.path == path for request in hook.requests)


def test_half_of_four_nodes_may_be_killed_and_every_step_is_taken(tmp_path, hook, postgresql_server):
    with cluster(tmp_path, postgresql_server.create(), roles=("", "", "", "")) as four:
        plan(
            four.first,
            step(destination(four.first, f"http://localhost:{hook.port}{FIRST}", name="First")),
            step(destination(four.first, f"{hook.url}{SECOND}", name="Second"), after_s=SECOND_STEP_AFTER_S),
        )
        checked = four.first.run("check").stdout

        with hook.holding(SECOND):  # from the start: however long the first steps take, no second one is over
            titles = report(four, MANY)
            wait_until_told(hook, FIRST, titles)
            wait_for(lambda: all_send(four), what=lambda: [sending(four, node) for node in four.nodes])
            four.signal(four.nodes[2:], signal.SIGKILL)
            killed_at = time.monotonic()

        last_at = wait_until_told(hook, SECOND, titles)
        wait_for(lambda: idle(four) == {None}, what=lambda: idle(four))
        freed = sum(four.metric(node, "tocsin_messages_taken_over_total") for node in four.nodes[:2])
        repeated = four.check_copies(hook, FIRST, SECOND)

    assert "ok    nodes: at work: node-1, node-2, node-3, node-4" in checked
    assert "ok    clock: this machine's and the database's agree" in checked
    assert freed >= AT_A_HOST, "what the dead had in hand was taken over"
    print(f"the last of {MANY} came {last_at - killed_at:.1f} s after the kill; {repeated} came twice")


def sending(nodes: Cluster, node: Tocsin) -> float:
    """Count the messages that *node* has in hand."""
    return nodes.metric(node, "tocsin_notifications_sending")


def all_send(nodes: Cluster) -> bool:
    """Tell whether every node has more in hand than it can have begun."""
    return all(sending(nodes, node) > AT_A_HOST for node in nodes.nodes)


def idle(nodes: Cluster) -> set[str | None]:
    """Tell when something is due on any page."""
    return {page["next_at"] for page in everything(nodes.first, "pages", "pages")}


def test_a_node_that_stood_still_past_its_lease_repeats_nothing_of_what_others_have_done(
    tmp_path, hook, postgresql_server
):
    with cluster(tmp_path, postgresql_server.create(), roles=("web,ingest,engine", "send", "send")) as nodes:
        plan(nodes.first, step(destination(nodes.first, f"{hook.url}{FIRST}", name="First")))
        alone = Cluster(nodes=nodes.nodes[:1])
        paused = nodes.nodes[1]

        with hook.holding(FIRST):
            titles = report(alone, ALERTS)
            wait_for(lambda: sending(nodes, paused) > AT_A_HOST, what="it has not begun to send")
            nodes.signal([paused], signal.SIGSTOP)
        wait_until_told(hook, FIRST, titles)
        sent_before = nodes.sent_by(paused, hook)
        nodes.signal([paused], signal.SIGCONT)

        wait_for(lambda: paused.call("GET", "/readyz").status == 200, what="it does not come back")
        more = report(alone, ALERTS, "more")
        wait_until_told(hook, FIRST, more)
        repeated = nodes.check_copies(hook, FIRST)
        times = Copies.at(hook, FIRST).times
        log = paused.log

    assert "a message was claimed too long ago" in log, "it had more in hand than it had begun"
    done_by_others = {message for title in titles for message in times[title]}
    sent_afterwards = nodes.sent_by(paused, hook)[len(sent_before) :]
    assert not done_by_others & set(sent_afterwards), "what it had in hand others have done"
    print(f"{repeated} of {ALERTS} came twice")


def test_a_receiver_that_does_not_answer_keeps_no_other_message_waiting(tmp_path, hook):
    with tocsin(tmp_path / "data") as server:
        one = Cluster(nodes=[server])
        plan(server, step(destination(server, f"{hook.url}{SLOW}", name="Slow")))

        with hook.holding(SLOW):
            report(one, ALERTS)
            wait_for(lambda: count(hook, SLOW) == AT_A_HOST, what="nothing was sent")
            plan(server, step(destination(server, f"http://localhost:{hook.port}{FIRST}", name="Quick")))
            quick = report(one, QUICK, "quick")
            wait_until_told(hook, FIRST, quick)
            slow = count(hook, SLOW)

    assert slow == AT_A_HOST, "nobody had to wait until the slow ones were given up"


def test_steps_that_are_due_at_one_instant_are_each_taken_once_by_two_nodes(
    tmp_path, hook, postgresql_server
):
    url = postgresql_server.create()
    with cluster(tmp_path, url, roles=("", "")) as two:
        plan(two.first, step(destination(two.first, f"{hook.url}{FIRST}", name="First"), after_s=20))
        titles = report(two, STEPS)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE pages SET due = 0, wake_at = 0")
            changed = connection.execute("UPDATE timers SET due_at = 0 WHERE kind = 'page'").rowcount
        due_at = time.monotonic()

        last_at = wait_until_told(hook, FIRST, titles)
        fired = [two.metric(node, "tocsin_timers_fired_total") for node in two.nodes]
        repeated = two.check_copies(hook, FIRST)
        was_starved = two.taken_for_gone()

    assert changed == STEPS
    assert repeated == 0 or was_starved
    assert all(fired), "each node did its part"
    print(f"the last of {STEPS} came {last_at - due_at:.1f} s after all were due; timers by node: {fired}")


def is_at_rest(node: Tocsin) -> bool:
    """Tell whether all that was wanted was decided about: it is sent, goes with another, or is held back."""
    listed = everything(node, "notifications", "notifications")
    waits = [each for each in listed if each["state"] == "queued"]
    is_decided = all(each["due_at"] > each["queued_at"] for each in waits)
    return is_decided and len(listed) == PERSONAL and all(each["state"] != "sending" for each in listed)


def test_two_nodes_send_a_person_no_more_than_one_would(tmp_path, postgresql_server):
    url = postgresql_server.create()
    with MailCatcher() as post, cluster(tmp_path, url, roles=("", ""), TOCSIN_SMTP_URL=post.url) as two:
        plan(two.first, step(user(hire(two.first, "Ana"))))

        with ThreadPoolExecutor(CALLERS) as callers:
            for number in range(PERSONAL):
                callers.submit(report, Cluster(nodes=[two.nodes[number % 2]]), 1, f"for-ana-{number}")
        wait_for(lambda: is_at_rest(two.first), what="it does not come to rest")

    mails = Counter(mail.message["Message-ID"] for mail in post.mails)
    assert len(mails) == BUDGET, "each node has not a budget of its own"
