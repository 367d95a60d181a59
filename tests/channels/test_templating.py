import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import ChainableUndefined, Environment

from tocsin.channels.template_filters import FILTERS, TESTS
from tocsin.channels.templating import OUTPUT_LENGTH_MAX, SOURCE_LENGTH_MAX, read_template
from tocsin.core.errors import Invalid

VALUES = {
    "title": "Disk full on db-1",
    "drill": False,
    "count": 3,
    "none": None,
    "empty": "",
    "alerts": [
        {
            "title": f"a{number}",
            "severity": "critical" if number % 2 else "info",
            "labels": {"host": f"h{number}"},
        }
        for number in range(5)
    ],
}
HUGE = {
    "big": "x" * 60_000,
    "left": [list(range(50_000))],
    "right": [list(range(50_000))],
    "texts": ["y" * 1000] * 1000,
}


def fill(source, values=VALUES):
    return read_template(source).render(values)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        ("line\n", "line\n"),
        ("{{ title }} {{ count }}", "Disk full on db-1 3"),
        ("{{ drill }} {{ count > 2 }}", "false true"),
        ("<{{ none }}{{ missing }}{{ missing.at.all }}>", "<>"),
        ("{{ missing|default('d') }} {{ empty|d('e', true) }}", "d e"),
        (
            "{{ title|upper }} {{ title|replace('db', 'web')|truncate(12, true) }}",
            "DISK FULL ON DB-1 Disk full...",
        ),
        ("{{ alerts[0].title }} {{ alerts.1.title }} {{ alerts[-1]['title'] }}", "a0 a1 a4"),
        ("{{ alerts[1:3]|map(attribute='title')|join('+') }}", "a1+a2"),
        (
            "{{ alerts|selectattr('severity', 'eq', 'critical')|map(attribute='labels.host')|list }}",
            '["h1", "h3"]',
        ),
        (
            "{{ {'t': title, 'n': alerts|length, 'u': missing}|tojson }}",
            '{"t": "Disk full on db-1", "n": 5, "u": null}',
        ),
        ("{{ alerts[0] }}", '{"title": "a0", "severity": "info", "labels": {"host": "h0"}}'),
        (
            "{% for a in alerts %}{{ loop.index }}{{ ',' if not loop.last }}{% else %}none{% endfor %}",
            "1,2,3,4,5",
        ),
        ("{% for k, v in alerts[0].labels|items %}{{ k }}={{ v }}{% endfor %}", "host=h0"),
        ("{% if 'full' in title and count >= 3 %}yes{% elif drill %}drill{% else %}no{% endif %}", "yes"),
        ("{% set x = title ~ '!' %}{{ x }}{{ x[0] }}", "Disk full on db-1!D"),
        ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
        ("{{ 7 // 2 }} {{ 7 / 2 }} {{ 7 % 4 }} {{ -count + 1 }} {{ 'a' + 'b' }}", "3 3.5 3 -2 ab"),
        ("{{ 2.345|round(1) }} {{ '7'|int + 1 }} {{ [3, 1, 2]|sort }} {{ [1, 2]|sum }}", "2.3 8 [1, 2, 3] 3"),
        ("{{ '<a&b>'|e }} {{ 'a b&c'|urlencode }}", "&lt;a&amp;b&gt; a%20b%26c"),
        ("{% raw %}{{ title }}{% endraw %}{# nothing #}", "{{ title }}"),
        ("{{ title is defined }} {{ other is defined }} {{ count is odd }}", "true false true"),
    ],
)
def test_the_language_is_jinjas(source, text):
    assert fill(source) == text


COMMON = [
    "{{ title }}",
    "{{ title|upper }}",
    "{{ title|lower|title }}",
    "{{ count + 2 * count }}",
    "{{ missing }}",
    "{{ alerts|length }}",
    "{{ alerts[1].title }}",
    "{{ title[2:5] }}",
    "{{ 'x' if count > 2 else 'y' }}",
    "{% for a in alerts %}{{ loop.index0 }}{{ a.title }}{% if loop.first %}!{% endif %} {% endfor %}",
    "{% for a in alerts if a.severity == 'info' %}{{ a.labels.host }}{% endfor %}",
    "{% set n = count %}{{ n ~ n }}",
    "{{ alerts|map(attribute='title')|join('-') }}",
    "{{ title|replace('i', 'o')|trim }}",
    "{{ title|first }}",
    "{{ [count, 1, 2]|max }}",
    "{{ title|default('x') }}",
    "{%- if drill -%} a {%- else -%} b {%- endif -%}",
    "{{ (alerts|first).title }}{{ (alerts|last).title }}",
    "{{ title|truncate(9) }}",
]


@given(parts=st.lists(st.sampled_from(COMMON) | st.text(alphabet="ab \n{%}-#", max_size=8), max_size=8))
def test_what_both_can_do_our_sandbox_does_as_jinja_does(parts):
    source = "".join(parts)
    theirs = Environment(undefined=ChainableUndefined, keep_trailing_newline=True)
    try:
        expected = theirs.from_string(source).render(VALUES)
    except Exception:  # noqa: BLE001 -- whatever it is, we refuse it too
        with pytest.raises(Invalid):
            fill(source)
        return
    assert fill(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__ }}",
        "{{ title['__class__'] }}",
        "{{ alerts.__len__ }}",
        "{{ title.format }}",
        "{{ alerts.append }}",
        "{{ [''.__class__]|map(attribute='__mro__')|list|first }}",
        "{{ alerts|map(attribute='__class__.__init__.__globals__')|list|first }}",
        "{% for a in alerts %}{{ loop.__class__ }}{{ loop._iterable }}{{ loop.__init__ }}{% endfor %}",
    ],
)
def test_no_attribute_of_an_object_can_be_seen(source):
    assert fill(source) == ""


@pytest.mark.parametrize(
    "source",
    [
        "{{ title.upper() }}",
        "{{ ''.join(alerts) }}",
        "{{ '{0.__class__}'.format(title) }}",
        "{{ title|attr('__class__') }}",
        "{{ title|format(1) }}",
        "{{ alerts|map('upper')|list }}",
        "{{ range.__globals__() }}",
        "{{ cycler('a') }}",
        "{{ lipsum() }}",
        "{{ dict() }}",
        "{{ namespace() }}",
        "{{ self }}",
        "{{ self.title() }}",
        "{{ _secret }}",
        "{{ __meter__ }}",
        "{{ '\\0meter' }}{{ \0meter }}",
        "{{ title|\0weighed }}",
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block b %}{% endblock %}",
        "{% filter upper %}x{% endfilter %}",
        "{% set x %}text{% endset %}",
        "{% set alerts.x = 1 %}",
        "{% with x = 1 %}{% endwith %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% for a in alerts recursive %}{% endfor %}",
        "{{ [title]|join(*alerts) }}",
        "{{ 2 ** 3 }}",
    ],
)
def test_there_is_no_way_out(source):
    with pytest.raises(Invalid):
        fill(source)


DOUBLINGS = 40


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 999999999999999999 * 999999999999999999 }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ 1.5|round(999999999) }}",
        "{{ range(1000000000) }}",
        "{% for i in range(1001) %}{% endfor %}",
        "{% for i in range(1000) %}" * 6 + "x" + "{% endfor %}" * 6,
        "{% for i in range(1000) %}" * 2 + "{{ big }}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{% if left == right %}{% endif %}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{% if 'zz' in big %}{% endif %}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{% if [left, right]|sort %}{% endif %}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{{ left[0]|sort|first }}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{{ left[0]|unique|list|length }}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{% set x = left[0][::-1] %}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{% set x = left[0]|reverse|list %}" + "{% endfor %}" * 2,
        "{% for i in range(1000) %}" * 2 + "{{ big|urlencode|length }}" + "{% endfor %}" * 2,
        "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * DOUBLINGS,
        "{% set x = 'ab' %}" + "{% set x = x + x %}" * DOUBLINGS,
        "{% set x = [1] %}" + "{% set x = [x, x] %}" * DOUBLINGS + "{{ x }}",
        "{% set x = [1] %}" + "{% set x = (x, x) %}" * DOUBLINGS + "{{ x == x }}",
        "{% set x = [1] %}" + "{% set x = x + x %}" * DOUBLINGS,
        "{% set x = {'a': 1} %}" + "{% set x = {'a': x, 'b': x} %}" * DOUBLINGS + "{{ x|tojson }}",
        "{{ big|replace('', big) }}",
        "{{ big|replace('x', 'yyyyyyyy') }}",
        "{{ texts|join(big) }}",
        "{{ texts|tojson }}",
        "{{ " + "~".join(["big"] * 2000) + " }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "[" * 300 + "]" * 300 + " }}",
        "{{ 1" + "+1" * 5000 + " }}",
        "{{ " + "not " * 3500 + "1 }}",
        "{% if 1 %}" * 700 + "{% endif %}" * 700,
        "{{ title" + ".a" * 5000 + " }}",
        "x" * (SOURCE_LENGTH_MAX + 1),
    ],
)
def test_nothing_takes_more_time_or_space_than_is_given(source):
    began = time.process_time()
    with pytest.raises(Invalid):
        fill(source, VALUES | HUGE)

    assert time.process_time() - began < 2


def test_output_is_bounded_and_large_enough():
    assert len(fill("{{ big }}" * 4, HUGE)) == 240_000
    with pytest.raises(Invalid, match=f"more than {OUTPUT_LENGTH_MAX} characters"):
        fill("{{ big }}" * 5, HUGE)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("a\n{{ title", "line 2"),
        ("{% endfor %}", "line 1"),
        ("\n\n{{ title.upper() }}", "line 3: nothing can be called but range"),
        ("{{ title|nosuch }}", "No filter named 'nosuch'"),
        ("{{ title is nosuch }}", "No test named 'nosuch'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ title + 1 }}", "needs two numbers"),
        ("{% for x in count %}{% endfor %}", "a loop needs a list"),
    ],
)
def test_a_refusal_says_where_and_what(source, problem):
    with pytest.raises(Invalid) as refusal:
        read_template(source, "options.body").render(VALUES, "options.body")

    assert refusal.value.path == "options.body"
    assert problem in refusal.value.problem


def test_a_template_that_is_read_again_is_not_compiled_again():
    source = "{{ title }} once"

    assert read_template(source) is read_template(source)


def test_values_are_never_changed_and_renderings_do_not_meet():
    template = read_template(
        "{% set title = 'other' %}{{ title }}{% for a in alerts %}{% set a = 1 %}{% endfor %}"
    )
    before = repr(VALUES)

    assert template.render(VALUES) == template.render(VALUES) == "other"
    assert repr(VALUES) == before


def test_every_filter_and_test_is_documented(request):
    text = (request.config.rootpath / "docs" / "templates.md").read_text()

    assert not [name for name in (*FILTERS, *TESTS) if f"`{name}" not in text]


@given(source=st.text(alphabet="{}%#|.()[]'\"~+-*/ \nabeforins0123_=,:", max_size=80))
def test_any_text_is_either_refused_or_rendered(source):
    try:
        assert isinstance(fill(source), str)
    except Invalid:
        return
