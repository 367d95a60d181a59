"""Whatever comes in: a clear refusal, nothing changed, and never a fault of ours."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_world import API
from native_office import KINDS, NAMES

every_kind = pytest.mark.parametrize("kind", KINDS, ids=NAMES)

BROKEN = {
    "nothing": b"",
    "blank": b"  ",
    "truncated": b'{"name": "x',
    "not json": b"name=x",
    "nan": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "too large a number": b'{"name": 1e999}',
    "a number of 5,000 digits": b'{"name": ' + b"9" * 5_000 + b"}",
    "half a surrogate": b'{"name": "\\ud800"}',
    "not utf-8": b'{"name": "\xff"}',
    "nul": b'{"name": "a\\u0000b"}',
    "a list": b"[]",
    "text": b'"x"',
    "null": b"null",
    "a number": b"7",
    "deep": b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep in a field": b'{"mapping": ' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000 + b"}",
    "a key twice": b'{"name": 1, "name": 2}',
    "another type": b'{"name": {"a": [1]}}',
    "a field that is null": b'{"name": null}',
}


def send(api, method, path, content, kind):
    headers = {"content-type": "application/json"}
    return api.call(method, API + path, as_=kind.writer, content=content, headers=headers)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@every_kind
def test_a_body_that_is_broken_is_refused_and_changes_nothing(api, kind, broken):
    made = kind.make(api)
    one = f"{kind.path}/{made['id']}"
    before = api.get(API + one, as_=kind.reader)

    answers = [send(api, "POST", kind.path, broken, kind)]
    if kind.patch:
        answers.append(send(api, "PATCH", one, broken, kind))

    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert api.get(API + one, as_=kind.reader) == before


@every_kind
def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(api, kind):
    answer = send(api, "POST", kind.path, b'{"name": "' + b"x" * 10_000_000 + b'"}', kind)

    assert answer.status_code == 413


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
@every_kind
def test_a_body_of_another_kind_is_refused(api, kind, media):
    answer = api.call(
        "POST", API + kind.path, as_=kind.writer, content=b"{}", headers={"content-type": media}
    )

    assert answer.status_code == 415


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        [
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+23:59",
            "2026-03-29T02:30:00+01:00",
            "2026-02-30",
            "24:00:00",
            "23:59:60",
            "Mars/Olympus",
            "localtime",
            "* * * * *",
            "0 0 30 2 *",
            10**18,
            -(10**18),
            2**63,
            0.1,
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@every_kind
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_value_that_does_not_belong_there_is_no_fault_of_ours(api, kind, data):
    """One value of a good body is replaced by junk, at any depth; it may be taken, or must be refused."""
    body = data.draw(spoilt(kind.body))

    answer = api.call("POST", API + kind.path, body, as_=kind.writer)

    assert answer.status_code in {201, 400, 403, 409}, answer.text
    if answer.status_code == 400:
        (error,) = answer.json()["errors"]
        assert error["path"] or "body" in error["problem"]
    if answer.status_code == 201 and kind.patch:
        read = api.get(f"{API}{kind.path}/{answer.json()['id']}", as_=kind.reader)
        changed = api.call("PATCH", f"{API}{kind.path}/{read['id']}", kind.patch, as_=kind.writer)
        assert changed.status_code == 200, changed.text


@st.composite
def spoilt(draw, body):
    """Replace one value inside *body*."""
    if isinstance(body, dict) and body and not draw(st.sampled_from([True] + [False] * 6)):
        name = draw(st.sampled_from(sorted(body)))
        return body | {name: draw(spoilt(body[name]))}
    if isinstance(body, list) and body and not draw(st.sampled_from([True] + [False] * 6)):
        place = draw(st.integers(0, len(body) - 1))
        return [*body[:place], draw(spoilt(body[place])), *body[place + 1 :]]
    return draw(JUNK)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("if-match", "7"),
        ("if-match", '"a'),
        ("if-none-match", "x"),
        ("idempotency-key", "ä"),
        ("idempotency-key", ""),
    ],
)
def test_a_header_that_is_malformed_is_named(api, header, value):
    kind = KINDS[4]
    one = f"{kind.path}/{kind.make(api)['id']}"
    method, body = ("POST", kind.body) if header == "idempotency-key" else ("PATCH", kind.patch)
    if header == "if-none-match":
        method, body = "GET", None

    path = kind.path if method == "POST" else one
    answer = api.call(method, path, body, as_="admin", headers={header: value.encode()})

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["path"].lower() == header
