"""Datadog's own client against a Tocsin that runs: users, teams, channels, rules, routing, keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from datadog_api_client import ApiClient
from datadog_api_client.exceptions import ApiException, ForbiddenException, NotFoundException
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v2.api.on_call_api import OnCallApi
from datadog_api_client.v2.api.teams_api import TeamsApi
from datadog_api_client.v2.api.users_api import UsersApi

from acceptance.datadog_client import client_of, dd, parsed
from acceptance.peers import http
from acceptance.servers import Tocsin, tocsin

_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A server, and every API of the vendor's client for it."""

    server: Tocsin
    client: ApiClient

    @property
    def users(self) -> UsersApi:
        return UsersApi(self.client)

    @property
    def teams(self) -> TeamsApi:
        return TeamsApi(self.client)

    @property
    def on_call(self) -> OnCallApi:
        return OnCallApi(self.client)

    def user(self, name: str = "Ana", **attributes: Any) -> Any:
        """Create a user whom nobody else has."""
        email = f"{name}-{next(_numbers)}@example.org"
        body = dd.UserCreateRequest(
            data=dd.UserCreateData(
                type=dd.UsersType.USERS,
                attributes=dd.UserCreateAttributes(email=email, name=name, **attributes),
            )
        )
        return parsed(self.users.create_user(body=body)).data

    def team(self, *members: str, **attributes: Any) -> Any:
        """Create a team that nobody else has."""
        name = f"team-{next(_numbers)}"
        people = [dd.RelationshipToUserData(id=each, type=dd.UsersType.USERS) for each in members]
        body = dd.TeamCreateRequest(
            data=dd.TeamCreate(
                type=dd.TeamType.TEAM,
                attributes=dd.TeamCreateAttributes(handle=name, name=name.title(), **attributes),
                relationships=dd.TeamCreateRelationships(users=dd.RelationshipToUsers(data=people)),
            )
        )
        return parsed(self.teams.create_team(body=body)).data

    def policy(self, *users: str) -> str:
        """Create an escalation policy: one step for each user."""
        body = dd.EscalationPolicyCreateRequest(
            data=dd.EscalationPolicyCreateRequestData(
                type=dd.EscalationPolicyCreateRequestDataType.POLICIES,
                attributes=dd.EscalationPolicyCreateRequestDataAttributes(
                    name=f"Policy {next(_numbers)}",
                    steps=[
                        dd.EscalationPolicyCreateRequestDataAttributesStepsItems(
                            escalate_after_seconds=60,
                            targets=[
                                dd.EscalationPolicyStepTarget(
                                    type=dd.EscalationPolicyStepTargetType.USERS, id=user
                                )
                            ],
                        )
                        for user in users
                    ],
                ),
            )
        )
        return self.on_call.create_on_call_escalation_policy(body=body).data.id

    def email_channel(self, user: str, address: str) -> Any:
        """Give a user a mailbox."""
        return self.channel(
            user,
            dd.CreateEmailNotificationChannelConfig(
                type=dd.NotificationChannelEmailConfigType.EMAIL,
                address=address,
                formats=[dd.NotificationChannelEmailFormatType.HTML],
            ),
        )

    def channel(self, user: str, config: Any) -> Any:
        body = dd.CreateUserNotificationChannelRequest(
            data=dd.CreateNotificationChannelData(
                type=dd.NotificationChannelType.NOTIFICATION_CHANNELS,
                attributes=dd.CreateNotificationChannelAttributes(config=config),
            )
        )
        return parsed(self.on_call.create_user_notification_channel(user, body=body)).data

    def rule(
        self, user: str, channel: str, delay: int = 0, category: str = "high_urgency", **more: Any
    ) -> Any:
        body = dd.CreateOnCallNotificationRuleRequest(
            data=dd.CreateOnCallNotificationRuleRequestData(
                type=dd.OnCallNotificationRuleType.NOTIFICATION_RULES,
                attributes=dd.OnCallNotificationRuleRequestAttributes(
                    category=dd.OnCallNotificationRuleCategory(category), delay_minutes=delay, **more
                ),
                relationships=rule_links(channel),
            )
        )
        return parsed(self.on_call.create_user_notification_rule(user, body=body)).data


def rule_links(channel: str) -> Any:
    kind = dd.NotificationChannelType.NOTIFICATION_CHANNELS
    data = dd.OnCallNotificationRuleChannelRelationshipData(id=channel, type=kind)
    return dd.OnCallNotificationRuleRelationships(
        channel=dd.OnCallNotificationRuleChannelRelationship(data=data)
    )


@pytest.fixture(scope="module")
def vendor(tmp_path_factory) -> Iterator[Vendor]:
    with tocsin(tmp_path_factory.mktemp("datadog") / "tocsin") as server, client_of(server) as client:
        yield Vendor(server=server, client=client)


def test_a_user_is_created_read_changed_listed_invited_and_disabled(vendor):
    made = vendor.user("Life", title="SRE")

    read = parsed(vendor.users.get_user(made.id)).data
    found = parsed(vendor.users.list_users(filter=made.attributes.email, sort="-email")).data
    walked = [each.id for each in vendor.users.list_users_with_pagination(page_size=1, filter="life-")]
    change = dd.UserUpdateRequest(
        data=dd.UserUpdateData(
            id=made.id,
            type=dd.UsersType.USERS,
            attributes=dd.UserUpdateAttributes(name="Other", disabled=False),
        )
    )
    changed = parsed(vendor.users.update_user(made.id, body=change)).data
    invitation = dd.UserInvitationData(
        type=dd.UserInvitationsType.USER_INVITATIONS,
        relationships=dd.UserInvitationRelationships(
            user=dd.RelationshipToUser(data=dd.RelationshipToUserData(id=made.id, type=dd.UsersType.USERS))
        ),
    )
    body = dd.UserInvitationsRequest(data=[invitation])
    (invited,) = parsed(vendor.users.send_invitations(body=body)).data
    vendor.users.disable_user(made.id)
    vendor.users.disable_user(made.id)
    gone = parsed(vendor.users.get_user(made.id)).data

    assert made == read
    assert (read.attributes.status, read.attributes.title) == ("Pending", "SRE")
    assert [each.id for each in found] == walked == [made.id]
    assert changed.attributes.name == "Other"
    assert invited.relationships.user.data.id == made.id
    assert (gone.attributes.status, gone.attributes.disabled) == ("Disabled", True)
    with pytest.raises(NotFoundException):
        vendor.users.get_user(vendor.team().id)


def test_a_team_is_created_read_changed_listed_and_deleted(vendor):
    ana = vendor.user().id
    made = vendor.team(ana, avatar="🐙", banner=3, description="Keeps it up", hidden_modules=["m1"])

    read = parsed(vendor.teams.get_team(made.id)).data
    found = parsed(vendor.teams.list_teams(filter_keyword=made.attributes.handle, page_size=5))
    fields = [dd.TeamsField.ID, dd.TeamsField.NAME, dd.TeamsField.HANDLE]
    short = parsed(vendor.teams.list_teams(fields_team=fields, filter_keyword=made.attributes.handle)).data
    walked = [each.id for each in vendor.teams.list_teams_with_pagination(page_size=1)]
    change = dd.TeamUpdateRequest(
        data=dd.TeamUpdate(
            type=dd.TeamType.TEAM,
            attributes=dd.TeamUpdateAttributes(
                handle=made.attributes.handle, name="Renamed", avatar=None, description="New"
            ),
        )
    )
    changed = parsed(vendor.teams.update_team(made.id, body=change)).data
    with pytest.raises(ApiException) as taken:
        vendor.teams.create_team(
            body=dd.TeamCreateRequest(
                data=dd.TeamCreate(
                    type=dd.TeamType.TEAM,
                    attributes=dd.TeamCreateAttributes(handle=made.attributes.handle, name="Another"),
                )
            )
        )
    vendor.teams.delete_team(made.id)

    assert made == read
    assert (read.attributes.avatar, read.attributes.banner, read.attributes.user_count) == ("🐙", 3, 1)
    assert [each.id for each in found.data] == [made.id]
    assert found.meta.pagination.total == 1
    assert short[0].attributes.to_dict() == {
        "handle": made.attributes.handle,
        "name": made.attributes.name,
    }
    assert made.id in walked
    assert (changed.attributes.name, changed.attributes.avatar) == ("Renamed", None)
    assert (taken.value.status, taken.value.body) == (
        409,
        {"errors": ["Team name and handle must be unique"]},
    )
    with pytest.raises(NotFoundException):
        vendor.teams.get_team(made.id)


def membership(user: str, role: Any = None) -> Any:
    more = {} if role is None else {"attributes": dd.UserTeamAttributes(role=role)}
    who = dd.RelationshipToUserTeamUserData(id=user, type=dd.UserTeamUserType.USERS)
    return dd.UserTeamRequest(
        data=dd.UserTeamCreate(
            type=dd.UserTeamType.TEAM_MEMBERSHIPS,
            relationships=dd.UserTeamRelationships(user=dd.RelationshipToUserTeamUser(data=who)),
            **more,
        )
    )


def test_people_come_into_a_team_and_go(vendor):
    ana, ben, team = vendor.user("Ana").id, vendor.user("Ben").id, vendor.team().id

    first = parsed(vendor.teams.create_team_membership(team, body=membership(ana)))
    admin = dd.UserTeamRole.ADMIN
    second = parsed(vendor.teams.create_team_membership(team, body=membership(ben, admin)))
    with pytest.raises(ApiException) as again:
        vendor.teams.create_team_membership(team, body=membership(ana))
    listed = parsed(vendor.teams.get_team_memberships(team))
    change = dd.UserTeamUpdateRequest(
        data=dd.UserTeamUpdate(
            type=dd.UserTeamType.TEAM_MEMBERSHIPS, attributes=dd.UserTeamAttributes(role=admin)
        )
    )
    changed = parsed(vendor.teams.update_team_membership(team, ana, body=change))
    mine = parsed(vendor.teams.get_user_memberships(ana))
    vendor.teams.delete_team_membership(team, ben)
    with pytest.raises(NotFoundException):
        vendor.teams.delete_team_membership(team, ben)

    assert first.data.id.startswith(f"TeamMembership-{team}-")
    assert [each.id for each in first.included] == [ana]
    assert str(second.data.attributes.role) == "admin"
    assert (again.value.status, again.value.body["errors"][0]["detail"]) == (
        409,
        f"users already present on the team [{ana}]",
    )
    assert [each.relationships.user.data.id for each in listed.data] == [ana, ben]
    assert str(changed.data.attributes.role) == "admin"
    assert [each.relationships.team.data.id for each in mine.data] == [team]


def test_channels_and_rules_are_created_read_changed_and_deleted(vendor):
    api, ana = vendor.on_call, vendor.user().id
    mail = vendor.email_channel(ana, "Ana@home.example")
    phone = vendor.channel(
        ana,
        dd.CreatePhoneNotificationChannelConfig(
            type=dd.NotificationChannelPhoneConfigType.PHONE, number="+17039389548"
        ),
    )
    settings = dd.OnCallPhoneNotificationRuleSettings(
        type=dd.NotificationChannelPhoneConfigType.PHONE, method=dd.OnCallPhoneNotificationRuleMethod.VOICE
    )

    late = vendor.rule(ana, phone.id, 10, channel_settings=settings)
    soon = vendor.rule(ana, mail.id)
    low = vendor.rule(ana, mail.id, 30, "low_urgency")
    listed = parsed(api.list_user_notification_rules(ana, include="channel"))
    read = parsed(api.get_user_notification_rule(ana, late.id, include="channel"))
    change = dd.UpdateOnCallNotificationRuleRequest(
        data=dd.UpdateOnCallNotificationRuleRequestData(
            id=soon.id,
            type=dd.OnCallNotificationRuleType.NOTIFICATION_RULES,
            attributes=dd.UpdateOnCallNotificationRuleRequestAttributes(
                category=dd.OnCallNotificationRuleCategory.HIGH_URGENCY, delay_minutes=15
            ),
            relationships=rule_links(mail.id),
        )
    )
    changed = parsed(api.update_user_notification_rule(ana, soon.id, body=change, include="channel"))
    after = parsed(api.list_user_notification_rules(ana)).data
    api.delete_user_notification_rule(ana, low.id)
    api.delete_user_notification_channel(ana, phone.id)
    left = parsed(api.list_user_notification_rules(ana)).data
    channels = parsed(api.list_user_notification_channels(ana)).data

    config = phone.attributes.config
    assert (config.formatted_number, config.region) == ("+1 703-938-9548", "us")
    assert parsed(api.get_user_notification_channel(ana, mail.id)).data == mail
    assert mail.attributes.config.address == "Ana@home.example"
    assert [each.id for each in listed.data] == [soon.id, late.id, low.id]
    assert {each.id for each in listed.included} == {mail.id, phone.id}
    assert read.data == late
    assert str(read.data.attributes.channel_settings.method) == "voice"
    assert changed.data.attributes.delay_minutes == 15
    assert [(each.id, each.attributes.delay_minutes) for each in after] == [
        (late.id, 10),
        (soon.id, 15),
        (low.id, 30),
    ]
    assert [each.id for each in left] == [soon.id]
    assert mail.id in {each.id for each in channels}
    with pytest.raises(NotFoundException):
        api.get_user_notification_channel(ana, phone.id)


def routing(*rules: Any) -> Any:
    return dd.TeamRoutingRulesRequest(
        data=dd.TeamRoutingRulesRequestData(
            type=dd.TeamRoutingRulesRequestDataType.TEAM_ROUTING_RULES,
            attributes=dd.TeamRoutingRulesRequestDataAttributes(rules=list(rules)),
        )
    )


def hours(kind: Any) -> Any:
    span = dd.TimeRestriction(
        start_day=dd.Weekday.MONDAY, start_time="09:00:00", end_day=dd.Weekday.FRIDAY, end_time="17:00:00"
    )
    return kind(time_zone="Europe/Paris", restrictions=[span])


def test_routing_rules_of_every_form_are_set_read_and_taken_away(vendor):
    api, ana, ben = vendor.on_call, vendor.user().id, vendor.user().id
    first, second = vendor.policy(ana, ben), vendor.policy(ben)
    team, other = vendor.team(ana).id, vendor.team().id
    rule = dd.TeamRoutingRulesRequestRule
    escalate = dd.RoutingRuleEscalationPolicyAction(
        type=dd.RoutingRuleEscalationPolicyActionType.ESCALATION_POLICY,
        policy_id=first,
        urgency=dd.Urgency.DYNAMIC,
        ack_timeout_minutes=30,
        support_hours=hours(dd.RoutingRuleEscalationPolicyActionSupportHours),
    )
    slack = dd.SendSlackMessageAction(
        type=dd.SendSlackMessageActionType.SEND_SLACK_MESSAGE, channel="#ops", workspace="acme"
    )
    teams = dd.SendTeamsMessageAction(
        type=dd.SendTeamsMessageActionType.SEND_TEAMS_MESSAGE, channel="ops", team="acme", tenant="t"
    )
    workflow = dd.TriggerWorkflowAutomationAction(
        type=dd.TriggerWorkflowAutomationActionType.TRIGGER_WORKFLOW_AUTOMATION, handle="restart"
    )
    reroute = dd.RoutingRuleRerouteToTeamAction(
        type=dd.RoutingRuleRerouteToTeamActionType.REROUTE_TO_TEAM, destination_team_id=UUID(other)
    )
    body = routing(
        rule(query="tags.env:prod priority:1", actions=[slack, escalate]),
        rule(query="tags.env:test", actions=[teams, workflow]),
        rule(query="alert_status:warn", actions=[reroute]),
        rule(
            policy_id=second,
            urgency=dd.Urgency.LOW,
            query="tags.env:stage",
            time_restriction=hours(dd.TimeRestrictions),
        ),
        rule(policy_id=first, urgency=dd.Urgency.HIGH),
    )

    made = parsed(api.set_on_call_team_routing_rules(team, body=body, include="rules"))
    read = parsed(api.get_on_call_team_routing_rules(team, include="rules.policy"))
    on_call = parsed(
        api.get_team_on_call_users(team, include="responders,escalations,escalations.responders")
    )
    none = parsed(api.set_on_call_team_routing_rules(team, body=routing(), include="rules"))

    assert made == read
    rules = [each.get_oneof_instance() for each in read.included]
    assert [each.id for each in read.data.relationships.rules.data] == [each.id for each in rules]
    assert [each.attributes.query for each in rules] == [
        "tags.env:prod priority:1",
        "tags.env:test",
        "alert_status:warn",
        "tags.env:stage",
        "",
    ]
    assert [str(each.type) for each in rules[0].attributes.actions] == [
        "send_slack_message",
        "escalation_policy",
    ]
    shown = rules[0].attributes.actions[1].get_oneof_instance()
    assert (shown.policy_id, shown.ack_timeout_minutes) == (first, 30)
    assert shown.support_hours == escalate.support_hours
    assert rules[0].relationships.policy.data.id == first
    assert rules[3].attributes.actions[0].policy_id == second
    assert str(rules[3].attributes.urgency) == "low"
    assert rules[3].attributes.time_restriction.time_zone == "Europe/Paris"
    assert [each.id for each in on_call.data.relationships.responders.data] == [ana]
    assert len(on_call.data.relationships.escalations.data) == 1
    assert {each.id for each in on_call.included} >= {ana, ben}
    assert (none.data.relationships.rules.data, none.included) == ([], [])


def test_keys_are_validated(vendor):
    wrong = {"api_key": "wrong", "application_key": "wrong"}

    assert AuthenticationApi(vendor.client).validate().valid is True
    with client_of(vendor.server, **wrong) as client, pytest.raises(ForbiddenException) as refused:
        AuthenticationApi(client).validate()
    assert refused.value.body == {"errors": ["API key required"]}


@pytest.mark.parametrize("path", ["/api/v2/validate", "/api/v2/validate_keys", "/api/v1/validate"])
def test_keys_are_validated_over_plain_http(vendor, path):
    keys = vendor.server.credentials["credentials"]["datadog"]
    good = {"DD-API-KEY": keys["api_key"], "DD-APPLICATION-KEY": keys["application_key"]}

    def status(**headers: str) -> int:
        return http("GET", f"{vendor.server.url}{path}", headers=headers).status

    assert status(**good) == 200
    assert status(**good | {"DD-API-KEY": "wrong"}) == 403
    assert status() == (403 if path == "/api/v1/validate" else 401)
