from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE, NOW
from tocsin.actions import silences
from tocsin.core.calendar import CronWindow
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.filters import parse
from tocsin.core.ids import UNMADE, ServiceId, SilenceId
from tocsin.core.silence import Silence
from tocsin.store import timers

HOUR = timedelta(hours=1)


def draft(**more):
    values = {
        "id": UNMADE,
        "workspace": UNMADE,
        "name": "Night",
        "filter": parse("severity = info"),
        "starts_at": NOW,
        "ends_at": NOW + HOUR,
    } | more
    return Silence(**values)


@pytest.fixture
def night(office):
    return office.do(silences.create, draft())


def due(office, silence):
    """When the alerts are judged next because of this silence."""
    moments = []
    while (at := office.database.transact(timers.next_due)) is not None:
        found = office.database.transact(lambda tx, at=at: timers.claim_due(tx, now=at, limit=9))
        moments += [each.due for each in found if (each.kind, each.subject) == ("silence", silence.id)]
        office.database.transact(
            lambda tx, f=found: timers.cancel_many(tx, [(each.kind, each.subject) for each in f])
        )
    return moments


def test_a_new_silence_is_in_force_at_once(office, night):
    assert office.run(silences.get, night.id) == night
    assert night.created_by == office.owner.id
    assert due(office, night) == [NOW]


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": NOW + 2 * HOUR},
        {"filter": parse("severity = warning")},
        {"services": frozenset()},
        {"recurring": CronWindow(expression="0 2 * * *", duration=HOUR, time_zone="UTC")},
    ],
)
def test_every_change_has_the_alerts_judged_anew_at_that_moment(office, night, change):
    due(office, night)
    later = NOW + MINUTE

    changed = office.do(silences.change, night.id, lambda was: replace(was, name="N", **change), now=later)

    assert office.run(silences.get, night.id) == changed
    assert due(office, night) == [later]


def test_a_silence_is_ended_or_deleted_and_the_alerts_judged_anew(office, night):
    due(office, night)
    ended = office.do(silences.end, night.id, now=NOW + MINUTE)
    assert ended.ends_at == NOW + MINUTE
    assert due(office, night) == [NOW + MINUTE]

    assert office.do(silences.end, night.id, now=NOW + HOUR) == ended
    assert due(office, night) == []

    office.do(silences.delete, night.id, now=NOW + HOUR)
    assert due(office, night) == [NOW + HOUR]
    with pytest.raises(NotFound):
        office.run(silences.get, night.id)


def test_a_silence_can_be_ended_at_the_instant_at_which_it_began(office, night):
    assert office.do(silences.end, night.id).ends_at > NOW
    assert office.do(silences.end, night.id, now=NOW + MINUTE).ends_at < NOW + MINUTE


def test_a_silence_that_has_not_begun_is_deleted_not_ended(office):
    ahead = office.do(silences.create, draft(starts_at=NOW + MINUTE))

    with pytest.raises(Conflict, match="delete it instead"):
        office.do(silences.end, ahead.id)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"comment": "x" * 1_001}, "comment"),
        ({"ends_at": NOW}, "ends_at"),
        ({"services": frozenset({ServiceId(7)})}, "services"),
        (
            {"recurring": CronWindow(expression="61 * * * *", duration=HOUR, time_zone="UTC")},
            "recurring.expression",
        ),
        (
            {"recurring": CronWindow(expression="0 2 * * *", duration=HOUR, time_zone="Mars/Olympus")},
            "recurring.time_zone",
        ),
    ],
)
def test_a_silence_that_cannot_be_is_refused(office, night, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(silences.change, night.id, lambda was: replace(was, **change))

    assert refused.value.path == path
    assert office.run(silences.get, night.id) == night


def test_silences_are_for_those_who_configure(office, night):
    rita = office.hire("Rita")

    for action, arguments in (
        (silences.create, (draft(),)),
        (silences.change, (night.id, lambda was: was)),
        (silences.end, (night.id,)),
        (silences.delete, (night.id,)),
    ):
        with pytest.raises(Forbidden):
            office.do(action, *arguments, by=rita)
    assert office.run(silences.list_, limit=9, by=rita).items == (night,)
    with pytest.raises(NotFound):
        office.run(silences.get, SilenceId(7))
