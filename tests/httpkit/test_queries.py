from datetime import datetime
from typing import Annotated, Literal

import msgspec
import pytest

from tocsin.core.errors import Invalid
from tocsin.httpkit.queries import QueryReader


class AlertsQuery(msgspec.Struct, forbid_unknown_fields=True):
    status: Literal["firing", "resolved"] | None = None
    label: list[str] = []
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    drill: bool = False
    until: datetime | None = None


QUERY = QueryReader(AlertsQuery)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (b"", AlertsQuery()),
        (b"status=firing&limit=7", AlertsQuery(status="firing", limit=7)),
        (b"label=a:b&label=c%3Ad+e", AlertsQuery(label=["a:b", "c:d e"])),
        (b"label=one", AlertsQuery(label=["one"])),
        (b"drill=true", AlertsQuery(drill=True)),
    ],
)
def test_a_query_is_read_into_its_types(query, asked):
    assert QUERY.read(query) == asked


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (b"limit=0", 'limit is "0"; it must be a whole number of 1 to 200'),
        (b"limit=x", 'limit is "x"; it must be a whole number of 1 to 200'),
        (b"limit=1&limit=2", "limit is given twice; it must be given once"),
        (b"status=bad", 'status is "bad"; it must be one of firing, resolved or null'),
        (b"stauts=firing", "stauts is not a known field; it may be meant as status"),
        (
            b"until=0.5",
            'until is "0.5"; it must be an RFC 3339 time with its offset, like 2026-03-01T12:00:00Z or null',
        ),
        (b"label=%00", "label holds a NUL character; it must be text without one"),
        (b"label=%ff", "the query is not percent-encoded UTF-8 text"),
        (b"label=\xff", "the query is not percent-encoded UTF-8 text"),
        (b"&".join([b"label=a"] * 201), "the query has more than 200 parameters"),
    ],
)
def test_a_query_that_is_not_right_is_refused(query, said):
    with pytest.raises(Invalid) as caught:
        QUERY.read(query)

    assert str(caught.value) == said
