import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.sources.paths import is_path, parse_path

DOCUMENT = {
    "alerts": [{"labels": {"host": "db-1", "team name": "data"}}, {"labels": {"host": "db-2"}}],
    "state": "alerting",
    "a.b": {'c"]': 1},
    "empty": [],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=4), below, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [DOCUMENT]),
        ("$.state", ["alerting"]),
        ("$.alerts[0].labels.host", ["db-1"]),
        ("$.alerts[-1].labels.host", ["db-2"]),
        ("$.alerts[*].labels.host", ["db-1", "db-2"]),
        ("$.alerts.*.labels.host", ["db-1", "db-2"]),
        ("$.alerts[0].labels.*", ["db-1", "data"]),
        ('$.alerts[0].labels["team name"]', ["data"]),
        ("$['state']", ["alerting"]),
        (r'$["a.b"]["c\"]"]', [1]),
        ("$.alerts[ 1 ].labels.host", ["db-2"]),
        ("$.alerts[7].labels.host", []),
        ("$.alerts.labels", []),
        ("$.state.deeper", []),
        ("$.state[0]", []),
        ("$.empty[*]", []),
        ("$.nothing", []),
        ("@.labels.host", ["db-2"]),
        ("@", [DOCUMENT["alerts"][1]]),
    ],
)
def test_a_path_walks_to_its_values(path, found):
    parsed = parse_path(path, where="x")

    assert parsed.find(document=DOCUMENT, item=DOCUMENT["alerts"][1]) == found


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("$..host", 2),
        ("$.alerts[?(@.x)]", 9),
        ("$.alerts[0:2]", 9),
        ("$.alerts[0,1]", 9),
        ("$.alerts[", 9),
        ("$.", 2),
        ("$.a b", 4),
        ("$.alerts[99999999999]", 9),
        ('$["open', 2),
    ],
)
def test_what_would_search_or_compute_is_refused_with_its_column(path, column):
    with pytest.raises(Invalid, match=f"from column {column} on") as refusal:
        parse_path(path, where="mapping.host")

    assert refusal.value.path == "mapping.host"


@pytest.mark.parametrize("path", ["", "host", "alerts[0]", "$5", "$.a" * 200, "$" + ".a" * 21])
def test_other_text_is_no_path(path):
    with pytest.raises(Invalid):
        parse_path(path, where="x")


@pytest.mark.parametrize(
    ("text", "path"),
    [("$", True), ("$.a", True), ("@[0]", True), ("$5", False), ("@here", False), ("{{ a }}", False)],
)
def test_a_path_is_told_from_other_text_by_how_it_begins(text, path):
    assert is_path(text) is path


@given(document=JSON, path=st.text(alphabet="$@.[]*'\"a0-\\ "))
def test_whatever_is_written_is_walked_or_refused(document, path):
    try:
        parsed = parse_path(path, where="x")
    except Invalid:
        return

    parsed.find(document=document, item=document)


@given(name=st.text(min_size=1).filter(lambda name: "\\" not in name and '"' not in name), value=JSON)
def test_any_name_can_be_written_in_quotes(name, value):
    assert parse_path(f'$["{name}"]', where="x").find(document={name: value}, item=None) == [value]
