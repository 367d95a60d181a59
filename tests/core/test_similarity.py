"""Likeness of alert texts: what differs in numbers, hosts and ids falls together, other things never do."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import opened, texts
from tocsin.core.similarity import (
    GROUPS_MAX,
    SIGNATURE_BYTES_MAX,
    Groups,
    likeness,
    signature,
    signature_of,
)

HERE = Path(__file__).parent
KNOWN, HELD_OUT = "similar_texts.txt", "similar_texts_held_out.txt"

# What must hold of each file: no two texts of different kinds together, and so many of a kind that are.
RECALL = {KNOWN: 0.78, HELD_OUT: 0.97}
RECALL_IN_ANY_ORDER = 0.6


def labelled(name: str) -> list[tuple[str, str]]:
    """Read the texts of a file, each with its kind."""
    found, kind = [], ""
    for line in (HERE / name).read_text().splitlines():
        if line.startswith("="):
            kind = line[2:]
        elif line and not line.startswith("#"):
            found.append((kind, line))
    return found


def gathered(lines: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Let texts come one after the other, and tell of each which group it fell into."""
    groups, found = Groups(), []
    for kind, text in lines:
        known = signature_of(text)
        group = groups.find(known)
        groups.add(known)
        found.append((kind, text, group or known))
    return found


def measured(lines: list[tuple[str, str]]) -> tuple[float, float, list[tuple[str, str]]]:
    """Give precision and recall over all pairs of texts, and the pairs that are wrongly together."""
    together = apart = 0
    wrong = []
    for one, other in combinations(gathered(lines), 2):
        if one[2] == other[2] and one[0] != other[0]:
            wrong.append((one[1], other[1]))
        elif one[0] == other[0]:
            together += one[2] == other[2]
            apart += one[2] != other[2]
    return together / (together + len(wrong)), together / (together + apart), wrong


def test_there_are_enough_texts_to_measure_by():
    assert len(labelled(KNOWN)) >= 200
    assert not {kind for kind, _ in labelled(KNOWN)} & {kind for kind, _ in labelled(HELD_OUT)}


@pytest.mark.parametrize("name", [KNOWN, HELD_OUT])
def test_texts_of_one_kind_fall_together_and_no_others(name, record_property):
    precision, recall, wrong = measured(labelled(name))

    record_property("precision", precision)
    record_property("recall", recall)
    assert wrong == []
    assert recall >= RECALL[name], f"precision {precision:.3f}, recall {recall:.3f}"


def test_kinds_of_both_files_stay_apart():
    assert measured(labelled(KNOWN) + labelled(HELD_OUT))[2] == []


@pytest.mark.parametrize("stride", [7, 29, 53, 101, 163, 199, 263])
def test_in_whatever_order_they_come_other_things_stay_apart(stride):
    every = labelled(KNOWN) + labelled(HELD_OUT)
    lines = [every[place * stride % len(every)] for place in range(len(every))]

    _, recall, wrong = measured(lines)

    assert wrong == []
    assert recall >= RECALL_IN_ANY_ORDER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Disk 91% full on db-1", "Disk 99% full on web03.eu-west-1.example.com"),
        ("Pod checkout-7d9f8b6c5d-x2x9z crashed", "Pod payments-5c6b7d8e9f-k8s2p crashed"),
        ("Login failed for 10.0.0.1", "Login failed for 2001:db8::7"),
        ("Job 550e8400-e29b-41d4-a716-446655440000 died", "Job 00112233-4455-6677-8899-aabbccddeeff died"),
        ("Cannot write /var/log/a.log", "Cannot write /mnt/disk-3/b.log"),
        ("Commit 3f2a9bc broke main", "Commit 77e1d0a broke main"),
        ("Failed to reach https://a.example/x", "failed to reach http://10.0.0.1:8080/y?z=1"),
        ("KubePodCrashLooping", "Kube pod crash looping"),
        ("主机 web-1 磁盘使用率 92%", "主机 web-9 磁盘使用率 99%"),
    ],
)
def test_what_differs_between_instances_makes_no_difference(one, other):
    assert signature_of(one) == signature_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Disk usage high on db-1", "Memory usage high on db-1"),
        ("High error rate in checkout", "High error rate in payments"),
        ("Queue orders has 100 messages", "Queue refunds has 100 messages"),
        ("Replication lag on db-1", "Connections on db-1"),
        ("17", "18"),
        ("", "disk full"),
    ],
)
def test_other_things_are_not_alike(one, other):
    groups = Groups([signature_of(one)])

    assert groups.find(signature_of(other)) is None


def test_the_name_of_the_host_is_left_out_however_it_is_written():
    mars, venus = (opened(title=f"CPU too hot on {host}", host=host) for host in ("mars", "venus"))

    assert signature(mars, ("title",)) == signature(venus, ("title",))


def test_several_texts_are_compared_together():
    one, other = (opened(title="Trouble", message=f"{what} is full") for what in ("disk", "queue"))

    assert signature(one, ("title",)) == signature(other, ("title",))
    assert signature(one, ("title", "message")) != signature(other, ("title", "message"))


def test_the_most_like_group_is_found_and_the_earliest_among_equals():
    groups = Groups(["queue order high", "queue order high too many", "queue order high too low"])

    assert groups.find("queue order high too") == "queue order high too many"


@pytest.mark.parametrize(
    "words", ["[Acme]", "Acme Frankfurt:", "Acme platform Frankfurt watch says about our shop:"]
)
def test_words_that_every_text_begins_with_join_nothing(words):
    lines = [(kind, f"{words} {text}") for kind, text in labelled(KNOWN) + labelled(HELD_OUT)]

    assert measured(lines)[2] == []


def test_groups_are_bounded_and_equal_texts_are_found_all_the_same():
    groups = Groups(f"word{number} thing{number}" for number in range(GROUPS_MAX + 10))

    assert groups.find(f"word{GROUPS_MAX + 5} thing{GROUPS_MAX + 5}") is not None
    assert groups.find(f"word{GROUPS_MAX + 5} thing{GROUPS_MAX + 5} high") is None
    assert groups.find("word7 thing7 high") == "word7 thing7"


@given(text=texts | st.text(max_size=3_000))
def test_any_text_has_a_signature_within_bounds_and_is_like_itself(text):
    found = signature_of(text)

    assert 0 < len(found.encode("utf-8")) <= max(SIGNATURE_BYTES_MAX, 69)
    assert Groups([found]).find(found) == found
    assert likeness(found, found) == 1.0


@given(lines=st.lists(st.sampled_from(labelled(KNOWN)), max_size=30))
def test_the_same_texts_in_the_same_order_make_the_same_groups(lines):
    assert gathered(lines) == gathered(lines)
