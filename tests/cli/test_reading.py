import contextlib
from datetime import timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cli.reading import Duration, Instant, Pair, Target, kind_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45),
        ("90m", 5_400),
        ("2h", 7_200),
        ("1h30m", 5_400),
        ("1h 30m", 5_400),
        ("1.5h", 5_400),
        ("1,5 h", 5_400),
        ("2 hours and 5 minutes", 7_500),
        ("1 day, 2 hours", 93_600),
        ("1W", 604_800),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, seconds):
    assert Duration().convert(text, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize("reader", [Duration(), Instant(), Pair(), Target()])
@given(text=st.text())
def test_whatever_is_typed_is_read_or_refused(reader, text):
    with contextlib.suppress(click.BadParameter):
        reader.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("alrt_0123456789ab", "alert"),
        ("esc_0123456789ab", "escalation_policy"),
        ("usr_0123", ""),
        ("0123456789ab", ""),
    ],
)
def test_the_kind_of_an_id_is_its_prefix(text, kind):
    assert kind_of(text) == kind
