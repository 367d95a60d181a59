import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.httpkit.bodies import DRAIN_MAX, JsonReader, read_body, read_form, refuse_body, require_json
from tocsin.httpkit.errors import ClientGone, TooLarge, UnsupportedMedia


class Thing(msgspec.Struct):
    name: str = ""
    parts: list[str] = []
    labels: dict[str, str] = {}
    size: float = 0.0


THINGS = JsonReader(Thing)


class Client:
    """A client that sends *parts*, and hangs up after them unless they are *whole*."""

    def __init__(self, *parts: bytes, whole: bool = True) -> None:
        self._messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if whole:
            self._messages[-1]["more_body"] = False
        self.taken = 0
        self.sent: list[dict[str, object]] = []

    async def receive(self):
        if self.taken == len(self._messages):
            return {"type": "http.disconnect"}
        self.taken += 1
        return self._messages[self.taken - 1]

    async def send(self, message):
        self.sent.append(message)


def _read(client: Client, *headers: tuple[bytes, bytes], limit: int = 10) -> bytes:
    return asyncio.run(read_body(headers, client.receive, limit=limit))


def test_a_body_comes_in_as_many_parts_as_it_likes():
    assert _read(Client(b"12345", b"", b"67890")) == b"1234567890"


def test_a_body_that_says_it_is_too_large_is_not_read():
    client = Client(b"12345678901")

    with pytest.raises(TooLarge) as caught:
        _read(client, (b"content-length", b"11"))

    assert (caught.value.more, client.taken) == (True, 0)


@pytest.mark.parametrize(
    ("parts", "read", "more"),
    [
        ((b"12345678901",), 1, False),
        ((b"12345", b"678901"), 2, False),
        ((b"12345678901", b"2", b"3"), 1, True),
    ],
)
def test_a_body_that_turns_out_too_large_is_read_no_further(parts, read, more):
    client = Client(*parts)

    with pytest.raises(TooLarge) as caught:
        _read(client)

    assert (client.taken, caught.value.more) == (read, more)


def test_a_body_that_stays_within_the_limit_to_the_byte_is_taken():
    assert _read(Client(b"1234567890"), (b"content-length", b"10")) == b"1234567890"


def test_a_client_that_hangs_up_is_not_answered():
    with pytest.raises(ClientGone):
        _read(Client(b"123", whole=False))


def test_a_compressed_body_is_refused_before_it_is_read():
    client = Client(b"123")

    with pytest.raises(UnsupportedMedia):
        _read(client, (b"content-encoding", b"gzip"))

    assert client.taken == 0


ANSWER = [
    {"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"2")]},
    {"type": "http.response.body", "body": b"no"},
]


def _refuse(client: Client, *headers: tuple[bytes, bytes]) -> None:
    asyncio.run(refuse_body(ANSWER, headers, client.receive, client.send))


def test_a_refused_body_is_drained_only_so_far():
    client = Client(*[b"x" * 65536] * 400)

    _refuse(client)

    assert client.taken == DRAIN_MAX // 65536 + 1
    assert client.sent == [
        {**ANSWER[0], "headers": [(b"content-length", b"2"), (b"connection", b"close")]},
        {**ANSWER[1], "more_body": True},
        {"type": "http.response.body", "body": b""},
    ]


def test_a_client_that_waits_for_leave_to_send_is_not_given_it():
    client = Client(b"x")

    _refuse(client, (b"expect", b"100-continue"))

    assert client.taken == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is empty; it must be JSON"),
        (b" \n", "the body is empty; it must be JSON"),
        (b'{"name": "a', "the body is not whole JSON: it ends too early"),
        (b"{name: 1}", "the body is not JSON: object keys must be strings (byte 1)"),
        (b'{"size": NaN}', "the body is not JSON: invalid character (byte 9)"),
        (b'{"size": Infinity}', "the body is not JSON: invalid character (byte 9)"),
        (b'{"size": -Infinity}', "the body is not JSON: invalid character (byte 10)"),
        (b'{"size": 1e999}', "size is out of range; it must be a number"),
        (b'{"name": "\xff"}', "the body is not UTF-8 text"),
        (
            b'{"name": "\\ud800 and more"}',
            "the body is not JSON: unexpected end of escaped utf-16 surrogate pair (byte 16)",
        ),
        (b'{"name": "\\ud800"}', "the body is not JSON: it ends too early, or holds half a surrogate pair"),
        (b'{"name": "\\udc00 and more"}', "the body is not JSON: invalid utf-16 surrogate pair (byte 16)"),
        (b'{"parts": ["a", "b\\u0000c"]}', "parts[1] holds a NUL character; it must be text without one"),
        (b'{"labels": {"a": "\\u0000"}}', "labels.a holds a NUL character; it must be text without one"),
        (b'{"labels": {"\\u0000": "a"}}', "labels holds a NUL character; it must be text without one"),
        (b"[]", "the body is a list of 0; it must be an object"),
        (b"null", "the body is null; it must be an object"),
        (b'{"zzz": ' + b"[" * 100_000, "the body is nested too deeply"),
        (b'{"zzz": ' + b'{"a":' * 100_000, "the body is nested too deeply"),
        (b'{"a": 1} trailing', "the body is not JSON: trailing characters (byte 10)"),
    ],
)
def test_a_body_that_is_not_right_is_refused_with_its_fault(body, said):
    with pytest.raises(Invalid) as caught:
        THINGS.read(body)

    assert str(caught.value) == said


def test_of_two_equal_keys_the_later_counts():
    assert THINGS.read(b'{"name": "a", "name": "b"}').name == "b"


def test_text_that_only_speaks_of_nul_is_taken():
    assert THINGS.read(b'{"name": "\\\\u0000"}').name == "\\u0000"


def test_a_reader_that_deals_with_nul_is_given_it():
    assert JsonReader(Thing, keeps_nul=True).read(b'{"name": "a\\u0000b"}').name == "a\0b"


@given(
    body=st.binary(max_size=200) | st.text(alphabet='{}[]":,\\u0d8 name1e+-.tfn', max_size=80).map(str.encode)
)
def test_whatever_a_body_holds_it_is_a_thing_or_invalid(body):
    try:
        thing = THINGS.read(body)
    except Invalid:
        return

    assert isinstance(thing, Thing)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json",
        "application/json; charset=UTF-8",
        "Application/JSON",
        "application/vnd.api+json",
    ],
)
def test_json_comes_under_several_names(content_type):
    require_json(content_type)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "text/json"],
)
def test_what_is_not_json_is_refused(content_type):
    with pytest.raises(UnsupportedMedia):
        require_json(content_type)


def test_a_form_keeps_each_value_in_order():
    assert read_form(b"a=1&b=%C3%A4+x&a=&c=") == {"a": ["1", ""], "b": ["ä x"], "c": [""]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"a=%ff", "the form is not percent-encoded UTF-8 text"),
        (b"a=\xc3\xa4", "the form is not percent-encoded UTF-8 text"),
        (b"a=%00", "a[0] holds a NUL character; it must be text without one"),
        (b"a&" * 1001, "the form has more than 1000 fields"),
    ],
)
def test_a_form_that_is_not_right_is_refused(body, said):
    with pytest.raises(Invalid) as caught:
        read_form(body)

    assert str(caught.value) == said
