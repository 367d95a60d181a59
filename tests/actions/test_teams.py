from dataclasses import replace

import pytest

from builders import NOW, schedule
from routing_builders import policy, rule
from tocsin.actions import alert_policies, schedules, services, teams
from tocsin.core.alert_policy import Scope
from tocsin.core.errors import Conflict, Forbidden, InUse, Invalid, NotFound
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, AlertPolicyId, RuleId, TeamId, UserId, WorkspaceId
from tocsin.core.people import Role, Team, TeamRole


def draft(name="Database", *members, **more):
    return Team(
        id=TeamId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=name,
        handle="",
        members=members,
        roles=dict.fromkeys(members, TeamRole.MEMBER),
        **more,
    )


def test_a_team_gets_a_handle_of_its_name(office):
    team = office.do(teams.create, draft("Data Platform"))

    assert team.handle == "data-platform"
    assert office.run(teams.get, team.id) == team
    with pytest.raises(Conflict, match="handle"):
        office.do(teams.create, draft("data platform"))


def test_members_join_get_roles_and_leave_in_order(office):
    ana, ben = office.hire("Ana"), office.hire("Ben")
    team = office.do(teams.create, draft("Database", ana.user))

    office.do(teams.put_member, team.id, ben.user, TeamRole.ADMIN)
    office.do(teams.put_member, team.id, ana.user, TeamRole.ADMIN)
    left = office.do(teams.take_member, team.id, ana.user)

    assert (left.members, dict(left.roles)) == ((ben.user,), {ben.user: TeamRole.ADMIN})
    with pytest.raises(NotFound):
        office.do(teams.take_member, team.id, ana.user)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"handle": "No!"}, "handle"),
        ({"members": (UserId(7),)}, "members[0].user_id"),
    ],
)
def test_a_team_that_cannot_be_is_refused(office, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(teams.create, replace(draft(), **change))

    assert refused.value.path == path


def test_a_team_that_is_in_use_is_not_deleted_and_the_refusal_says_where(office):
    team = office.do(teams.create, draft())
    rota = replace(schedule("Primary", office.owner), id=UNMADE, teams=(team.id,))
    rota = office.do(schedules.create, replace(rota, layers=()))
    office.do(services.change, office.service.id, lambda was: replace(was, team=team.id))

    with pytest.raises(Conflict, match="in use by schedule Primary and service Shop; take it out"):
        office.do(teams.delete, team.id)

    office.do(schedules.delete, rota.id)
    office.do(services.change, office.service.id, lambda was: replace(was, team=None))
    office.do(teams.delete, team.id)
    with pytest.raises(NotFound):
        office.run(teams.get, team.id)


def test_a_team_knows_who_is_on_call_for_it(office):
    ana = office.hire("Ana")
    team = office.do(teams.create, draft())
    rota = schedule("Primary", office.user(ana))
    layer = replace(rota.layers[0], id=UNMADE)
    office.do(schedules.create, replace(rota, id=UNMADE, layers=(layer,), teams=(team.id,)))
    office.do(schedules.create, replace(rota, id=UNMADE, name="Other", layers=(layer,)))

    found = office.run(teams.who_is_on_call, team.id, at=NOW)

    assert [(each.name, shift.user) for each, shift in found.shifts] == [("Primary", ana.user)]
    with pytest.raises(NotFound):
        office.run(teams.who_is_on_call, TeamId(7), at=NOW)


def test_teams_are_for_those_who_manage_people(office):
    with pytest.raises(Forbidden):
        office.do(teams.create, draft(), by=office.hire("Rita"))
    ada = office.hire("Ada", Role.ADMIN)
    assert office.do(teams.create, draft(), by=ada).name == "Database"


def test_what_belongs_to_a_team_can_be_let_go_with_it(office):
    team = office.do(teams.create, draft("Data"))
    rota = office.do(schedules.create, replace(schedule("Primary"), layers=(), teams=(team.id,)))
    owned = office.do(services.change, office.service.id, lambda was: replace(was, team=team.id))
    rules = policy(scope=Scope(team=team.id, filter=EVERYTHING))
    office.do(alert_policies.create, replace(rules, id=AlertPolicyId(UNMADE)))

    office.do(teams.delete, team.id, let_go=True)

    assert office.run(schedules.get, rota.id).teams == ()
    assert office.run(services.get, owned.id).team is None
    assert office.run(alert_policies.list_, limit=5).total == 0
    assert [each.action for each in office.log()][:4] == ["deleted", "changed", "changed", "deleted"]


def test_a_team_that_rules_hand_alerts_to_stays(office):
    team = office.do(teams.create, draft("Data"))
    hands_on = replace(rule(team=team.id), inline=(), id=RuleId(UNMADE))
    office.do(alert_policies.create, replace(policy(hands_on), id=AlertPolicyId(UNMADE)))

    with pytest.raises(InUse, match="alert policy Operations"):
        office.do(teams.delete, team.id, let_go=True)
