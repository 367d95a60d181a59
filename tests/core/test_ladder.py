from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, person, rules
from tocsin.core.errors import Invalid
from tocsin.core.ids import ContactMethodId, UserId
from tocsin.core.ladder import check_rung, move, put_in, put_up, take_out

ANA = UserId(1)
LADDER = rules(ANA, "email", 5, "sms")


def spoken(ladder):
    return [rung.channel or rung.wait for rung in ladder]


@pytest.mark.parametrize(
    ("place", "order"),
    [
        (None, ["email", 5 * MINUTE, "sms", "voice"]),
        (0, ["voice", "email", 5 * MINUTE, "sms"]),
        (1, ["email", "voice", 5 * MINUTE, "sms"]),
        (9, ["email", 5 * MINUTE, "sms", "voice"]),
    ],
)
def test_a_rung_is_put_in_where_it_is_wanted(place, order):
    (rung,) = rules(ANA, "voice")

    assert spoken(put_in(LADDER, rung, place)) == order


def test_a_rung_that_stays_where_it_is_keeps_its_position():
    louder = replace(LADDER[1], wait=9 * MINUTE)

    assert move(LADDER, louder, 1)[1] == replace(louder, position=LADDER[1].position)


def test_a_rung_moves_up_and_down():
    assert spoken(move(LADDER, LADDER[2], 0)) == ["sms", "email", 5 * MINUTE]
    assert spoken(move(LADDER, LADDER[0], 2)) == [5 * MINUTE, "sms", "email"]


@given(st.lists(st.tuples(st.sampled_from(["put", "take", "move"]), st.integers(0, 9)), max_size=30))
def test_whatever_is_done_to_it_a_ladder_stays_in_order_and_nobody_skips_a_rung(changes):
    ladder = LADDER

    for what, place in changes:
        before = {rung.id: rung.position for rung in ladder}
        if what == "put":
            ladder = put_in(ladder, rules(ANA, "voice")[0], place)
            moved = None
        elif ladder and what == "take":
            ladder = take_out(ladder, ladder[place % len(ladder)].id)
            moved = None
        elif ladder:
            moved = ladder[place % len(ladder)].id
            ladder = move(ladder, next(rung for rung in ladder if rung.id == moved), place % 3)

        positions = [rung.position for rung in ladder]
        assert positions == sorted(set(positions))
        assert all(rung.position >= before.get(rung.id, 0) for rung in ladder if rung.id != moved)


def test_a_new_ladder_is_all_ahead_of_whoever_stands_on_the_old_one():
    new = put_up(LADDER, rules(ANA, "voice", 1))

    assert spoken(new) == ["voice", MINUTE]
    assert new[0].position > LADDER[-1].position


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"channel": None, "wait": timedelta(0)}, "wait is 0 seconds; it must be 1 to 86400 seconds"),
        (
            {"channel": None, "wait": timedelta(days=2)},
            "wait is 172800 seconds; it must be 1 to 86400 seconds",
        ),
        ({"contact_method": ContactMethodId(9)}, "contact_method is none of Ana's"),
        ({"channel": "sms"}, "channel is sms, and the contact method's is not; it must be email"),
    ],
)
def test_a_rung_that_reaches_nothing_is_refused(change, said):
    ana = person("Ana", "email", ladder=("email",))
    rung = replace(ana.rules[0], contact_method=ana.contact_methods[0].id)
    check_rung(rung, ana)

    with pytest.raises(Invalid, match=said):
        check_rung(replace(rung, **change), ana)
