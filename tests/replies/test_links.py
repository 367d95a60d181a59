from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.ids import ID_MAX
from tocsin.replies.links import PATH, BadLink, Grant, Reply, link, sign, verify

NOW = datetime(2026, 11, 24, 6, 9, tzinfo=UTC)
KEYS = [b"n" * 32, b"o" * 32]
OLD_TOKEN = "AQAAAAAAAAAAAQAAAAAAAAACAAAAAAAAAAMAAAAAAAAABAAAAAAAAAAAAAAAAHDb2IAVvREgZ1Mx9gWnVU4rZhVL"
IDS = st.integers(1, ID_MAX)
GRANTS = st.builds(
    Grant,
    reply=st.sampled_from(Reply),
    workspace=IDS,
    notification=IDS,
    user=st.none() | IDS,
    page=st.none() | IDS,
    alert=st.none() | IDS,
    expires_at=st.integers(1, 200_000_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
)


def grant(**changes):
    fields = {
        "reply": Reply.ACKNOWLEDGE,
        "workspace": 1,
        "notification": 2,
        "user": 3,
        "page": 4,
        "expires_at": NOW + timedelta(days=1),
    }
    return Grant(**(fields | changes))


@given(given=GRANTS)
def test_what_was_granted_is_read_back(given):
    assert verify(sign(given, KEYS), KEYS, NOW) == given


@given(given=GRANTS, place=st.integers(0, 87), letter=st.sampled_from("ABCabc019-_"))
def test_a_token_that_was_changed_anywhere_is_broken(given, place, letter):
    token = sign(given, KEYS)
    changed = token[:place] + letter + token[place + 1 :]

    assert changed == token or verify(changed, KEYS, NOW) is BadLink.BROKEN


@pytest.mark.parametrize(
    "spoil", [str.lower, lambda t: t[:-1], lambda t: t + "A", lambda t: t + "=", lambda _: ""]
)
def test_a_token_that_was_cut_or_padded_on_its_way_is_broken(spoil):
    assert verify(spoil(sign(grant(), KEYS)), KEYS, NOW) is BadLink.BROKEN


@pytest.mark.parametrize("token", ["é" * 88, "\0" * 88, "/" * 88, "+" * 88, "A" * 88, " " * 88])
def test_any_other_text_is_broken(token):
    assert verify(token, KEYS, NOW) is BadLink.BROKEN


def test_a_link_is_good_until_just_before_it_expires():
    token = sign(grant(expires_at=NOW), KEYS)

    assert verify(token, KEYS, NOW - timedelta(microseconds=1)) == grant(expires_at=NOW)
    assert verify(token, KEYS, NOW) is BadLink.EXPIRED


def test_a_link_outlives_a_new_key_and_not_the_loss_of_its_own():
    token = sign(grant(), KEYS[1:])

    assert verify(token, KEYS, NOW) == grant()
    assert verify(token, KEYS[:1], NOW) is BadLink.BROKEN


def test_every_grant_has_a_token_of_its_own():
    changes = [
        {},
        {"user": 9},
        {"user": None},
        {"page": None, "alert": 4},
        {"notification": 9},
        {"workspace": 9},
    ]
    grants = [grant(reply=reply, **change) for reply in Reply for change in changes]

    assert len({sign(each, KEYS) for each in grants}) == len(grants)


def test_a_link_is_short_and_needs_no_escaping():
    address = link("https://tocsin.example.org/", sign(grant(), KEYS))

    assert address.startswith(f"https://tocsin.example.org{PATH}/")
    assert len(address) < 120
    assert (
        address.removeprefix("https://")
        .replace("/", "")
        .replace("-", "")
        .replace("_", "")
        .replace(".", "")
        .isalnum()
    )


def test_links_that_were_sent_stay_good_from_release_to_release():
    """Bytes that are in people's mailboxes: a change here needs a new version beside the old one."""
    old = grant(expires_at=datetime(2030, 1, 1, tzinfo=UTC))

    assert sign(old, [b"k" * 32]) == OLD_TOKEN
    assert verify(OLD_TOKEN, [b"k" * 32], NOW) == old
