import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.httpkit.pages import cursor, cut, keys_of

STORABLE = st.characters(codec="utf-8", exclude_characters="\0")
KEYS = st.integers(-(2**62), 2**62) | st.text(alphabet=STORABLE, max_size=100)


@given(keys=st.lists(KEYS.filter(lambda key: key != ""), max_size=4))
def test_a_cursor_comes_back_as_the_sort_key_that_it_was_made_of(keys):
    text = cursor("alerts", *keys)

    assert keys_of("alerts", text, *[type(key) for key in keys]) == tuple(keys)
    assert text.isascii()


def _raw(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "a",
        "ä",
        _raw("["),
        _raw("{}"),
        _raw("[]"),
        _raw('["alerts"]'),
        _raw('["users", 1]'),
        _raw('["alerts", 1, 2]'),
        _raw('["alerts", "1"]'),
        _raw('["alerts", 1.5]'),
        _raw('["alerts", true]'),
        _raw('["alerts", 9223372036854775808]'),
        _raw("[" * 100_000),
    ],
)
def test_what_no_list_gave_out_is_no_cursor(text):
    with pytest.raises(Invalid) as caught:
        keys_of("alerts", text, int)

    assert caught.value.path == "cursor"


@pytest.mark.parametrize("text", [r"a\u0000", r"a\ud800"])
def test_a_cursor_holds_no_text_that_a_database_would_refuse(text):
    with pytest.raises(Invalid):
        keys_of("users", _raw(f'["users", "{text}"]'), str)


@given(count=st.integers(0, 40), limit=st.integers(1, 10))
def test_going_from_cursor_to_cursor_gives_every_item_once_and_in_order(count, limit):
    given_out: list[int] = []
    after, text = -1, ""
    while text is not None:
        found = range(after + 1, count)[: limit + 1]
        items, text = cut("numbers", found, limit, lambda number: (number,))
        given_out += items
        if text is not None:
            (after,) = keys_of("numbers", text, int)

    assert given_out == list(range(count))
