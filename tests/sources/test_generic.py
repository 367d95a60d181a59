import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.core.event import EventStatus, Metric, Severity
from tocsin.core.ids import EventId, ServiceId, WorkspaceId
from tocsin.sources.base import Inbound
from tocsin.sources.generic import EVENTS_MAX, SOURCE, parse
from tocsin.sources.mapping import check_mapping

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
OWNER = {"id": EventId(1), "workspace": WorkspaceId(2), "service": ServiceId(3)}
PAGE = (Path(__file__).parents[2] / "docs/sources/generic.md").read_text(encoding="utf-8")


def one(payload, **mapping):
    (draft,) = parse(payload, {"title": "x", **mapping}, received_at=NOW)
    return draft


def refused(payload, **mapping):
    with pytest.raises(Invalid) as refusal:
        parse(payload, {"title": "x", **mapping}, received_at=NOW)
    return str(refusal.value)


def examples():
    for section in PAGE.split("\n## ")[1:]:
        blocks = re.findall(r"\*\*(\w+)\*\*\n\n```json\n(.*?)```", section, re.DOTALL)
        if blocks:
            named = {name.removesuffix("s"): json.loads(text) for name, text in blocks}
            yield pytest.param(named["Mapping"], named["Payload"], named["Event"], id=section.split("\n")[0])


@pytest.mark.parametrize(("mapping", "payload", "events"), list(examples()))
def test_the_documented_examples_come_out_as_documented(mapping, payload, events):
    check_mapping(mapping)

    drafts = parse(payload, mapping, received_at=NOW)

    expected = events if isinstance(events, list) else [events]
    assert len(drafts) == len(expected)
    for draft, event in zip(drafts, expected, strict=True):
        written = json.loads(msgspec.json.encode(draft))
        assert {name: written[name] for name in event} == event


def test_uptime_kumas_trial_without_a_monitor_still_pages():
    mapping, payload, _ = next(found.values for found in examples() if found.id == "Uptime Kuma")
    trial = {"heartbeat": None, "monitor": None, "msg": "Shop Testing"}

    (draft,) = parse(trial, mapping, received_at=NOW)

    assert payload != trial
    assert (draft.status, draft.title) == (EventStatus.FIRING, "Shop Testing")
    assert draft.labels == {"tocsin/no-dedup-key": "true"}


def test_the_payload_is_kept_whole():
    payload = {"receiver": "r", "alerts": [{"a": 1}, {"a": 2}], "note": {"b": [3]}}

    whole = one(payload, details={"note": "$.note.b", "payload": "mine", "gone": "$.gone"})
    first, second = parse(payload, {"title": "x", "each": "$.alerts[*]"}, received_at=NOW)

    assert whole.details == {"note": [3], "payload": "mine", "payload_": payload}
    assert first.details == {"payload": {"a": 1}, "around": {"receiver": "r", "note": {"b": [3]}}}
    assert second.details["payload"] == {"a": 2}


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("$.text", "words"),
        ("$.number", "7.5"),
        ("$.truth", "true"),
        ("$.null", ""),
        ("$.nothing", ""),
        ("$.list[*]", "a"),
        ("constant", "constant"),
        (5, "5"),
        (True, "true"),
        ("  {{ text }}\n", "words"),
        ("{{ nothing.at.all }}", ""),
        ("{{ item.text }} {{ body.number }}", "words 7.5"),
        ({"value": 5}, "5"),
        ({"path": "$.nothing", "default": "d"}, "d"),
        ({"path": "$.null", "default": "d"}, "d"),
        ({"template": "{{ nothing }}", "default": "d"}, "d"),
        ({"path": "$.text", "default": "d"}, "words"),
        ({"path": "$.text", "values": {"WORDS": "w"}}, "w"),
        ({"path": "$.text", "values": {"other": "w"}}, "words"),
        ({"path": "$.text", "values": {"other": "w"}, "default": "d"}, "d"),
        ({"path": "$.truth", "values": {"true": "yes"}}, "yes"),
    ],
)
def test_a_rule_finds_its_text(rule, found):
    payload = {"text": "words", "number": 7.5, "truth": True, "null": None, "list": [None, "a", "b"]}

    assert one(payload, host=rule).host == found


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("$.object", {"team": "data", "shard": "7", "deep": '{"a":1}'}),
        ("$.pairs", {"team": "data", "empty": ""}),
        ("$.texts", {"team": "data", "zone": "eu=1", "production": "true"}),
        ("$.line", {"team": "data", "url": "http://x", "production": "true"}),
        ("$.nothing", {}),
        (
            {"*": "$.object", "team": "web", "none": "$.nothing"},
            {"team": "web", "shard": "7", "deep": '{"a":1}'},
        ),
    ],
)
def test_labels_are_found_in_every_usual_form(rule, found):
    payload = {
        "object": {"team": "data", "shard": 7, "deep": {"a": 1}, "null": None},
        "pairs": [
            {"tag": "team", "value": "data"},
            {"key": "empty", "value": ""},
            {"name": "null", "value": None},
        ],
        "texts": ["team:data", "zone:eu=1", "production"],
        "line": "team=data, url:http://x, production,",
    }

    assert one(payload, labels=rule).labels == found
    assert one(payload, dimensions=rule).dimensions == found


def test_lists_are_found_one_by_one_or_together_and_only_safe_links_stay():
    payload = {"url": "https://a", "more": ["https://b", "javascript:x", "https://a", None], "tags": ["t", 5]}

    draft = one(
        payload,
        links=["$.url", "$.more", "https://c/{{ tags[1] }}"],
        images="$.more[*]",
        monitor_labels="$.tags",
    )

    assert draft.links == ("https://a", "https://b", "https://c/5")
    assert draft.images == ("https://b", "https://a")
    assert draft.monitor_labels == ("t", "5")


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-03-06T08:00:00Z", NOW.replace(hour=8)),
        ("2026-03-06 08:00:00", NOW.replace(hour=8)),
        (1772784000, NOW.replace(hour=8)),
        (1772784000000, NOW.replace(hour=8)),
        ("0001-01-01T00:00:00Z", NOW),
        (0, NOW),
        (None, NOW),
    ],
)
def test_it_occurred_when_the_payload_says_if_it_says(value, instant):
    assert one({"at": value}, occurred_at="$.at").occurred_at == instant


def test_a_metric_may_be_text_or_missing():
    assert one({"v": "0"}, metric={"name": "load", "value": "$.v"}).metric == Metric(name="load", value=0.0)
    assert one({}, metric={"name": "load", "value": "$.v", "units": "%"}).metric == Metric(
        name="load", units="%"
    )
    assert one({}, metric={"name": "$.name", "value": "$.v"}).metric is None


@pytest.mark.parametrize(
    ("payload", "status", "severity"),
    [
        ({}, EventStatus.FIRING, Severity.ERROR),
        ({"status": "PROBLEM", "severity": "High"}, EventStatus.FIRING, Severity.ERROR),
        ({"status": "recovered", "severity": "P1"}, EventStatus.RESOLVED, Severity.CRITICAL),
        ({"status": "ack"}, EventStatus.ACKNOWLEDGED, Severity.ERROR),
        ({"status": "firing", "severity": "OK"}, EventStatus.RESOLVED, Severity.INFO),
    ],
)
def test_the_usual_words_need_no_table(payload, status, severity):
    draft = one({"id": "k", **payload}, dedup_key="$.id", status="$.status", severity="$.severity")

    assert (draft.status, draft.severity) == (status, severity)


@pytest.mark.parametrize(
    ("payload", "mapping", "said"),
    [
        ({"s": "sideways"}, {"status": "$.s", "dedup_key": "k"}, "mapping.status finds 'sideways'"),
        ({"s": 9}, {"severity": "$.s"}, "mapping.severity finds '9'; it must be a word that Tocsin knows"),
        ({"s": "a"}, {"severity": {"path": "$.s", "values": {"b": "info"}}}, "mapping.severity finds 'a'"),
        ({"t": {}}, {"title": "$.t"}, "mapping.title finds an object; it must find text"),
        ({"t": []}, {"title": "$.t"}, "mapping.title finds a list; it must find text"),
        ({"t": {}}, {"labels": {"team": "$.t"}}, "mapping.labels.team finds an object"),
        ({"t": 5}, {"labels": "$.t"}, "mapping.labels.* finds 5; it must find an object, a list, or text"),
        (
            {"t": "yesterday"},
            {"occurred_at": "$.t"},
            "mapping.occurred_at finds yesterday; it must find an RFC 3339",
        ),
        ({"t": True}, {"occurred_at": "$.t"}, "mapping.occurred_at finds true"),
        ({"t": [5]}, {"occurred_at": "$.t"}, "mapping.occurred_at finds [5]"),
        ({"v": "much"}, {"metric": {"name": "a", "value": "$.v"}}, "mapping.metric.value finds 'much'"),
        ({"v": "nan"}, {"metric": {"name": "a", "value": "$.v"}}, "mapping.metric.value finds 'nan'"),
        ({"v": "1e999"}, {"metric": {"name": "a", "value": "$.v"}}, "mapping.metric.value finds '1e999'"),
        ({}, {"each": "$.alerts[*]"}, "mapping.each finds no event in the payload"),
        ({"alerts": []}, {"each": "$.alerts"}, "mapping.each finds no event in the payload"),
        ({"alerts": [0] * (EVENTS_MAX + 1)}, {"each": "$.alerts"}, "mapping.each finds 1001 events"),
        (
            {"alerts": [{"s": "up"}, {"s": "sideways"}]},
            {"each": "$.alerts", "dedup_key": "k", "status": "@.s"},
            "mapping.status finds 'sideways' in event 1 of the payload",
        ),
        (
            {"n": 10**9},
            {"title": "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}"},
            "mapping.title",
        ),
        ({}, {"title": "{{ 1 / 0 }}"}, "mapping.title cannot be filled in"),
    ],
)
def test_what_is_there_and_makes_no_sense_is_refused_by_its_rule(payload, mapping, said):
    assert said in refused(payload, **mapping)


@pytest.mark.parametrize("key", [None, "", "  "])
def test_without_a_dedup_key_a_firing_event_pages_alone_and_a_resolve_is_refused(key):
    mapping = {"dedup_key": "{{ id }}", "status": "$.status"}

    firing = one({"id": key, "status": "down"}, **mapping)
    said = refused({"id": key, "status": "up"}, **mapping)

    assert (firing.dedup_key, firing.labels) == ("", {"tocsin/no-dedup-key": "true"})
    assert "mapping.dedup_key finds nothing, which is resolved" in said


def test_a_mapping_that_asks_for_no_dedup_key_gets_no_warning():
    assert one({}).labels == {}


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        ({"t": "t", "m": "m"}, "t"),
        ({"m": "\n first \nsecond"}, "first "),
        ({"n": "n"}, "n"),
        ({"k": "k"}, "k"),
        ({}, "an event without a title"),
    ],
)
def test_an_event_without_a_title_is_called_by_what_else_it_says(payload, title):
    mapping = {"title": "$.t", "message": "$.m", "monitor_name": "$.n", "dedup_key": "$.k"}

    assert one(payload, **mapping).title == title


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=utf-8"]
)
def test_a_form_is_read_as_an_object_of_texts(kind):
    body = b"title=Disk+full&host=db%00-1&empty=&bytes=%ff"
    mapping = {"title": "$.title", "host": "$.host"}

    (draft,) = SOURCE.read(
        Inbound(body=body, received_at=NOW, headers={"content-type": kind}, mapping=mapping)
    )

    assert (draft.title, draft.host) == ("Disk full", "db\ufffd-1")
    assert draft.details["payload"] == {
        "title": "Disk full",
        "host": "db\ufffd-1",
        "empty": "",
        "bytes": "\ufffd",
    }


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"title=x", "application/json", "the body is not JSON"),
        (b"", "", "the body is empty"),
        (b"a&" * 2_000, "application/x-www-form-urlencoded", "a form of too many fields"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_refused(body, kind, said):
    with pytest.raises(Invalid) as refusal:
        SOURCE.read(
            Inbound(body=body, received_at=NOW, headers={"content-type": kind}, mapping={"title": "x"})
        )

    assert said in str(refusal.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.sampled_from("abcd"), below, max_size=4),
    max_leaves=12,
)
RULES = st.sampled_from(
    ["$", "$.a", "@.b", "$.a.b", "$[*]", "$.a[*]", "$.*.*", "{{ a }}", "{{ item }}", "{{ b.c }}", "c"]
)
MAPPINGS = st.fixed_dictionaries(
    {"title": RULES, "dedup_key": RULES},
    optional={
        **dict.fromkeys(
            ("message", "host", "status", "severity", "occurred_at", "service", "monitor_id"), RULES
        ),
        **dict.fromkeys(("links", "monitor_labels"), st.lists(RULES, max_size=2)),
        "each": st.sampled_from(["$", "$.a", "$[*]", "$.a[*]"]),
        "labels": st.sampled_from(["$", "$.a", "$.*"])
        | st.dictionaries(st.text(max_size=2), RULES, max_size=2),
        "metric": st.fixed_dictionaries({"name": RULES}, optional={"value": RULES}),
        "details": st.dictionaries(st.text(max_size=2), RULES, max_size=2),
    },
)


@given(payload=JSON, mapping=MAPPINGS)
def test_any_payload_is_taken_or_refused_under_the_name_of_a_rule(payload, mapping):
    try:
        drafts = parse(payload, mapping, received_at=NOW)
    except Invalid as refusal:
        named = refusal.path

        assert named.startswith("mapping.")
        return

    for draft in drafts:
        assert draft.title
        msgspec.json.encode(draft.event(**OWNER))


@pytest.mark.parametrize("details", [{"\0": "$.a"}, {"a": "x\0"}])
def test_a_rule_with_a_nul_in_it_is_named(details):
    with pytest.raises(Invalid) as refusal:
        parse({}, {"title": "$.t", "details": details}, received_at=NOW)

    assert refusal.value.path == "mapping.details"
