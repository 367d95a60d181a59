from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from tocsin.core.errors import Invalid
from tocsin.httpkit.faults import UNREADABLE, explain


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Wait(msgspec.Struct, tag="wait", tag_field="kind", forbid_unknown_fields=True):
    seconds: Annotated[int, Meta(ge=0, le=1800, description="seconds; 0 turns it off")]


class Tell(msgspec.Struct, tag="tell", tag_field="kind"):
    whom: Annotated[str, Meta(min_length=1, max_length=5)]


class Item(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    severity: Literal["critical", "error"] = "error"
    colour: Colour = Colour.RED
    due_at: Annotated[datetime, Meta(tz=True)] | None = None
    ratio: Annotated[float, Meta(gt=0)] = 0.5
    labels: dict[str, Annotated[str, Meta(max_length=3)]] = {}
    by_number: dict[int, str] = {}
    spans: dict[str, Annotated[int, Meta(ge=0, le=9)]] = {}
    steps: list[Wait | Tell] = []
    names: Annotated[list[str], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: ["a"]
    )
    pair: tuple[int, str] | None = None
    password: Annotated[str, Meta(min_length=8)] = "long enough"

    def __post_init__(self) -> None:
        if self.ratio > 100:
            raise ValueError("ratio and sense have parted ways")


class Body(msgspec.Struct):
    events: list[Item]


def _fault(item: str) -> Invalid:
    body = f'{{"events": [{{}}, {item}]}}'.encode()
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=Body)
    return explain(caught.value, msgspec.json.decode(body), Body)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ('{"severity":"bad"}', 'events[1].severity is "bad"; it must be one of critical, error'),
        ('{"colour":"x"}', 'events[1].colour is "x"; it must be one of red, blue'),
        (
            '{"dueAt":"2026-03-01T12:00:00"}',
            (
                'events[1].dueAt is "2026-03-01T12:00:00"; it must be '
                "an RFC 3339 time with its offset, like 2026-03-01T12:00:00Z or null"
            ),
        ),
        ('{"ratio":0}', "events[1].ratio is 0; it must be a number above 0"),
        ('{"labels":{"a":"b","c":7}}', "events[1].labels.c is 7; it must be text of at most 3 characters"),
        (
            '{"labels":{"a":"b","c":"long"}}',
            'events[1].labels.c is "long"; it must be text of at most 3 characters',
        ),
        (
            '{"byNumber":{"x":"y"}}',
            "events[1].byNumber has a key that is not allowed; it must have keys of the right form",
        ),
        (
            '{"steps":[{"kind":"wait","seconds":3600}]}',
            (
                "events[1].steps[0].seconds is 3600; "
                "it must be a whole number of 0 to 1800 (seconds; 0 turns it off)"
            ),
        ),
        (
            '{"steps":[{"kind":"tell"}]}',
            "events[1].steps[0].whom is missing; it must be text of 1 to 5 characters",
        ),
        (
            '{"steps":[{"kind":"wait","seconds":5,"whom":"ana"}]}',
            "events[1].steps[0].whom is not a known field; it must be left out for this type",
        ),
        ('{"spans":{"a":7,"b":10}}', "events[1].spans.b is 10; it must be a whole number of 0 to 9"),
        ('{"steps":[{"kind":"sing"}]}', 'events[1].steps[0].kind is "sing"; it must be one of wait, tell'),
        ('{"steps":[{}]}', "events[1].steps[0].kind is missing; it must be one of wait, tell"),
        ('{"names":[]}', "events[1].names is a list of 0; it must be a list of 1 to 2 items"),
        ('{"names":{}}', "events[1].names is an object; it must be a list of 1 to 2 items"),
        ('{"pair":[1,2]}', "events[1].pair[1] is 2; it must be text"),
        ('{"pair":[1]}', "events[1].pair is a list of 1; it must be a list of 2 items or null"),
        ('{"severty":"error"}', "events[1].severty is not a known field; it may be meant as severity"),
        ('{"zzz":1}', "events[1].zzz is not a known field; it must be left out"),
        (
            '{"password":"hunter2"}',
            "events[1].password is not right; it must be text of 8 characters or more",
        ),
        ('{"ratio":101}', "events[1] ratio and sense have parted ways"),
        (
            f'{{"colour":"{"x" * 80}"}}',
            "events[1].colour is text of 80 characters; it must be one of red, blue",
        ),
        ('"text"', 'events[1] is "text"; it must be an object'),
    ],
)
def test_a_fault_names_the_place_the_value_and_what_would_be_right(item, said):
    assert str(_fault(item)) == said


def test_a_number_that_no_float_holds_is_out_of_range():
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"events":[{"ratio":1e999}]}', type=Body)

    fault = explain(caught.value, UNREADABLE, Body)

    assert str(fault) == "events[0].ratio is out of range; it must be a number above 0"


def test_a_fault_of_the_whole_body_names_what_is_missing():
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b"{}", type=Body)

    assert explain(caught.value, {}, Body) == Invalid("events", "is missing", "must be a list")


class Paged(msgspec.Struct):
    size: Annotated[int, Meta(ge=1, le=100)] = msgspec.field(default=10, name="page[size]")
    parts: list[int] = msgspec.field(default_factory=list, name="part[]")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"page[size]": 0}, "page[size] is 0; it must be a whole number of 1 to 100"),
        ({"part[]": [1, "x"]}, 'part[][1] is "x"; it must be a whole number'),
    ],
)
def test_a_name_may_have_brackets(raw, said):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(raw, Paged)

    assert str(explain(caught.value, raw, Paged)) == said
