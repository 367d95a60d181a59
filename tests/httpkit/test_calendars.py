"""Reading calendars: the good ones as they are meant, and what is good in the bad ones."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar as Theirs

from schedule_worlds import at, local
from tocsin.core.errors import Invalid
from tocsin.core.feed import EVENTS_MAX, SIZE_MAX, Feed, Names
from tocsin.core.ids import FeedId, ScheduleId, UserId, WorkspaceId
from tocsin.core.people import Role, User, UserStatus
from tocsin.core.schedule import Schedule, gaps, timeline, who
from tocsin.httpkit.calendars import read_calendar

ANA, BEN, VIC, GON = UserId(1), UserId(2), UserId(3), UserId(4)
USERS = (
    User(id=ANA, workspace=WorkspaceId(1), email="Ana@Example.org", name="ana"),
    User(id=BEN, workspace=WorkspaceId(1), email="ben@example.org", name="ben"),
    User(id=VIC, workspace=WorkspaceId(1), email="vic@example.org", name="vic", role=Role.VIEWER),
    User(
        id=GON, workspace=WorkspaceId(1), email="gon@example.org", name="gon", status=UserStatus.DEACTIVATED
    ),
)
NAMES = {ANA: "ana", BEN: "ben"}
WEEK = (at("2026-03-02"), at("2026-03-09"))


def event(uid="1", start="DTSTART:20260302T090000Z", end="DTEND:20260302T170000Z", summary="ana", *more):
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, end, f"SUMMARY:{summary}", *more, "END:VEVENT"])


def calendar(*parts, zone=None):
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", *([f"X-WR-TIMEZONE:{zone}"] if zone else [])]
    return "\n".join([*head, *parts, "END:VCALENDAR", ""]).replace("\n", "\r\n").encode()


def schedule(body, *, zone="UTC", overrides=False):
    """Make a schedule of one feed."""
    feed = Feed(
        id=FeedId(1), url="https://example.org/a", overrides=overrides, calendar=read_calendar(body).calendar
    )
    return Schedule(
        id=ScheduleId(1),
        workspace=WorkspaceId(1),
        name="primary",
        time_zone=zone,
        feeds=(feed,),
        names=Names(USERS),
    )


def story(body, span=WEEK):
    """Tell who is on call from when to when, as ``2T09-2T17 ana``."""
    return [
        f"{each.starts_at:%-dT%H}-{each.ends_at:%-dT%H} {NAMES[each.user]}"
        for each in timeline(schedule(body), *span)
    ]


@pytest.mark.parametrize(
    ("parts", "expected", "because"),
    [
        ([event()], ["2T09-2T17 ana"], "an event names somebody by name"),
        ([event(summary="ANA@example.ORG")], ["2T09-2T17 ana"], "or by address, letter case aside"),
        ([event(summary="Ana")], [], "a name is meant as it is"),
        ([event(summary="x\nDESCRIPTION:ben")], ["2T09-2T17 ben"], "the description may name them"),
        (
            [event(summary="x\nATTENDEE;CN=B:mailto:ben@example.org")],
            ["2T09-2T17 ben"],
            "and so may attendees",
        ),
        (
            [event(summary="x\nATTENDEE:mailto:ben@example.org\nATTENDEE:mailto:ana@example.org")],
            ["2T09-2T17 ben", "2T09-2T17 ana"],
            "of whom there may be several",
        ),
        (
            [event(summary="vic"), event(uid="2", summary="gon")],
            [],
            "viewers and those who left do not count",
        ),
        (
            [event(), event("2", "DTSTART:20260302T120000Z", "DTEND:20260302T130000Z", "[L2] ben")],
            ["2T09-2T12 ana", "2T12-2T13 ben", "2T13-2T17 ana"],
            "a higher level decides",
        ),
        (
            [event(), event("2", "DTSTART:20260302T120000Z", "DTEND:20260302T130000Z", "[L2] nobody")],
            ["2T09-2T17 ana"],
            "and shows the one below where it names nobody",
        ),
        ([event(summary="ana\nSTATUS:CANCELLED")], [], "cancelled events do not count"),
        (
            [event("1", "DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260305")],
            ["3T00-5T00 ana"],
            "days are whole days",
        ),
        ([event("1", "DTSTART;VALUE=DATE:20260303", "X-A:1")], ["3T00-4T00 ana"], "of which one is meant"),
        ([event(end="DURATION:PT90M")], ["2T09-2T10 ana"], "a duration will do"),
        (
            [event(summary="ana\nRRULE:FREQ=DAILY;COUNT=3")],
            ["2T09-2T17 ana", "3T09-3T17 ana", "4T09-4T17 ana"],
            "a rule may count",
        ),
        (
            [event(summary="ana\nRRULE:FREQ=DAILY;UNTIL=20260304T090000Z\nEXDATE:20260303T090000Z")],
            ["2T09-2T17 ana", "4T09-4T17 ana"],
            "and leave days out",
        ),
        (
            [event(summary="ana\nRDATE:20260305T090000Z,20260306T090000Z")],
            ["2T09-2T17 ana", "5T09-5T17 ana", "6T09-6T17 ana"],
            "and add some",
        ),
        (
            [
                event(summary="ana\nRRULE:FREQ=DAILY;COUNT=2"),
                event(
                    "1",
                    "DTSTART:20260303T120000Z",
                    "DTEND:20260303T130000Z",
                    "ben\nRECURRENCE-ID:20260303T090000Z",
                ),
            ],
            ["2T09-2T17 ana", "3T12-3T13 ben"],
            "one occurrence may be changed",
        ),
        (
            [
                event(summary="ana\nRRULE:FREQ=DAILY;COUNT=2"),
                event(
                    "1",
                    "DTSTART:20260303T090000Z",
                    "DTEND:20260303T130000Z",
                    "ana\nRECURRENCE-ID:20260303T090000Z\nSTATUS:CANCELLED",
                ),
            ],
            ["2T09-2T17 ana"],
            "or cancelled",
        ),
        (
            [event(), event("1", "DTSTART:20260304T090000Z", "DTEND:20260304T100000Z", "ben")],
            ["2T09-2T17 ana", "4T09-4T10 ben"],
            "two events of one UID at different times are both meant",
        ),
        (
            [event(summary="ben\nSEQUENCE:2"), event(summary="ana\nSEQUENCE:1")],
            ["2T09-2T17 ben"],
            "of two at one time it is the later version",
        ),
        (
            [
                event(
                    "1",
                    "DTSTART;TZID=America/New_York:20260302T090000",
                    "DTEND;TZID=Europe/Berlin:20260302T170000",
                )
            ],
            ["2T14-2T16 ana"],
            "each time may have a zone of its own",
        ),
        (
            [event("1", "DTSTART;TZID=W. Europe Standard Time:20260302T090000", "DURATION:PT1H")],
            ["2T08-2T09 ana"],
            "zones may have the names that Windows has for them",
        ),
        (
            [
                event(
                    "1",
                    "DTSTART;TZID=/freeassociation.org/Tzfile/Europe/Berlin:20260302T090000",
                    "DURATION:PT1H",
                )
            ],
            ["2T08-2T09 ana"],
            "or a maker's",
        ),
        (
            [
                "BEGIN:VTIMEZONE\nTZID:Home\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE",
                event("1", "DTSTART;TZID=Home:20260302T090000", "DURATION:PT1H"),
            ],
            ["2T08-2T09 ana"],
            "or be explained",
        ),
        (
            [event(summary="ana\nBEGIN:VALARM\nTRIGGER:-PT5M\nDURATION:PT1M\nEND:VALARM")],
            ["2T09-2T17 ana"],
            "alarms are no part of it",
        ),
    ],
)
def test_events_are_read_as_they_are_meant(parts, expected, because):
    assert story(calendar(*parts)) == expected, because


def test_whole_days_and_times_without_a_zone_are_those_of_the_calendar():
    body = calendar(
        event("1", "DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260304"),
        event("2", "DTSTART:20260304T090000", "DTEND:20260304T100000", "ben"),
        zone="America/New_York",
    )

    (day, hour) = timeline(schedule(body), *WEEK)

    assert (day.starts_at, day.ends_at) == (at("2026-03-03T05:00"), at("2026-03-04T05:00"))
    assert hour.starts_at == local("America/New_York", "2026-03-04T09:00")


def test_the_zones_that_a_calendar_explains_do_not_become_its_own_in_whatever_order():
    zones = [f"BEGIN:VTIMEZONE\nTZID:{name}\nEND:VTIMEZONE" for name in ("Asia/Tokyo", "Europe/Berlin")]
    day = event("1", "DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260304")

    assert story(calendar(*zones, day)) == story(calendar(*reversed(zones), day)) == ["3T00-4T00 ana"]


def test_days_one_after_the_other_leave_no_gap_where_the_clock_changes():
    body = calendar(
        event("1", "DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20260102", "ana\nRRULE:FREQ=DAILY"),
        zone="America/Chicago",
    )

    assert gaps(schedule(body), at("2026-01-02"), at("2026-12-31")) == ()


@pytest.mark.parametrize(
    "broken",
    [
        "BEGIN:VEVENT\nUID:9\nDTSTART:garbage\nSUMMARY:ben\nEND:VEVENT",
        "BEGIN:VEVENT\nnonsense\nEND:VEVENT",
        "BEGIN:VEVENT\nUID:9\nSUMMARY:ben\nEND:VEVENT",
        event("9", "DTSTART:20261301T000000Z"),
        event("9", "DTSTART:99990101T000000Z", "DTEND:99990102T000000Z"),
        event("9", "DTSTART:20260302T090000Z", "DTEND:20260302T080000Z"),
        event("9", "DTSTART;TZID=Middle/Earth:20260302T090000", "DURATION:PT1H"),
        event("9", summary="ben\nRRULE:FREQ=SECONDLY"),
        event("9", summary="ben\nRRULE:FREQ=YEARLY;BYWEEKNO=3"),
        event("9", summary="ben\nRRULE:INTERVAL=2"),
        event("9", summary="ben\nRRULE:FREQ=DAILY;INTERVAL=0"),
        event("9", summary="ben\nRRULE:FREQ=DAILY;INTERVAL=99999999999999999999"),
        event("9", summary="ben\nSEQUENCE:many"),
        event("9", summary="ben\nRECURRENCE-ID:never"),
        event("9", end="DURATION:P99999999D"),
    ],
)
def test_an_event_that_makes_no_sense_is_left_out_and_the_others_stay(broken):
    reading = read_calendar(calendar(broken, event()))

    assert [each.uid for each in reading.calendar.events] == ["1"]
    assert reading.skipped == 1
    assert reading.remark.startswith("event 1 is left out: ")


@pytest.mark.parametrize(
    "body", [b"", b"<html>not here</html>", b"\x00\xff" * 100, b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"]
)
def test_what_is_no_calendar_is_refused(body):
    with pytest.raises(Invalid, match="is no iCalendar file"):
        read_calendar(body)


WHOLE = calendar(event())


@pytest.mark.parametrize(
    "length", [len(WHOLE) // 3, WHOLE.index(b"END:VEVENT"), WHOLE.index(b"END:VCALENDAR")]
)
def test_half_a_calendar_is_refused_so_that_it_takes_no_whole_one_s_place(length):
    assert read_calendar(WHOLE.replace(b"END:VCALENDAR", b"end:vcalendar")).calendar.events

    with pytest.raises(Invalid, match="breaks off before its end"):
        read_calendar(WHOLE[:length])


def test_a_calendar_with_too_many_events_is_refused():
    with pytest.raises(Invalid, match="has more than 10000 events"):
        read_calendar(calendar(*["BEGIN:VEVENT\nEND:VEVENT"] * (EVENTS_MAX + 1)))


def test_a_calendar_of_five_megabytes_is_read():
    long = "\nDESCRIPTION:" + "x" * 400
    body = calendar(*[event(str(number), summary=f"ana{long}") for number in range(EVENTS_MAX)])

    assert 5_000_000 < len(body) < SIZE_MAX
    assert len(read_calendar(body).calendar.events) == EVENTS_MAX


def test_the_largest_calendar_of_nothing_but_beginnings_is_read_in_one_pass():
    body = calendar(*["BEGIN:VEVENT"] * (SIZE_MAX // 14 - 10))

    assert read_calendar(body).calendar.events == ()


@settings(max_examples=200)
@given(junk=st.binary(max_size=300), place=st.integers(0, 400))
def test_whatever_stands_in_a_calendar_it_is_read_or_refused(junk, place):
    body = calendar(event(), event("2", summary="ben\nRRULE:FREQ=WEEKLY;BYDAY=MO"))

    with suppress(Invalid):  # where the junk stands in its last line
        assert read_calendar(body[:place] + junk + body[place:] if place > 20 else body).skipped >= 0
    timeline(schedule(body), *WEEK)


@settings(max_examples=40)
@given(
    rule=st.sampled_from(
        [
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=3;COUNT=40",
            "FREQ=WEEKLY;BYDAY=MO,WE,FR",
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=MONTHLY;BYMONTHDAY=-1,15",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
            "FREQ=HOURLY;INTERVAL=6",
        ]
    ),
    day=st.integers(1, 28),
    hours=st.integers(1, 5),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    week=st.integers(0, 50),
)
def test_who_is_on_call_by_a_rule_is_what_another_library_says(rule, day, hours, zone, week):
    tzid = "" if zone == "UTC" else f";TZID={zone}"
    z = "Z" if zone == "UTC" else ""
    body = calendar(
        event(
            "1", f"DTSTART{tzid}:202601{day:02}T0430{'00'}{z}", f"DURATION:PT{hours}H", f"ana\nRRULE:{rule}"
        )
    )
    begins = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(weeks=week)
    theirs = recurring_ical_events.of(Theirs.from_ical(body)).between(begins, begins + timedelta(days=7))

    for each in theirs:
        starts = each.start.astimezone(UTC)
        assert who(schedule(body), starts) == (ANA,)
    inside = [each for each in theirs if begins <= each.start.astimezone(UTC) < begins + timedelta(days=7)]
    ours = timeline(schedule(body), begins - timedelta(days=1), begins + timedelta(days=7))
    assert {each.starts_at for each in ours if each.starts_at >= begins} == {
        each.start.astimezone(UTC) for each in inside
    }
