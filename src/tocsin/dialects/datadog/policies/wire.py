"""Escalation policies as JSON:API documents: what clients send, and what they are answered."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.people_check import DESCRIPTION_LENGTH_MAX
from tocsin.core.schedule import Position
from tocsin.dialects.datadog.jsonapi import IncludeText, ToMany, ToOne
from tocsin.dialects.datadog.objects import ScheduleObject, TeamObject, UserObject
from tocsin.dialects.datadog.wire import ListMeta, Name, PageNumber, PageSize, Relationships, Tags

INCLUDES = ("teams", "steps", "steps.targets")
STEPS_MAX = 10
TARGETS_MAX = 10
RETRIES_MAX = 10
ESCALATE_AFTER_MIN_S = 60
ESCALATE_AFTER_MAX_S = 36_000
ESCALATE_AFTER_DEFAULT_S = 300

AssignmentName = Literal["default", "round-robin"]


# --- requests -----------------------------------------------------------------------------------------


class ScheduleConfig(msgspec.Struct, frozen=True):
    """Which shift of a schedule is meant."""

    position: Position | None = None


class TargetConfig(msgspec.Struct, frozen=True):
    """More about a target that is a schedule."""

    schedule: ScheduleConfig | None = None


class TargetBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a step notifies: a person, whoever is on call, or all members of a team."""

    type: Literal["users", "schedules", "teams"]
    id: str
    config: TargetConfig | None = None


class StepBody(msgspec.Struct, frozen=True, kw_only=True):
    """One step; with its *id*, when a policy is replaced, it stays the same step."""

    id: str | None = None
    assignment: AssignmentName | None = None
    escalate_after_seconds: Annotated[int, Meta(ge=ESCALATE_AFTER_MIN_S, le=ESCALATE_AFTER_MAX_S)] | None = (
        None
    )
    targets: Annotated[list[TargetBody], Meta(max_length=TARGETS_MAX)]


class PolicyBody(msgspec.Struct, frozen=True, kw_only=True):
    """What an escalation policy is."""

    name: Name
    description: Annotated[str, Meta(max_length=DESCRIPTION_LENGTH_MAX)] | None = None
    resolve_page_on_policy_end: bool | None = None
    retries: Annotated[int, Meta(ge=0, le=RETRIES_MAX)] | None = None
    tags: Tags | None = None
    steps: Annotated[list[StepBody], Meta(min_length=1, max_length=STEPS_MAX)]


class NewPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy to be made."""

    type: Literal["policies"]
    attributes: PolicyBody
    relationships: Relationships | None = None


class ChangedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is to be from now on."""

    id: str
    type: Literal["policies"]
    attributes: PolicyBody
    relationships: Relationships | None = None


class CreatePolicy(msgspec.Struct, frozen=True):
    """A request to make a policy."""

    data: NewPolicy


class UpdatePolicy(msgspec.Struct, frozen=True):
    """A request to replace a policy."""

    data: ChangedPolicy


# --- answers ------------------------------------------------------------------------------------------


class PolicyAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is called, and what becomes of its pages in the end."""

    name: str
    description: str | UnsetType = UNSET
    resolve_page_on_policy_end: bool
    retries: int
    tags: list[str]


class PolicyLinks(msgspec.Struct, frozen=True):
    """What belongs to a policy, and to whom it belongs."""

    steps: ToMany
    teams: ToMany


class PolicyObject(msgspec.Struct, frozen=True, tag_field="type", tag="policies"):
    """An escalation policy."""

    id: str
    attributes: PolicyAttributes
    relationships: PolicyLinks


class StepAttributes(msgspec.Struct, frozen=True):
    """How a step goes."""

    assignment: AssignmentName
    escalate_after_seconds: int


class StepLinks(msgspec.Struct, frozen=True):
    """Whom a step notifies, in the order sent."""

    targets: ToMany


class StepObject(msgspec.Struct, frozen=True, tag_field="type", tag="steps"):
    """A step."""

    id: str
    attributes: StepAttributes
    relationships: StepLinks


class ScheduleTargetAttributes(msgspec.Struct, frozen=True):
    """Which shift is meant."""

    position: Position


class ScheduleTargetLinks(msgspec.Struct, frozen=True):
    """Whose shift is meant."""

    schedule: ToOne


class ScheduleTargetObject(msgspec.Struct, frozen=True, tag_field="type", tag="schedule_target"):
    """A shift of a schedule that is not the current one."""

    id: str
    attributes: ScheduleTargetAttributes
    relationships: ScheduleTargetLinks


PolicyIncluded = TeamObject | StepObject | UserObject | ScheduleObject | ScheduleTargetObject


class PolicyDocument(msgspec.Struct, frozen=True):
    """A policy, and what was asked for with it."""

    data: PolicyObject
    included: list[PolicyIncluded] | UnsetType = UNSET


class PolicyList(msgspec.Struct, frozen=True):
    """A page of the policies."""

    data: list[PolicyObject]
    meta: ListMeta
    included: list[PolicyIncluded] | UnsetType = UNSET


class PoliciesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of the policies."""

    size: PageSize = field(default=20, name="page[size]")
    number: PageNumber = field(default=0, name="page[number]")
    include: IncludeText = ""
