"""Ten thousand events of fifty kinds in one window: a few messages, and each event in one of them."""

from itertools import islice
from pathlib import Path

import pytest

from builders import MINUTE, NOW, destination, directory, plan, step
from routing_builders import event, policy, rule
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.escalation import DestinationTarget

ROOM = destination("Room")
TO_ROOM = plan(step(DestinationTarget(destination=ROOM.id)))
KINDS, EACH = 50, 200

# The first text of each of so many kinds, as they are labelled for the tests of similarity.
LABELLED = (Path(__file__).parents[1] / "core" / "similar_texts.txt").read_text().split("\n= ")[1:]
TEXTS = [block.split("\n")[1] for block in LABELLED[:KINDS]]


def batched(many, size):
    """Give *many* in stretches of *size*."""
    rest = iter(many)
    while some := list(islice(rest, size)):
        yield some


def storm():
    """Make the events: each kind on EACH hosts, all mixed."""
    return [
        event(
            title=f"{TEXTS[kind]} (seen on node-{host}.example.com)",
            dedup_key=f"{kind}/{host}",
            monitor_id=f"m{kind}",
            host=f"node-{host}.example.com",
        )
        for host in range(EACH)
        for kind in range(KINDS)
    ]


@pytest.mark.parametrize(
    ("ways", "messages"),
    [
        ({"by": GatherBy.SIMILARITY, "fields": ("title",)}, KINDS),
        ({"by": GatherBy.FIELDS, "fields": ("monitor_id",)}, KINDS),
    ],
    ids=["similarity", "fields"],
)
def test_ten_thousand_events_of_fifty_kinds_are_fifty_messages_with_nothing_left_out(desk, ways, messages):
    gathering = Gathering(window=5 * MINUTE, first_at_once=False, digest=True, **ways)
    here = desk(directory(ROOM), policies=[policy(rule(TO_ROOM), gathering=gathering)])
    events = storm()

    for place, some in enumerate(batched(events, 500)):
        here.report(*some, at=NOW + place * MINUTE / 10)
    here.turn(NOW + 7 * MINUTE)

    claimed = here.claim(NOW + 7 * MINUTE, machines=frozenset({"webhook"}))
    told = [alert.dedup_key for each in claimed for alert in each.alerts]
    assert len(claimed) == messages
    assert sorted(told) == sorted(each.dedup_key for each in events)
    assert all(each.total == len(each.alerts) == EACH for each in claimed)
    assert all(len({alert.monitor_id for alert in each.alerts}) == 1 for each in claimed)
    assert all(page.gathers_until is None for page in here.pages())
