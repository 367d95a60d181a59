"""Who hears of a shift swap, what, and by which of their ways."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api_world import ADA, NOW, OLA, REA
from tocsin.core.ids import ContactMethodId, ScheduleId, ShiftSwapId, WorkspaceId
from tocsin.core.people import ContactMethod, UserStatus
from tocsin.core.shift_swap import ShiftSwap
from tocsin.core.swap_news import TOLD_MAX, news, way_of

SWAP = ShiftSwap(
    id=ShiftSwapId(1),
    workspace=WorkspaceId(1),
    schedule=ScheduleId(1),
    starts_at=NOW + timedelta(days=1),
    ends_at=NOW + timedelta(days=2),
    beneficiary=REA.id,
    description="A wedding",
    updated_at=NOW,
)
TAKEN = replace(SWAP, benefactor=ADA.id)
USERS = {user.id: user for user in (OLA, ADA, REA)}


def told(was, swap, by=None, users=USERS, now=NOW):
    words = news(was, swap, by=by, schedule="Primary", concerned=set(users), users=users, now=now)
    return {word.user.name: word.text for word in words}


@pytest.mark.parametrize(
    ("was", "swap", "by", "title"),
    [
        (
            None,
            SWAP,
            REA.id,
            {"Ola": "Rea looks for somebody to take over duty on Primary"}
            | {"Ada": "Rea looks for somebody to take over duty on Primary"},
        ),
        (SWAP, TAKEN, ADA.id, {"Rea": "Ada has taken over your duty on Primary"}),
        (
            SWAP,
            TAKEN,
            OLA.id,
            {
                "Rea": "Ada has taken over your duty on Primary",
                "Ada": "You have taken over duty on Primary from Rea",
            },
        ),
        (TAKEN, None, ADA.id, {"Rea": "Ada has taken back a swap: you are on call for Primary again"}),
        (
            TAKEN,
            None,
            REA.id,
            {"Ada": "Rea has taken back a swap: you are not on call for Primary in its place"},
        ),
        (SWAP, None, REA.id, {}),
        (SWAP, replace(SWAP, description="A funeral"), REA.id, {}),
        (TAKEN, replace(TAKEN, description="A funeral"), REA.id, {}),
    ],
)
def test_those_whom_it_concerns_are_told_and_not_whoever_did_it(was, swap, by, title):
    assert {name: text.partition("\n")[0] for name, text in told(was, swap, by).items()} == title


def test_news_say_when_on_the_clocks_of_whoever_reads_them_and_why():
    users = USERS | {ADA.id: replace(ADA, time_zone="Asia/Tokyo")}

    text = told(None, SWAP, REA.id, users)["Ada"]

    assert text.splitlines()[1:] == [
        "From Sat 7 Mar 2026, 18:00 until Sun 8 Mar 2026, 18:00 (Asia/Tokyo)",
        "A wedding",
    ]


def test_what_is_over_concerns_nobody_any_more():
    assert told(TAKEN, None, by=ADA.id, now=TAKEN.ends_at) == {}
    assert told(None, SWAP, by=REA.id, now=SWAP.starts_at) == {}


def test_no_more_than_so_many_are_told():
    crowd = {number: replace(ADA, id=number) for number in range(1_000, 1_200)}

    words = news(None, SWAP, by=None, schedule="x", concerned=set(crowd), users=crowd, now=NOW)

    assert len(words) == TOLD_MAX


def way(channel: str, *, verified: bool = True) -> ContactMethod:
    number = ContactMethodId(hash(channel) & 0xFFFF)
    return ContactMethod(
        id=number, user=ADA.id, channel=channel, address="x", verified_at=NOW if verified else None
    )


@pytest.mark.parametrize(
    ("ways", "chosen"),
    [
        (("voice", "sms", "email"), "email"),
        (("voice", "sms", "push"), "push"),
        (("voice", "sms"), "sms"),
        (("voice",), None),
        ((), None),
    ],
)
def test_news_go_the_calmest_way_and_nobody_is_called(ways, chosen):
    found = way_of(replace(ADA, contact_methods=tuple(map(way, ways))))

    assert (found.channel if found is not None else None) == chosen


def test_nothing_goes_to_an_address_that_is_not_confirmed_or_to_somebody_who_was_let_go():
    assert way_of(replace(ADA, contact_methods=(way("email", verified=False),))) is None
    assert way_of(replace(ADA, status=UserStatus.DEACTIVATED)) is None
