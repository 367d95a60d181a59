from collections.abc import Callable
from string import hexdigits
from uuid import RFC_4122, UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.core import spelling
from tocsin.core.ids import ID_MAX, compose

ids = st.integers(0, ID_MAX) | st.builds(
    compose, st.integers(1_790_000_000_000, 1_800_000_000_000), st.just(7)
)
SPELLINGS: dict[str, tuple[Callable[[int], str], Callable[[str], int | None]]] = {
    "ours": (lambda number: spelling.native("alert", number), spelling.from_native),
    "uuid": (spelling.to_uuid, spelling.from_uuid),
    "lettered": (lambda number: spelling.to_lettered("SSR", number), spelling.from_lettered),
    "24 digits": (spelling.to_hex_24, spelling.from_hex_24),
    "32 digits": (lambda number: spelling.to_hex_32("altpl_", number), spelling.from_hex_32),
}
every_spelling = pytest.mark.parametrize(("write", "read"), SPELLINGS.values(), ids=SPELLINGS)


@every_spelling
@given(number=ids)
@example(number=0)
@example(number=ID_MAX)
def test_every_spelling_reads_back_as_the_id_it_was_written_for(write, read, number):
    assert read(write(number)) == number
    assert spelling.from_any(write(number)) == number


@every_spelling
@given(one=ids, other=ids)
def test_two_ids_are_never_spelled_alike(write, read, one, other):
    assert (write(one) == write(other)) == (one == other)


@given(number=ids)
def test_no_spelling_of_an_id_can_be_taken_for_another_spelling(number):
    for name, (write, _) in SPELLINGS.items():
        readers = {other for other, (_, read) in SPELLINGS.items() if read(write(number)) is not None}

        assert readers == {name}


@given(text=st.text() | st.text(hexdigits + "-_ABCabcoOiIlL019", max_size=40) | st.binary().map(repr))
def test_junk_is_nobody_s_id_and_harms_nothing(text):
    for write, read in SPELLINGS.values():
        number = read(text)

        assert (
            number is None or write(number)[-12:] == text[-12:].lower() or write(number)[-12:] == text[-12:]
        )


@every_spelling
@given(number=ids, place=st.integers(0, 60), letter=st.characters())
def test_a_spelling_with_one_letter_changed_is_malformed_or_another_thing(write, read, number, place, letter):
    text = write(number)
    changed = text[: place % len(text)] + letter + text[place % len(text) + 1 :]

    if changed.lower() != text.lower() and changed[-12:] != text[-12:]:
        assert read(changed) != number


@given(uuid=st.uuids() | st.uuids(version=4))
def test_a_uuid_that_another_server_made_is_not_ours(uuid):
    assert spelling.from_uuid(str(uuid)) is None


@given(digits=st.text("0123456789abcdef", min_size=24, max_size=24))
def test_an_object_id_that_another_server_made_is_not_ours(digits):
    assert spelling.from_hex_24(digits) is None


@given(number=ids)
def test_our_uuids_are_uuids_to_everybody(number):
    uuid = UUID(spelling.to_uuid(number))

    assert (uuid.version, uuid.variant) == (8, RFC_4122)


def test_uuids_and_hexadecimal_digits_may_come_in_capitals():
    number = compose(1_790_000_000_000, 12_345)

    assert spelling.from_uuid(spelling.to_uuid(number).upper()) == number
    assert spelling.from_hex_24(spelling.to_hex_24(number).upper()) == number
    assert spelling.from_hex_32(f"altpl_{spelling.to_hex_32('', number).upper()}") == number


def test_ids_are_spelled_as_they_always_were():
    number = compose(1_790_000_000_000, 12_345)

    assert spelling.native("alert", number) == "alrt_d0rh86r00c1s"
    assert spelling.to_uuid(number) == "6831141b-0003-8039-b8a2-46bfe961751a"
    assert spelling.to_lettered("I", number) == "IGYKJPV9Z6V1H"
    assert spelling.to_hex_24(number) == "6831141b000303995a9c4a8d"
    assert spelling.to_hex_32("altpl_", number) == "altpl_6831141b0003039cc10da3cad4a673b0"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing is no id"),
        ("alrt_d0rh86r00c1S", "our own spelling is lower-case"),
        ("alrt_d0rh86r00c1s\n", "nothing may follow"),
        ("alrt_d0rh86r00c1", "a letter is missing"),
        ("alrt_d0rh86r00clo", "l and o are not in the alphabet"),
        ("thing_d0rh86r00c1s", "there is no such kind"),
        ("I999999999999", "more than 60 bits"),
        ("IGYKJPV9Z6V1O", "there is no O"),
        ("6831141b00038039b8a246bfe961751a", "a UUID has its hyphens"),
        ("6831141b-0003-4039-b8a2-46bfe961751a", "of another version"),
        ("６831141b000303995a9c4a8d", "digits of another script"),
        ("6831141b000303995a9c4a8e", "the check is wrong"),
        ("6831141b0003039cc10da3cad4a673b0", "a prefix is missing"),
    ],
)
def test_whatever_is_not_written_as_we_write_it_is_nobody_s_id(text, why):
    assert spelling.from_any(text) is None, why


def test_an_id_is_read_as_the_kind_of_thing_that_is_asked_for():
    text = spelling.native("alert", 77)

    assert spelling.from_native(text, "alert") == 77
    assert spelling.from_native(text, "page") is None
    assert spelling.from_lettered(spelling.to_lettered("I", 77), "U") is None
    assert spelling.from_hex_32(spelling.to_hex_32("altpl_", 77), "notify_") is None


def test_each_kind_has_a_prefix_of_its_own():
    assert len(set(spelling.PREFIXES.values())) == len(spelling.PREFIXES)


@given(st.lists(st.integers(0, ID_MAX)))
def test_many_ids_are_spelled_as_each_by_itself(identifiers):
    ids = [near for each in identifiers for near in (each, min(each + 1, ID_MAX))]

    assert spelling.native_many("event", ids) == [spelling.native("event", each) for each in ids]
