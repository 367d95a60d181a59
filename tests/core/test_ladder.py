from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, person, rules
from tocsin.core.errors import Invalid
from tocsin.core.ids import ContactMethodId, UserId
from tocsin.core.ladder import (
    arrange,
    check_rung,
    move,
    put_after,
    put_in,
    put_up,
    take_away,
    take_out,
    timed,
)

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


# --- rungs by their time --------------------------------------------------------------------------------


def times(ladder):
    return [(rung.channel, after) for rung, after in timed(ladder)]


def test_a_rung_s_time_is_all_the_waiting_before_it():
    assert times(rules(ANA, 2, "email", 5, 1, "sms", "voice", 3)) == [
        ("email", 2 * MINUTE),
        ("sms", 8 * MINUTE),
        ("voice", 8 * MINUTE),
    ]


@pytest.mark.parametrize(
    ("after", "order"),
    [
        (0, ["email", "voice", 5 * MINUTE, "sms"]),
        (2, ["email", 2 * MINUTE, "voice", 3 * MINUTE, "sms"]),
        (5, ["email", 5 * MINUTE, "sms", "voice"]),
        (9, ["email", 5 * MINUTE, "sms", 4 * MINUTE, "voice"]),
        (1_450, ["email", 5 * MINUTE, "sms", 1_440 * MINUTE, 5 * MINUTE, "voice"]),
    ],
)
def test_a_rung_is_put_in_at_its_time(after, order):
    (rung,) = rules(ANA, "voice")

    assert spoken(put_after(LADDER, rung, after * MINUTE)) == order


def test_a_rung_that_is_taken_away_takes_the_waits_along_that_only_it_needed():
    ladder = rules(ANA, "email", 5, "sms", 3, "voice", 2)

    without_middle = take_away(ladder, ladder[2].id)
    without_last = take_away(ladder, ladder[4].id)

    assert spoken(without_middle) == ["email", 8 * MINUTE, "voice"]
    assert spoken(without_last) == ["email", 5 * MINUTE, "sms"]


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3_000)), min_size=1, max_size=12),
    st.lists(st.sampled_from(["email", "sms", 1, 7, 60]), max_size=6),
)
def test_in_whatever_order_rungs_are_put_in_and_taken_away_each_keeps_its_time(steps, before):
    ladder = rules(ANA, *before)
    wanted = {rung.id: after for rung, after in timed(ladder)}

    for which, after in steps:
        positions = {rung.id: rung.position for rung in ladder if rung.id}
        if which > 9 and wanted:
            gone = sorted(wanted)[which % len(wanted)]
            ladder = take_away(ladder, gone)
            del wanted[gone]
        else:
            (rung,) = rules(ANA, "voice")
            ladder = put_after(ladder, rung, after * MINUTE)
            wanted[rung.id] = after * MINUTE
        assert {rung.id: at for rung, at in timed(ladder)} == wanted
        assert [rung.position for rung in ladder] == sorted({rung.position for rung in ladder})
        assert all(rung.position >= positions.get(rung.id, 0) for rung in ladder)


@given(st.permutations(range(6)), st.integers(-1, 5))
def test_arranged_in_any_order_nobody_on_the_ladder_misses_a_rung_that_kept_its_place(order, taken):
    ladder = rules(ANA, *["email"] * 6)

    arranged = arrange(ladder, [ladder[number].id for number in order])

    assert [rung.id for rung in arranged] == [ladder[number].id for number in order]
    assert len({rung.position for rung in arranged}) == 6
    position = ladder[taken].position if taken >= 0 else -1
    stayed = {rung.id for rung in arranged if rung in ladder}
    untaken = {rung.id for rung in ladder[taken + 1 :]}
    assert stayed & untaken <= {rung.id for rung in arranged if rung.position > position}


@pytest.mark.parametrize("came", range(6))
@pytest.mark.parametrize("went", range(6))
@pytest.mark.parametrize("taken", range(-1, 6))
def test_when_one_rung_moves_the_others_are_all_still_ahead_of_whoever_had_not_taken_them(came, went, taken):
    ladder = rules(ANA, *["email"] * 6)
    order = [rung.id for rung in ladder]
    order.insert(went, order.pop(came))

    arranged = arrange(ladder, order)

    position = ladder[taken].position if taken >= 0 else -1
    ahead = {rung.id for rung in arranged if rung.position > position}
    assert {rung.id for rung in ladder[taken + 1 :]} - {ladder[came].id} <= ahead
