import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.sources.mapping import FIELDS, SIZE_MAX, check_mapping

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=4), below, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "mapping",
    [
        {"title": "$.title"},
        {"title": "{{ monitor.name }} is down", "each": "$.alerts[*]"},
        {"title": "an event", "severity": {"value": "warning"}, "host": None},
        {"title": 5},
        {"title": "$5 are missing", "source": "@here"},
        {
            "title": "$.t",
            "dedup_key": "$.id",
            "status": {"path": "$.s", "values": {"0": "firing", "1": "resolved"}, "default": "firing"},
            "severity": {"template": "{{ level }}", "values": {"5": "critical", "0": "ok"}},
            "labels": {"*": "$.tags", "team": {"value": "data"}},
            "dimensions": "$.dimensions",
            "links": ["$.url", "https://example.org/{{ id }}"],
            "images": "$.image",
            "metric": {"name": "load", "value": "$.value"},
            "details": {"raw": "$.raw"},
        },
    ],
)
def test_a_mapping_that_can_be_used_is_taken(mapping):
    check_mapping(mapping)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({}, "mapping.title is missing; it must say where the title is, or give one"),
        ({"title": None}, "mapping.title is missing"),
        (
            {"title": "x", "titel": "y"},
            "mapping.titel is no field of an event; it must be one of each, dedup_key",
        ),
        (
            {"title": "x", "status": "$.s"},
            "mapping.dedup_key is missing; it must be given together with status",
        ),
        (
            {"title": []},
            "mapping.title is no rule; it must be a path, a template, or an object with one of them",
        ),
        (
            {"title": {}},
            "mapping.title does not say where its value is; it must have one of path, template and value",
        ),
        ({"title": {"path": "$.a", "value": "b"}}, "mapping.title does not say where its value is"),
        (
            {"title": {"path": "$.a", "defualt": "b"}},
            "mapping.title.defualt is not known; it must be one of path",
        ),
        ({"title": {"path": 5}}, "mapping.title.path is not text"),
        ({"title": {"template": 5}}, "mapping.title.template is not text"),
        ({"title": {"value": ["a"]}}, "mapping.title.value is neither text nor a number"),
        ({"title": {"path": "$.a", "default": {}}}, "mapping.title.default is neither text nor a number"),
        ({"title": {"path": "$.a", "values": ["b"]}}, "mapping.title.values is not an object"),
        (
            {"title": {"path": "$.a", "values": {"b": []}}},
            "mapping.title.values.b is neither text nor a number",
        ),
        ({"title": "$..a"}, "mapping.title is '$..a', which is no path from column 2 on"),
        ({"title": "{{ a"}, "mapping.title has an error in line 1"),
        ({"title": "{{ a() }}"}, "mapping.title has an error in line 1: nothing can be called but range()"),
        ({"title": "x", "each": "alerts"}, "mapping.each is 'alerts', which is no path"),
        ({"title": "x", "each": ["$.a"]}, "mapping.each is not text; it must be a path such as $.alerts[*]"),
        (
            {"title": "x", "severity": {"path": "$.s", "values": {"1": "bad"}}},
            "mapping.severity.values.1 is 'bad'; it must be one of critical, error",
        ),
        (
            {"title": "x", "dedup_key": "k", "status": {"path": "$.s", "default": "open"}},
            "mapping.status.default is 'open'; it must be one of firing, acknowledged, resolved",
        ),
        ({"title": "x", "severity": {"value": "bad"}}, "mapping.severity.value is 'bad'"),
        ({"title": "x", "labels": {"a": {"path": "a"}}}, "mapping.labels.a is 'a', which is no path"),
        (
            {"title": "x", "labels": {"*": "{{ tags }}"}},
            "mapping.labels.* is no path; it must be a path to the labels",
        ),
        ({"title": "x", "labels": "team"}, "mapping.labels.* is no path"),
        ({"title": "x", "links": ["$.a", {}]}, "mapping.links[1] does not say where its value is"),
        ({"title": "x", "metric": "$.m"}, "mapping.metric is not an object"),
        (
            {"title": "x", "metric": {"value": "$.v"}},
            "mapping.metric.name is missing; it must say what is measured",
        ),
        ({"title": "x", "metric": {"name": "a", "unit": "b"}}, "mapping.metric.unit is not known"),
        ({"title": "x", "details": "$.d"}, "mapping.details is not an object"),
        (
            {"title": "x", "labels": {str(number): "y" for number in range(201)}},
            "mapping.labels has too many rules",
        ),
        ({"title": "x" * SIZE_MAX}, f"it must have at most {SIZE_MAX}"),
        ({"title": "a\0b"}, "mapping.title contains the character U+0000"),
        ({"title": "a\ud800b"}, "mapping cannot be stored; it must be JSON without lone surrogates"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_named_by_its_path(mapping, said):
    with pytest.raises(Invalid) as refusal:
        check_mapping(mapping)

    assert said in str(refusal.value)


@given(mapping=st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), JSON | st.just("$.a")))
def test_any_json_is_a_mapping_or_refused_by_name(mapping):
    try:
        check_mapping(mapping)
    except Invalid as refusal:
        named = refusal.path

        assert named.startswith("mapping")
