from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.cron import parse
from tocsin.core.errors import Invalid

SUNDAY = date(2026, 3, 1)


def moments(expression, *, since="2026-03-01T00:00", count=4):
    """List the first matches of an expression."""
    cron, found = parse(expression), []
    when = datetime.fromisoformat(since)
    while len(found) < count:
        day, minute = cron.earliest(when.date(), when.hour * 60 + when.minute)
        when = datetime(day.year, day.month, day.day, minute // 60, minute % 60) + timedelta(minutes=1)  # noqa: DTZ001
        found.append((when - timedelta(minutes=1)).isoformat(" ", "minutes"))
    return found


def dates(expression, *, since="2026-03-01T00:00", count=4):
    return [moment[5:10] for moment in moments(expression, since=since, count=count)]


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("30 8 * * *", ["2026-03-01 08:30", "2026-03-02 08:30", "2026-03-03 08:30"]),
        ("*/20 9 * * *", ["2026-03-01 09:00", "2026-03-01 09:20", "2026-03-01 09:40"]),
        ("5/25 0 * * *", ["2026-03-01 00:05", "2026-03-01 00:30", "2026-03-01 00:55"]),
        ("0 9-11 * * *", ["2026-03-01 09:00", "2026-03-01 10:00", "2026-03-01 11:00"]),
        ("0 8-20/6 * * *", ["2026-03-01 08:00", "2026-03-01 14:00", "2026-03-01 20:00"]),
        ("15,45 12 * * *", ["2026-03-01 12:15", "2026-03-01 12:45", "2026-03-02 12:15"]),
        ("0 0 1 * *", ["2026-03-01 00:00", "2026-04-01 00:00", "2026-05-01 00:00"]),
        ("0 0 31 * *", ["2026-03-31 00:00", "2026-05-31 00:00", "2026-07-31 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("0 0 1 JAN,jul *", ["2026-07-01 00:00", "2027-01-01 00:00", "2027-07-01 00:00"]),
        ("  0\t0  *  *  * ", ["2026-03-01 00:00", "2026-03-02 00:00", "2026-03-03 00:00"]),
    ],
)
def test_an_expression_names_its_minutes(expression, first):
    assert moments(expression, count=3) == first


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN", "0,7", "7-7"])
def test_sunday_is_nought_and_seven(sunday):
    assert dates(f"0 0 * * {sunday}") == ["03-01", "03-08", "03-15", "03-22"]


@pytest.mark.parametrize("weekend", ["5-7", "fri-sun", "5-0", "fri,sat,sun", "0,5,6"])
def test_a_range_of_weekdays_may_run_up_to_sunday(weekend):
    assert dates(f"0 0 * * {weekend}") == ["03-01", "03-06", "03-07", "03-08"]


def test_office_days_are_monday_to_friday():
    assert dates("0 9 * * 1-5", count=6) == ["03-02", "03-03", "03-04", "03-05", "03-06", "03-09"]


def test_with_both_day_fields_restricted_a_day_that_fits_either_is_taken():
    assert dates("0 0 13 * fri") == ["03-06", "03-13", "03-20", "03-27"]
    assert dates("0 0 11 * fri") == ["03-06", "03-11", "03-13", "03-20"]


@pytest.mark.parametrize("every", ["*", "*/1"])
def test_a_day_field_that_leaves_the_choice_to_the_other_adds_nothing(every):
    assert dates(f"0 0 {every} * 1") == ["03-02", "03-09", "03-16", "03-23"]
    assert dates(f"0 0 5 * {every}") == ["03-05", "04-05", "05-05", "06-05"]


def test_the_rarest_day_is_found_over_a_century_without_its_leap_year():
    cron = parse("0 12 29 2 *")

    assert cron.earliest(date(2096, 2, 29), 13 * 60) == (date(2104, 2, 29), 720)
    assert cron.latest(date(2104, 2, 29), 11 * 60) == (date(2096, 2, 29), 720)


def test_the_calendar_has_a_first_and_a_last_day():
    cron = parse("0 12 1 7 *")

    assert cron.latest(date(1, 3, 1), 0) is None
    assert cron.earliest(date(9999, 8, 1), 0) is None


EXPRESSIONS = st.tuples(
    st.sampled_from(["0", "*/7", "59", "10-20/3"]),
    st.sampled_from(["*", "0,23", "9-17"]),
    st.sampled_from(["*", "31", "1-7", "29,30"]),
    st.sampled_from(["*", "1,2", "3,4,6", "*/3"]),
    st.sampled_from(["*", "1", "6-7", "mon-fri/2"]),
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(expression=EXPRESSIONS, days=st.integers(0, 1500), minute=st.integers(0, 1439))
def test_forth_and_back_lead_to_neighbours(expression, days, minute):
    cron = parse(expression)
    here = (SUNDAY + timedelta(days=days), minute)

    if cron.earliest(*here) != here:
        following = cron.earliest(*here)
        assert following > here
        assert cron.latest(*following) == following
        assert cron.latest(*here) == cron.latest(following[0], following[1] - 1)
    else:
        assert cron.latest(*here) == here


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "has 0 fields; it must be five fields"),
        ("* * * *", "has 4 fields"),
        ("0 * * * * *", "has 6 fields"),
        ("@daily", "has 1 fields"),
        ("60 * * * *", "has 60 as its minute, which goes from 0 to 59"),
        ("0 24 * * *", "has 24 as its hour, which goes from 0 to 23"),
        ("0 0 0 * *", "has 0 as its day of month, which goes from 1 to 31"),
        ("0 0 * 13 *", "has 13 as its month, which goes from 1 to 12"),
        ("0 0 * * 8", "has 8 as its day of week, which goes from 0 to 7"),
        ("0 0 * * -1", "has '' as its day of week"),
        ("5-1 * * * *", "has '5-1' as its minute, which runs backwards"),
        ("0 0 * * wed-mon", "has 'wed-mon' as its day of week, which runs backwards"),
        ("*/0 * * * *", "steps by '0' in its minute"),
        ("*/90 * * * *", "steps by '90' in its minute"),
        ("*/ * * * *", "steps by '' in its minute"),
        ("1,,2 * * * *", "has '' as its minute"),
        ("0 0 L * *", "has 'L' as its day of month"),
        ("0 0 * * mon#2", "has 'mon#2' as its day of week"),
        ("? * * * *", "has '?' as its minute"),
        ("\u0661 * * * *", "as its minute"),
        ("99999999999 * * * *", "as its minute"),
        ("0 0 * foo *", "has 'foo' as its month"),
        ("0 0 30 2 *", "is '0 0 30 2 *', which never comes; it must name a day that exists"),
        ("0 0 31 4,6,sep,11 *", "which never comes"),
        ("0 " + ",".join(["1"] * 200) + " * * *", "characters long"),
    ],
)
def test_what_is_no_expression_is_refused_with_what_would_be_one(expression, complaint):
    with pytest.raises(Invalid) as refused:
        parse(expression, "window.expression")

    assert refused.value.path == "window.expression"
    assert complaint in str(refused.value)
    assert refused.value.remedy.startswith("must ")


def test_30_february_comes_when_a_weekday_will_do_as_well():
    assert dates("0 0 30 2 1", since="2026-02-01T00:00") == ["02-02", "02-09", "02-16", "02-23"]
