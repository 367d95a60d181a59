"""Times: any ISO 8601 in, whole seconds of UTC out."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.dialects.cloud_manager.times import read_query_time, read_time, show_time


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2014-04-15T04:00:00Z", "2014-04-15T04:00:00Z"),
        ("2014-04-15t04:00:00z", "2014-04-15T04:00:00Z"),
        ("2014-04-15T04:00:00+00:00", "2014-04-15T04:00:00Z"),
        ("2016-04-15T00:00:00-0400", "2016-04-15T04:00:00Z"),
        ("2016-04-15T00:00:00-04", "2016-04-15T04:00:00Z"),
        ("2018-09-27T16:00-04:00", "2018-09-27T20:00:00Z"),
        ("2018-09-27T16:00Z", "2018-09-27T16:00:00Z"),
        ("2018-09-27 16:00:30", "2018-09-27T16:00:30Z"),
        ("2018-09-27", "2018-09-27T00:00:00Z"),
        ("20180927T160030Z", "2018-09-27T16:00:30Z"),
        ("2018-09-27T16:00:30.999Z", "2018-09-27T16:00:30Z"),
        ("2018-09-27T16:00:30,9+02:00", "2018-09-27T14:00:30Z"),
        ("2018-09-27T16:00:30.123456789Z", "2018-09-27T16:00:30Z"),
        ("2126-12-25T10:00:00.000000001+05:30", "2126-12-25T04:30:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z"),
    ],
)
def test_every_form_is_read(text, shown):
    assert show_time(read_time(text, "at")) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "1800000000",
        "2018-13-01",
        "2018-02-30T00:00:00Z",
        "2018-09-27T24:01:00Z",
        "2018-09-27T16:60:00Z",
        "2018-09-27T16:00:00+25:00",
        "2018-09-27T16:00:00 UTC",
        "2018-09-27T16:00:00[UTC]",
        "2018-09-27Z",
        "2018-09-27T",
        "27.09.2018",
        "09/27/2018 16:00",
        "Thu, 27 Sep 2018 16:00:00 GMT",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "٢٠١٨-09-27",
        "2018-09-27T16:00:00.Z",
        "2018-09-27T16:00:00Z" * 9,
    ],
)
def test_what_is_none_is_refused_by_name(text):
    with pytest.raises(Invalid) as error:
        read_time(text, "at")
    assert error.value.path == "at"


def test_a_plus_that_a_query_has_lost_is_found_again():
    assert show_time(read_query_time("2018-09-27T16:00:00 02:00", "at")) == "2018-09-27T14:00:00Z"
    assert show_time(read_query_time("2018-09-27T16:00 0200", "at")) == "2018-09-27T14:00:00Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_reads_back(at):
    assert read_time(show_time(at), "at") == at.replace(microsecond=0)


@given(st.text(max_size=80))
def test_no_text_is_anything_but_a_time_or_refused(text):
    with contextlib.suppress(Invalid):
        assert isinstance(read_time(text, "at"), datetime)
