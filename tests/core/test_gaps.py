"""What keeps a page from somebody is found before a night shows it."""

from dataclasses import replace
from datetime import timedelta

import builders
from builders import NOW
from tocsin.core import gaps
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPolicy, NotifyTargets, ScheduleTarget, Step, UserTarget
from tocsin.core.ids import EscalationPolicyId, StepId
from tocsin.core.people import UserStatus


def _directory(person, asked, *, schedule=None):
    plan = builders.plan(Step(id=StepId(1), action=NotifyTargets(targets=(asked,))))
    policy = EscalationPolicy(id=EscalationPolicyId(5), workspace=builders.WORKSPACE, name="Ops", plan=plan)
    return Directory(
        workspace=builders.WORKSPACE,
        name="Home",
        version=1,
        users={person.id: person},
        schedules={schedule.id: schedule} if schedule else {},
        escalation_policies={policy.id: policy},
        catch_all=policy.id,
    )


def test_a_sound_configuration_has_no_gaps():
    ana = builders.person("Ana", "email")

    assert gaps.find(_directory(ana, UserTarget(user=ana.id)), NOW) == ()


def test_somebody_who_is_asked_and_has_no_verified_address_is_named():
    ana = replace(builders.person("Ana", "email"), contact_methods=())

    found = gaps.find(_directory(ana, UserTarget(user=ana.id)), NOW)

    assert any("Ana cannot be reached" in each for each in found)


def test_somebody_who_left_and_is_still_asked_is_named():
    ana = replace(builders.person("Ana", "email"), status=UserStatus.DEACTIVATED)

    found = gaps.find(_directory(ana, UserTarget(user=ana.id)), NOW)

    assert any("Ana is deactivated" in each for each in found)


def test_a_hole_in_a_schedule_that_is_asked_is_measured():
    ana = builders.person("Ana", "email")
    whole = builders.schedule("Primary", ana)
    ends = NOW + timedelta(days=13, hours=23, minutes=59)
    short = replace(whole, layers=(replace(whole.layers[0], end_date=ends),))

    found = gaps.find(_directory(ana, ScheduleTarget(schedule=short.id), schedule=short), NOW)

    assert any("nobody is on call for Primary for 1 minute" in each for each in found)


def test_a_workspace_without_a_catch_all_is_told_so():
    ana = builders.person("Ana", "email")
    directory = replace(_directory(ana, UserTarget(user=ana.id)), catch_all=None)

    assert any("there is no catch-all" in each for each in gaps.find(directory, NOW))
