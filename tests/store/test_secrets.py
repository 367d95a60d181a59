"""The vault: what it seals opens only for its own place, with one of its keys."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.store.secrets import BadKeyError, Vault, VaultKey, new_key, token_hash

OLD = VaultKey(name="old", secret=b"o" * 32)
NEW = VaultKey(name="new", secret=b"n" * 32)
vault = Vault([OLD])


@given(st.text(), st.text(max_size=20))
def test_whatever_is_sealed_opens_again(plain, place):
    assert vault.open(vault.seal(plain, place), place) == plain


def test_sealing_twice_gives_two_texts_and_neither_shows_the_secret():
    first, second = vault.seal("very secret", "a"), vault.seal("very secret", "a")

    assert first != second
    assert "very" not in first


def test_what_was_sealed_for_one_place_does_not_open_for_another():
    with pytest.raises(BadKeyError, match="does not open"):
        vault.open(vault.seal("x", "destinations.address:1"), "destinations.address:2")


def test_what_was_tampered_with_does_not_open():
    sealed = vault.seal("x", "a")
    other = "A" if sealed[-6] != "A" else "B"

    with pytest.raises(BadKeyError):
        vault.open(f"{sealed[:-6]}{other}{sealed[-5:]}", "a")


def test_after_a_change_of_keys_the_new_one_seals_and_the_old_one_still_opens():
    both = Vault([NEW, OLD])
    before = vault.seal("x", "a")

    after = both.seal("x", "a")

    assert both.open(before, "a") == both.open(after, "a") == "x"
    with pytest.raises(BadKeyError, match="'new', which the vault does not have"):
        vault.open(after, "a")


def test_fingerprints_are_equal_for_equal_texts_fit_a_column_and_outlive_a_new_key():
    mark = vault.fingerprint("ana@example.com")

    assert mark == Vault([NEW, OLD]).fingerprint("ana@example.com")
    assert mark != vault.fingerprint("ben@example.com")
    assert 0 <= mark < 2**63


def test_keys_for_other_purposes_differ_by_purpose_and_by_key():
    derived = {*Vault([NEW, OLD]).derive("links"), *Vault([NEW, OLD]).derive("sessions")}

    assert len(derived) == 4
    assert Vault([NEW, OLD]).derive("links")[1:] == vault.derive("links")


def test_keys_are_read_as_they_are_made():
    made = Vault.from_text(f"{new_key('b')}, {new_key('a')}")

    assert made.seal("x", "a").startswith("b:")


@pytest.mark.parametrize(
    "text", ["", "a", "a:", "a:!!", "a:c2hvcnQ=", f":{base64.b64encode(NEW.secret).decode()}"]
)
def test_keys_that_are_malformed_are_refused(text):
    with pytest.raises(BadKeyError):
        Vault.from_text(text)


def test_a_token_is_stored_as_its_hash():
    assert token_hash("token") == "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"
