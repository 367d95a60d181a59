from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.core.event import CUT_MARK, EventStatus, Metric, Severity
from tocsin.core.ids import EventId, ServiceId, WorkspaceId
from tocsin.sources.native import parse
from tocsin.sources.native_wire import EVENTS_MAX

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
FULL = {
    "dedup_key": "db-1/disk",
    "status": "firing",
    "severity": "critical",
    "title": "Disk full",
    "message": "2 % left",
    "source": "nagios",
    "service": "database",
    "labels": {"team": "data", "shard": 7, "primary": True, "load": 0.5, "none": None},
    "occurred_at": "2026-03-06T09:59:58.5+01:00",
    "links": ["https://example.org/runbook"],
    "images": ["https://example.org/graph.png"],
    "details": {"history": [9, 7, {"5": None}]},
    "event_type": "disk",
    "metric": {"name": "disk_free", "value": 0, "units": "percent"},
    "host": "db-1",
    "monitor_id": "4711",
    "monitor_name": "disk space",
    "monitor_labels": ["disk", 5],
    "dimensions": {"device": "vda1", "number": 1},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=4), below, max_size=4),
    max_leaves=12,
)
RFC_3339 = "it must be an RFC 3339 time with its offset, such as 2026-03-06T09:00:00Z"
OWNER = {"id": EventId(1), "workspace": WorkspaceId(2), "service": ServiceId(3)}


def read(body):
    written = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return parse(written, received_at=NOW)


def refused(body):
    with pytest.raises(Invalid) as refusal:
        read(body)
    return refusal.value


def test_every_field_arrives():
    (draft,) = read(FULL)

    assert draft.service == "database"
    event = draft.event(**OWNER)
    assert (event.id, event.workspace, event.service) == (1, 2, 3)
    assert event.dedup_key == "db-1/disk"
    assert (event.status, event.severity) == (EventStatus.FIRING, Severity.CRITICAL)
    assert (event.title, event.message, event.source) == ("Disk full", "2 % left", "nagios")
    assert event.labels == {"team": "data", "shard": "7", "primary": "true", "load": "0.5"}
    assert event.occurred_at == NOW - timedelta(seconds=1.5)
    assert event.occurred_at.tzinfo is UTC
    assert event.received_at == NOW
    assert event.links == ("https://example.org/runbook",)
    assert event.images == ("https://example.org/graph.png",)
    assert event.details == {"history": [9, 7, {"5": None}]}
    assert event.event_type == "disk"
    assert event.metric == Metric(name="disk_free", value=0.0, units="percent")
    assert (event.host, event.monitor_id, event.monitor_name) == ("db-1", "4711", "disk space")
    assert event.monitor_labels == ("disk", "5")
    assert event.dimensions == {"device": "vda1", "number": "1"}


def test_an_event_may_say_very_little():
    (draft,) = read({"title": "Help"})

    event = draft.event(**OWNER)
    assert (event.status, event.severity) == (EventStatus.FIRING, Severity.ERROR)
    assert (event.title, event.dedup_key, event.labels, event.details) == ("Help", "", {}, {})
    assert event.occurred_at == event.received_at == NOW


def test_many_events_keep_their_order():
    drafts = read({"events": [{"title": str(number)} for number in range(EVENTS_MAX)]})

    assert [draft.title for draft in drafts] == [str(number) for number in range(EVENTS_MAX)]


def test_null_is_as_good_as_absent():
    (nothing,) = read({**dict.fromkeys(FULL), "title": "x"})

    assert nothing == read({"title": "x"})[0]


@pytest.mark.parametrize("status", ["firing", "acknowledged", "resolved", None])
def test_severity_ok_resolves_whatever_the_status(status):
    (draft,) = read({"dedup_key": "k", "severity": "ok", "status": status})

    assert (draft.status, draft.severity) == (EventStatus.RESOLVED, Severity.INFO)


@pytest.mark.parametrize(
    ("event", "title"),
    [
        ({"title": "t", "message": "m"}, "t"),
        ({"message": "\n first\nsecond", "monitor_name": "n"}, "first"),
        ({"monitor_name": "n", "dedup_key": "k"}, "n"),
        ({"dedup_key": "k"}, "k"),
    ],
)
def test_an_event_without_a_title_is_called_by_what_else_it_says(event, title):
    assert read(event)[0].title == title


def test_fields_that_we_do_not_know_are_kept_in_the_details():
    event = {
        "title": "x",
        "priority": "P1",
        "details": {"priority": "mine"},
        "nested": {"a": [1]},
        "metric": {"name": "free", "unit": "%"},
    }

    (draft,) = read({"events": [event]})

    assert draft.details == {"priority": "mine", "priority_": "P1", "nested": {"a": [1]}, "metric.unit": "%"}
    assert draft.metric == Metric(name="free")


def test_addresses_that_are_not_safe_to_follow_are_kept_and_not_linked():
    links = ["javascript:alert(1)", "https://example.org", "db runbook"]

    (draft,) = read(
        {"title": "x", "links": links, "images": ["data:image/png;base64,x"], "details": {"a": 1}}
    )

    assert (draft.links, draft.images) == (("https://example.org",), ())
    assert draft.details == {
        "a": 1,
        "links": ["javascript:alert(1)", "db runbook"],
        "images": ["data:image/png;base64,x"],
    }


def test_a_byte_order_mark_is_no_harm():
    assert read(b'\xef\xbb\xbf{"title": "x"}')[0].title == "x"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", 5, "events[3].title is a number; it must be text"),
        ("title", True, "events[3].title is true; it must be text"),
        ("dedup_key", 42, "events[3].dedup_key is a number; it must be text"),
        ("dedup_key", ["a"], "events[3].dedup_key is a list; it must be text"),
        ("message", {}, "events[3].message is an object; it must be text"),
        (
            "severity",
            "bad",
            "events[3].severity is 'bad'; it must be one of critical, error, warning, nodata, info, ok",
        ),
        (
            "severity",
            "Critical",
            "events[3].severity is 'Critical'; it must be one of critical, error, warning, nodata, info, ok",
        ),
        ("status", "open", "events[3].status is 'open'; it must be one of firing, acknowledged, resolved"),
        ("status", 1, "events[3].status is a number; it must be one of firing, acknowledged, resolved"),
        ("labels", [], "events[3].labels is empty; it must be an object of names and texts"),
        ("labels", {"a": []}, "events[3].labels.a is empty; it must be text, a number, true or false"),
        (
            "labels",
            {"a": {"b": 1}},
            "events[3].labels.a is an object; it must be text, a number, true or false",
        ),
        ("dimensions", "x", "events[3].dimensions is 'x'; it must be an object of names and texts"),
        (
            "occurred_at",
            "2026-03-06T09:00:00",
            f"events[3].occurred_at is '2026-03-06T09:00:00'; {RFC_3339}",
        ),
        (
            "occurred_at",
            1772787600,
            f"events[3].occurred_at is a number; {RFC_3339}",
        ),
        ("links", "https://example.org", "events[3].links is 'https://example.org'; it must be a list"),
        ("links", ["https://example.org", 5], "events[3].links[1] is a number; it must be text"),
        (
            "monitor_labels",
            [{}],
            "events[3].monitor_labels[0] is an object; it must be text, a number, true or false",
        ),
        ("details", [1], "events[3].details is a list; it must be an object"),
        ("metric", "free", "events[3].metric is 'free'; it must be an object"),
        ("metric", {"value": 1}, "events[3].metric.name is missing; it must say what was measured"),
        ("metric", {"name": "a", "value": "1"}, "events[3].metric.value is '1'; it must be a number"),
        (
            "metric",
            {"name": "a", "value": 10**400},
            "events[3].metric.value is beyond all measure; it must be a number that a double can hold",
        ),
        ("dedup_key", "", "events[3].dedup_key is empty; it must name the trouble that is resolved"),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy_and_none_is_taken(field, value, said):
    status = {"status": "resolved"} if said.endswith("resolved") and field == "dedup_key" else {}
    events = [{"title": "fine"}] * 3 + [{"dedup_key": "k", **status, field: value}, {"title": "fine"}]

    assert str(refused({"events": events})) == said


def test_a_bare_event_names_its_fields_without_a_number():
    assert refused({"title": "x", "severity": "bad"}).path == "severity"
    assert refused({"status": "resolved", "title": "x"}).path == "dedup_key"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "the body is empty; it must be an event"),
        ([{"title": "x"}], "the body is a list; it must be an event"),
        ("x", "the body is 'x'"),
        (None, "the body is null"),
        ({}, "the event says nothing; it must have a title, a message or a dedup_key"),
        ({"severity": "critical", "labels": {"a": "b"}}, "the event says nothing"),
        ({"events": []}, "events is empty; it must be a list of 1 to 1000 events"),
        ({"events": None}, "events is null; it must be a list of 1 to 1000 events"),
        ({"events": {"title": "x"}}, "events is an object; it must be a list"),
        ({"events": [{"title": "x"}, 5]}, "events[1] is a number; it must be an object"),
        ({"events": [{"title": "x"}, {}]}, "events[1] the event says nothing"),
        (
            {"events": [{"title": "x"}] * (EVENTS_MAX + 1)},
            "events has 1001 events; it must have at most 1000",
        ),
        (
            {"events": [{"title": "x"}], "service": "db"},
            "service stands beside events; it must stand in each event",
        ),
        ({"events": [{"title": "x"}], "strange": 1}, "strange stands beside events"),
        (b"{", "the body is not JSON that can be read"),
        (b"", "the body is empty; it must be JSON"),
        (b'{"title": NaN}', "the body is not JSON"),
        (
            b'{"metric": {"name": "a", "value": 1e999}}',
            "the body is not JSON that can be read: Number out of range",
        ),
        (b'{"title": "\\ud800"}', "the body is not JSON"),
        (
            b'{"title": "x", "details": ' + b'{"a":' * 200 + b"1" + b"}" * 201,
            "details is nested more than 100 deep",
        ),
        (b'{"title": "x", "strange": ' + b"[" * 200 + b"]" * 200 + b"}", "it is nested more than 100 deep"),
    ],
)
def test_a_body_that_holds_no_events_is_refused(body, said):
    assert said in str(refused(body))


def test_nul_and_what_is_too_long_are_mended_and_never_refused():
    event = {
        "dedup_key": "k" * 5_000,
        "title": "a\0b",
        "message": "m" * 100_000,
        "labels": {"n" * 999: "v" * 9_999, "a\0": "b\0"},
        "monitor_labels": ["l" * 999],
        "metric": {"name": "m" * 999},
        "links": ["https://example.org/" + "x" * 5_000],
    }

    (draft,) = read({"events": [event]})

    made = draft.event(**OWNER)
    assert made.title == "a\ufffdb"
    assert made.labels["a\ufffd"] == "b\ufffd"
    assert made.message.endswith(CUT_MARK)
    assert len(made.dedup_key) <= 512
    assert len(max(made.labels, key=len)) <= 255
    assert len(made.monitor_labels[0]) <= 255
    assert len(made.metric.name) <= 255
    assert len(made.links[0]) <= 2_048


@pytest.mark.parametrize(
    "event",
    [
        {"title": "x" * 1_001},
        {"title": "x", "message": "m" * 65_537},
        {"dedup_key": "k" * 513},
        *(
            {"title": "x", name: "y" * 256}
            for name in ("source", "host", "event_type", "monitor_id", "monitor_name")
        ),
        {"title": "x", "labels": {"n" * 256: "v"}},
        {"title": "x", "labels": {"n": "v" * 4_097}},
        {"title": "x", "labels": {"n": 10**4_200}},
        {"title": "x", "labels": {str(number): "v" for number in range(201)}},
        {"title": "x", "dimensions": {"n": "v" * 4_097}},
        {"title": "x", "links": ["https://" + "x" * 2_048]},
        {"title": "x", "images": ["https://x"] * 51},
        {"title": "x", "monitor_labels": ["y" * 256]},
        {"title": "x", "metric": {"name": "y" * 256}},
        {"title": "x", "metric": {"name": "y", "units": "z" * 256}},
    ],
)
def test_no_event_that_must_be_mended_passes_for_one_that_fits(event):
    (draft,) = read(event)

    assert draft.fits is False
    assert draft.event(**OWNER) != msgspec.structs.replace(draft, fits=True).event(**OWNER)


def test_an_event_at_its_limits_fits():
    event = {
        "dedup_key": "k" * 512,
        "title": "x" * 1_000,
        "message": "m" * 65_536,
        "host": "h" * 255,
        "labels": {f"{number:0255}": "v" * 4_096 for number in range(20)},
        "metric": {"name": "m" * 255, "units": "u" * 255},
    }

    (draft,) = read(event)

    assert draft.fits
    assert draft.event(**OWNER) == msgspec.structs.replace(draft, fits=False).event(**OWNER)


@given(body=JSON | st.dictionaries(st.sampled_from([*FULL, "events", "other"]), JSON))
def test_any_json_is_taken_or_refused_by_name(body):
    try:
        drafts = read(body)
    except Invalid:
        return

    for draft in drafts:
        msgspec.json.encode(draft.event(**OWNER))


WORDS = st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS
EVENTS = st.fixed_dictionaries(
    {"title": st.text(min_size=1, max_size=8)},
    optional={
        "dedup_key": st.text(min_size=1, max_size=8),
        "severity": st.sampled_from(["critical", "error", "warning", "nodata", "info", None]),
        "message": WORDS | st.none(),
        "labels": st.dictionaries(WORDS, SCALARS, max_size=3),
        "monitor_labels": st.lists(SCALARS, max_size=3),
        "links": st.lists(st.just("https://example.org") | WORDS, max_size=2),
        "details": st.dictionaries(WORDS, JSON, max_size=2),
        "metric": st.none()
        | st.fixed_dictionaries({"name": WORDS}, optional={"value": st.integers() | st.none()}),
        "occurred_at": st.sampled_from(["2026-03-06T09:00:00Z", "2026-03-06T09:00:00.1+09:00", None]),
    },
)


def storable(value):
    match value:
        case str():
            return value.replace("\0", "\ufffd")
        case list():
            return [storable(each) for each in value]
        case dict():
            return {storable(name): storable(each) for name, each in value.items()}
        case _:
            return value


@given(event=EVENTS, strange=JSON)
def test_a_field_that_we_do_not_know_changes_nothing_but_the_details(event, strange):
    (plain,) = read(event)
    (more,) = read({**event, "strange": strange})

    expected = {**plain.details, "strange_" if "strange" in plain.details else "strange": storable(strange)}
    assert more == msgspec.structs.replace(plain, details=expected, fits=False)
