"""Routing rules of a team over the wire, and who is on call for it."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.dialects.datadog.jsonapi import ToMany, ToOne
from tocsin.dialects.datadog.objects import UserObject
from tocsin.dialects.datadog.wire import TimeRestriction, ZoneName

RULES_MAX = 100
ACK_TIMEOUT_MIN, ACK_TIMEOUT_MAX = 30, 4_320  # minutes
ACTIONS_MAX = 20
WINDOWS_MAX = 100
ROUTING = "team_routing_rules"
ESCALATIONS = "escalation_policy_steps"

Urgency = Literal["low", "high", "dynamic"]
Text = Annotated[str, Meta(max_length=1_000)]
Spans = Annotated[list[TimeRestriction], Meta(max_length=WINDOWS_MAX)]


class Hours(msgspec.Struct, frozen=True):
    """Spans of the week in a time zone."""

    time_zone: ZoneName
    restrictions: Spans


class SupportHours(msgspec.Struct, frozen=True):
    """When people are there for pages; without a span, always."""

    time_zone: ZoneName
    restrictions: Spans = field(default_factory=list)


class Escalate(msgspec.Struct, frozen=True, tag_field="type", tag="escalation_policy", omit_defaults=True):
    """Run an escalation policy."""

    policy_id: Text
    urgency: Urgency | None = None
    ack_timeout_minutes: Annotated[int, Meta(ge=ACK_TIMEOUT_MIN, le=ACK_TIMEOUT_MAX)] | None = None
    support_hours: SupportHours | None = None


class SendSlack(msgspec.Struct, frozen=True, tag_field="type", tag="send_slack_message"):
    """Write into a Slack channel."""

    workspace: Text
    channel: Text


class SendTeams(msgspec.Struct, frozen=True, tag_field="type", tag="send_teams_message"):
    """Write into a channel of Microsoft Teams."""

    tenant: Text
    team: Text
    channel: Text


class RunWorkflow(msgspec.Struct, frozen=True, tag_field="type", tag="workflow"):
    """Start a workflow."""

    handle: Text


class Reroute(msgspec.Struct, frozen=True, tag_field="type", tag="reroute_to_team"):
    """Let another team's rules decide."""

    destination_team_id: Text


Message = SendSlack | SendTeams | RunWorkflow
Action = Escalate | SendSlack | SendTeams | RunWorkflow | Reroute


class RuleBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule: which pages, when, and what to do."""

    id: str | None = None
    query: str | None = None
    time_restriction: Hours | None = None
    policy_id: Text | None = None
    urgency: Urgency | None = None
    actions: Annotated[list[Action], Meta(max_length=ACTIONS_MAX)] | None = None


class RulesBody(msgspec.Struct, frozen=True):
    """Every rule of a team, the first one that matches decides."""

    rules: Annotated[list[RuleBody], Meta(max_length=RULES_MAX)] | None = None


class RoutingBody(msgspec.Struct, frozen=True):
    """The rules of a team."""

    type: Literal["team_routing_rules"]
    id: str | None = None
    attributes: RulesBody | None = None


class SetRouting(msgspec.Struct, frozen=True):
    """A request to replace the rules of a team."""

    data: RoutingBody


class RuleAttributes(msgspec.Struct, frozen=True):
    """What a rule says."""

    query: str
    actions: list[Action]
    urgency: Urgency | UnsetType = UNSET
    time_restriction: Hours | UnsetType = UNSET


class RuleLinks(msgspec.Struct, frozen=True):
    """Which policy a rule runs."""

    policy: ToOne | UnsetType = UNSET


class RuleObject(msgspec.Struct, frozen=True, tag_field="type", tag=ROUTING):
    """A rule."""

    id: str
    attributes: RuleAttributes
    relationships: RuleLinks


class RoutingLinks(msgspec.Struct, frozen=True):
    """The rules of a team, in order."""

    rules: ToMany


class RoutingObject(msgspec.Struct, frozen=True, tag_field="type", tag=ROUTING):
    """The rules of a team, under the team's id."""

    id: str
    relationships: RoutingLinks


class RoutingDocument(msgspec.Struct, frozen=True):
    """The rules of one team."""

    data: RoutingObject
    included: list[RuleObject] | UnsetType = UNSET


class TeamOnCallLinks(msgspec.Struct, frozen=True):
    """Whom the first step asks, and the later steps that ask somebody."""

    responders: ToMany
    escalations: ToMany


class TeamOnCallObject(msgspec.Struct, frozen=True, tag_field="type", tag="team_oncall_responders"):
    """Who is on call for a team."""

    id: str
    relationships: TeamOnCallLinks


class EscalationLinks(msgspec.Struct, frozen=True):
    """Whom a step asks."""

    responders: ToMany


class EscalationObject(msgspec.Struct, frozen=True, tag_field="type", tag=ESCALATIONS):
    """A later step."""

    id: str
    relationships: EscalationLinks


class TeamOnCallDocument(msgspec.Struct, frozen=True):
    """Who is on call for one team."""

    data: TeamOnCallObject
    included: list[UserObject | EscalationObject] | UnsetType = UNSET


KeptRules = list[dict[str, Any]]
