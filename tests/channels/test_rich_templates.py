import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders
from tocsin.channels.rich_templates import LENGTH_MAX, Allowance, read_rich, says_yes
from tocsin.core.errors import Invalid

NOW = builders.NOW
PAYLOAD = {
    "state": "ok",
    "host": "db-12",
    "labels": {"team": "data", "env": "prod"},
    "at": "2026-03-06T09:00:00Z",
    "none": None,
    "up": True,
    "list": ["a", "b"],
}


def made(source: str) -> str:
    return read_rich(source).render({"payload": PAYLOAD, "labels": {}}, now=NOW)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('{{ payload.get("state", "").upper() == "OK" }}', "True"),
        ('{{ payload.get("nothing", "n/a") }}', "n/a"),
        ("{{ payload.missing }}", ""),
        ("{{ payload.none }} {{ payload.up }}", "None True"),
        ("{{ payload.labels }}", "{'team': 'data', 'env': 'prod'}"),
        ('{{ payload.host | regex_match("db-[0-9]+") }}', "True"),
        ('{{ payload.host | regex_match("[0-9]+") }}', "False"),
        ('{{ payload.host | regex_search("[0-9]+") }}', "True"),
        ('{{ payload.host | regex_search("(") }}', "False"),
        (r'{{ payload.host | regex_replace("db-([0-9]+)", "\\1") }}', "12"),
        ('{{ payload.at | iso8601_to_time | datetimeformat("%H:%M") }}', "09:00"),
        (
            '{{ payload.at | iso8601_to_time | datetimeformat_as_timezone("%H:%M", "America/New_York") }}',
            "04:00",
        ),
        ('{{ ("09:30 / 06-03-2026" | datetimeparse).strftime("%d.%m.%Y") }}', "06.03.2026"),
        ('{{ payload.at | iso8601_to_time - "1h30m" | timedeltaparse }}', "2026-03-06 07:30:00+00:00"),
        ("{{ 0 | timestamp_to_datetime }}", "1970-01-01 00:00:00+00:00"),
        ('{{ "YWJj" | b64decode }}', "abc"),
        ("""{{ ('{"a": [1]}' | parse_json).a[0] }}""", "1"),
        ("{{ payload.list | json_dumps }}", '["a", "b"]'),
        ("{{ payload.list | tojson_pretty }}", '[\n    "a",\n    "b"\n]'),
        ('{{ ", ".join(payload.list) }}', "a, b"),
        ('{{ "a-b-c".split("-")[1] }}', "b"),
        ("{% for k, v in payload.labels.items() %}{{ k }}={{ v }};{% endfor %}", "team=data;env=prod;"),
        ("{{ time() | int }}", str(int(NOW.timestamp()))),
        ('{% set labels = payload.get("labels", {}) %}{{ labels.get("env") }}', "prod"),
        (
            (
                "{%- set rest = payload.labels.copy() -%}{%- set team = rest.pop('team') or '' -%}"
                "{{ team }} {{ rest.values() | join(', ') }} {{ payload.labels | length }}"
            ),
            "data prod 2",
        ),
        ("{% set _ = payload.labels.pop('team') %}{{ payload.labels }}", "{'env': 'prod'}"),
        ("{{ payload.labels.pop('nothing', 'n/a') }}", "n/a"),
        ("{% set more = payload.list.copy() %}{{ more | length }}", "2"),
        ("{{ '<b>two</b> words' | striptags | wordcount }}", "2"),
        ("{{ 'a\nb' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}", "a\n  b|  a\n  b"),
        ("{{ payload.host | safe }}", "db-12"),
    ],
)
def test_what_people_write_for_jinja_comes_out_as_it_does_there(source, text):
    assert made(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ payload.__class__ }}",
        "{{ payload.host.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
    ],
)
def test_the_insides_of_values_are_not_there(source):
    with contextlib.suppress(Invalid):
        assert made(source) == ""


@pytest.mark.parametrize(
    "source",
    [
        "{{ payload.host.format(payload) }}",
        "{{ payload.host.encode() }}",
        "{{ cycler('a') }}",
        "{{ dict(a=1) }}",
        "{{ time(1) }}",
        "{% import 'x' as x %}",
        "{% macro a() %}{% endmacro %}",
        "{{ _private }}",
        "{{",
        "x" * (LENGTH_MAX + 1),
    ],
)
def test_what_leads_out_of_the_sandbox_cannot_be_read(source):
    with pytest.raises(Invalid):
        read_rich(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(1000) %}{% for b in range(1000) %}{{ a }}{% endfor %}{% endfor %}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        '{% set a = "x" * 1000000 %}',
        '{{ "a".join(range(1000) | list).replace("a", "b" * 10) }}',
        '{{ ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | regex_replace("a", "bbbbbbbbbb" ~ "b" * 9999)) }}',
        '{{ (payload.at | iso8601_to_time).strftime("%99999999d") }}',
        '{{ (payload.at | iso8601_to_time).strftime("%d" ~ "%d" * 200) }}',
        "{{ payload.missing.deeper }}",
        "{{ payload.nothing.get('x') }}",
        "{{ payload.host | b64decode | parse_json }}",
        "{{ 'x' | timedeltaparse }}",
        "{{ payload.up.upper() }}",
        "{{ payload.labels.pop('nothing') }}",
        "{{ payload.list.pop() }}",
        "{{ ('x\n' * 5000) | indent(100) }}",
    ],
)
def test_what_would_take_an_age_or_makes_no_sense_stops_with_a_reason(source):
    with pytest.raises(Invalid):
        made(source)


def test_what_a_template_takes_out_of_a_value_is_there_for_the_next_one():
    taken = made("{% set _ = payload.labels.pop('team') %}{{ payload.labels.team }}")

    assert (taken, made("{{ payload.labels.team }}")) == ("", "data")
    assert PAYLOAD["labels"] == {"team": "data", "env": "prod"}


def test_a_pattern_that_hangs_others_is_answered_at_once():
    values = {"payload": {"text": "a" * 60_000 + "!"}}

    assert read_rich('{{ payload.text | regex_match("(a+)+$") }}').render(values) == "False"


@pytest.mark.parametrize(
    ("source", "yes"),
    [
        ("1", True),
        (" TRUE \n", True),
        ("ok", True),
        ("{{ payload.up }}", True),
        ("yes", False),
        ("", False),
        ("{{ payload.missing.deeper }}", False),
    ],
)
def test_a_question_is_answered_yes_by_three_words_and_no_by_all_else(source, yes):
    assert says_yes(read_rich(source), {"payload": PAYLOAD}, Allowance(NOW)) is yes


def test_templates_for_one_thing_are_bounded_each_and_together():
    allowance = Allowance(NOW)
    loops = read_rich("{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}")
    plain = read_rich("{{ 1 }}")

    for _ in range(2):
        with pytest.raises(Invalid, match="too much work"):
            allowance.fill(loops, {})
    assert allowance.fill(plain, {}) == "1"
    with pytest.raises(Invalid, match="too much work"):
        allowance.fill(loops, {})
    with pytest.raises(Invalid, match="too much work"):
        allowance.fill(plain, {})


@given(source=st.text(alphabet="{}%|. ()[]'\"abpayload0123\\-+~", max_size=60))
def test_whatever_is_written_is_rendered_or_refused(source):
    with contextlib.suppress(Invalid):
        made(source)
