from dataclasses import replace
from datetime import time, timedelta

from builders import NOW, destination, person, plan, schedule, step, target
from tocsin.core.calendar import Restriction
from tocsin.core.differences import differences
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.filters import parse
from tocsin.core.ids import EscalationPolicyId, SilenceId
from tocsin.core.people import Role
from tocsin.core.silence import Silence
from tocsin.core.spelling import native

ANA, BEN = person("Ana"), person("Ben")


def test_only_what_differs_is_told_before_and_after():
    changed = replace(ANA, name="Ana Alba", role=Role.ADMIN)

    assert differences(ANA, changed) == {
        "name": {"before": "Ana", "after": "Ana Alba"},
        "role": {"before": "responder", "after": "admin"},
    }
    assert differences(ANA, ANA) == {}


def test_what_was_made_or_deleted_is_told_whole_without_what_says_nothing():
    place = destination("Ops")

    made = differences(None, place)

    assert made == {
        "name": {"before": None, "after": "Ops"},
        "channel": {"before": None, "after": "webhook"},
        "address": {"before": None, "after": place.address},
    }
    gone = differences(place, None)
    assert {name: (each["before"], each["after"]) for name, each in gone.items()} == {
        name: (each["after"], None) for name, each in made.items()
    }


def test_secrets_are_told_to_have_changed_and_no_more():
    place = replace(destination("Ops"), secret="whsec_one")

    told = differences(place, replace(place, secret="whsec_two"), hidden=frozenset({"secret", "address"}))

    assert told == {"secret": {"before": "***", "after": "***"}}


def test_ids_are_spelled_and_times_are_written_for_people():
    was = schedule("Primary", ANA, None)
    hours = Restriction(start_day=0, start_time=time(9), end_day=4, end_time=time(17))
    layer = replace(was.layers[0], members=(BEN.id, None), restrictions=(hours,), end_date=NOW)

    after = differences(was, replace(was, layers=(layer,)))["layers"]["after"][0]

    assert after["members"] == [native("user", BEN.id), None]
    assert after["end_date"] == "2026-03-06T09:00:00Z"
    assert after["restrictions"][0]["start_time"] == "09:00:00"


def test_filters_sets_and_plans_are_told():
    quiet = Silence(
        id=SilenceId(1), workspace=ANA.workspace, name="Night", filter=parse("severity = info"), starts_at=NOW
    )
    policy = EscalationPolicy(
        id=EscalationPolicyId(2),
        workspace=ANA.workspace,
        name="Backend",
        plan=plan(step(target(ANA), after=5)),
    )

    assert differences(None, quiet)["filter"]["after"] == "severity = info"
    first = differences(None, policy)["plan"]["after"]["steps"][0]
    assert first["after"] == timedelta(minutes=5).total_seconds()
    assert first["action"]["targets"] == [{"user": native("user", ANA.id), "via": []}]
