from dataclasses import MISSING, fields
from datetime import UTC, datetime

import pytest

from tocsin.core.errors import Invalid
from tocsin.core.event import CUT_MARK, Event, Metric
from tocsin.core.ids import EventId, IntegrationId, ServiceId, WorkspaceId
from tocsin.sources.base import DEPTH_MAX, Draft, is_web_address, keep, no_mapping, read_json

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
OWNER = {
    "id": EventId(7),
    "workspace": WorkspaceId(8),
    "service": ServiceId(9),
    "integration": IntegrationId(10),
}


def test_a_draft_becomes_the_event_that_its_constructor_would_make():
    said = {
        "dedup_key": "k",
        "title": "t",
        "labels": {"a": "b"},
        "occurred_at": NOW,
        "received_at": NOW,
        "links": ("https://example.org",),
        "metric": Metric(name="free", value=0.0),
    }

    event = Draft(**said, service="db").event(**OWNER, drill=True)

    assert event == Event(**said, **OWNER, drill=True)


def test_a_draft_has_every_field_of_an_event_but_whose_it_is():
    drafted = {name for name in Draft.__struct_fields__ if name not in ("service", "fits")}

    assert drafted == {field.name for field in fields(Event)} - {*OWNER, "drill"}


def test_a_draft_that_says_nothing_more_is_the_event_that_says_nothing_more():
    draft = Draft(occurred_at=NOW, received_at=NOW)

    for field in fields(Event):
        if field.name in Draft.__struct_fields__ and field.name != "service" and field.default is not MISSING:
            assert getattr(draft, field.name) == field.default


def test_what_is_too_long_is_cut_when_the_event_is_made():
    event = Draft(title="x" * 5_000, occurred_at=NOW, received_at=NOW).event(**OWNER)

    assert event.title.endswith(CUT_MARK)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"{", "Input data was truncated"),
        (b"{'a': 1}", "JSON is malformed"),
        (b"NaN", "JSON is malformed"),
        (b"[Infinity]", "JSON is malformed"),
        (b"1e999", "Number out of range"),
        (b"[" + b"9" * 5_000 + b"]", "out of range"),
        (b'"\xff"', "it is not UTF-8 at byte 0"),
        (b'"\\ud800"', "truncated"),
        (b'{"a":"\\udc00x"}', "surrogate"),
        (b'"\xed\xa0\x80"', "it is not UTF-8"),
        (b"[" * 100_000, "nested more than 100 deep"),
        (b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), "nested more than 100 deep"),
    ],
)
def test_a_body_that_is_not_json_is_refused_with_its_reason(body, said):
    with pytest.raises(Invalid) as refusal:
        read_json(body)

    assert said in refusal.value.problem
    assert refusal.value.remedy


def test_what_json_allows_is_read():
    assert read_json(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX)
    assert read_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert read_json(b'"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://example.org/a?b=c#d", True),
        ("HTTP://example.org", True),
        ("http://[::1]:9090/graph", True),
        ("javascript:alert(1)", False),
        (" https://example.org", False),
        ("https://example.org/a b", False),
        ("https://example.org/\r\nBcc: x", False),
        ("/graph", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_links(address, safe):
    assert is_web_address(address) is safe


def test_what_is_kept_never_takes_the_place_of_another():
    assert keep({"a": 1, "a_": 2}, {"a": 3, "b": 4}) == {"a": 1, "a_": 2, "a__": 3, "b": 4}


def test_a_source_that_knows_its_format_takes_no_mapping():
    no_mapping({})

    with pytest.raises(Invalid, match="must be empty"):
        no_mapping({"title": "$.x"})


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"a\u0000b"', "a\ufffdb"),
        (rb'"\u0000\u0000"', "\ufffd\ufffd"),
        (rb'"\\u0000"', r"\u0000"),
        (rb'"\\\u0000"', "\\\ufffd"),
        (rb'"\\\\u0000"', r"\\u0000"),
        (rb'{"\u0000": [{"a": "\u0000"}]}', {"\ufffd": [{"a": "\ufffd"}]}),
    ],
)
def test_nul_is_replaced_wherever_it_stands_and_nothing_else_is(body, value):
    assert read_json(body) == value
