from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_builders import AT, a_page, alert_line
from tocsin.channels import wording
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind


@pytest.mark.parametrize(
    ("zone", "spelled"),
    [
        ("UTC", "Tue 24 Nov 2026, 06:09 (UTC)"),
        ("Europe/Berlin", "Tue 24 Nov 2026, 07:09 (UTC+1)"),
        ("America/New_York", "Tue 24 Nov 2026, 01:09 (UTC-5)"),
        ("Pacific/Honolulu", "Mon 23 Nov 2026, 20:09 (UTC-10)"),
        ("Asia/Kolkata", "Tue 24 Nov 2026, 11:39 (UTC+5:30)"),
        ("America/St_Johns", "Tue 24 Nov 2026, 02:39 (UTC-3:30)"),
        ("Nowhere/Else", "Tue 24 Nov 2026, 06:09 (UTC)"),
    ],
)
def test_a_moment_is_spelled_as_the_readers_clock_shows_it(zone, spelled):
    assert wording.moment(AT, zone) == spelled


@pytest.mark.parametrize(
    ("length", "spelled"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(minutes=41), "41 min"),
        (timedelta(hours=2, minutes=5, seconds=9), "2 h 5 min"),
        (timedelta(hours=3, seconds=9), "3 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=3, hours=4, minutes=5), "3 days 4 h"),
    ],
)
def test_a_span_is_spelled_in_its_two_largest_units(length, spelled):
    assert wording.span(length) == spelled


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({}, "[Critical] Disk full on db-1"),
        ({"severity": Severity.NODATA}, "[No data] Disk full on db-1"),
        ({"kind": NotificationKind.RESOLVED}, "[Resolved] Disk full on db-1"),
        ({"kind": NotificationKind.TEST}, "[Test] Disk full on db-1"),
        ({"kind": NotificationKind.VERIFICATION}, "[Verify] Disk full on db-1"),
        ({"kind": NotificationKind.OPERATOR}, "[Operator] Disk full on db-1"),
        ({"drill": True}, "[Drill] [Critical] Disk full on db-1"),
        ({"title": " two\r\n lines\t"}, "[Critical] two lines"),
    ],
)
def test_the_headline_is_the_state_and_the_title_on_one_line(changes, headline):
    assert wording.headline(a_page(**changes)) == headline


def test_lateness_is_said_from_a_minute_on():
    assert wording.lateness(a_page(late_by=timedelta(seconds=59))) == ""
    assert wording.lateness(a_page(late_by=timedelta(minutes=41))) == "Late by 41 min"


@pytest.mark.parametrize(
    ("total", "shown", "said"),
    [(1, 1, ""), (2, 1, "and 1 more alert"), (12_345, 8, "and 12,337 more alerts"), (0, 1, "")],
)
def test_what_is_left_out_is_said(total, shown, said):
    assert wording.left_out(a_page(total=total), shown) == said


def test_dimensions_come_before_labels_and_what_both_say_is_said_once():
    alert = alert_line(labels={"env": "prod", "pod": "a-1"}, dimensions={"pod": "a-1", "host": "web"})

    assert wording.labels(alert) == ("host=web", "pod=a-1", "env=prod")


def test_labels_are_in_order_and_few():
    alert = alert_line(labels={"b": "2", "a": "1", "c": "x" * 200})

    assert wording.labels(alert, 2) == ("a=1", "b=2")
    assert len(wording.labels(alert)[2]) == 120


@given(text=st.text(), length=st.integers(min_value=1, max_value=50))
def test_one_line_is_one_line_and_no_longer_than_asked(text, length):
    line = wording.one_line(text, length)

    assert len(line) <= length
    assert len(line.splitlines()) <= 1
    line.encode()


@given(text=st.text())
def test_clean_text_can_be_carried_by_anything_and_is_clean_for_good(text):
    cleaned = wording.clean(text)

    cleaned.encode()
    assert wording.clean(cleaned) == cleaned
    assert not set(cleaned) & set("\0\r\x1b\u202e\u2066\ufeff")
