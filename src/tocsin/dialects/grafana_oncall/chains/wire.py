"""Escalation chains and escalation policies, which are their steps, as JSON has them."""

from msgspec import UNSET, Struct, UnsetType


class Chain(Struct, frozen=True, kw_only=True):
    """A named list of steps."""

    id: str
    name: str
    team_id: str | None


class ChainBody(Struct, kw_only=True):
    """What a chain is called, and whose it is."""

    name: str | UnsetType = UNSET
    team_id: str | UnsetType | None = UNSET


class StepBody(Struct, kw_only=True):
    """A step; only the fields of its type count. *manual_order* trades places."""

    escalation_chain_id: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    manual_order: bool | UnsetType = UNSET
    duration: int | UnsetType | None = UNSET
    important: bool | UnsetType = UNSET
    persons_to_notify: list[str] | UnsetType | None = UNSET
    persons_to_notify_next_each_time: list[str] | UnsetType | None = UNSET
    notify_on_call_from_schedule: str | UnsetType | None = UNSET
    team_to_notify: str | UnsetType | None = UNSET
    group_to_notify: str | UnsetType | None = UNSET
    action_to_trigger: str | UnsetType | None = UNSET
    notify_if_time_from: str | UnsetType | None = UNSET
    notify_if_time_to: str | UnsetType | None = UNSET
    num_alerts_in_window: int | UnsetType | None = UNSET
    num_minutes_in_window: int | UnsetType | None = UNSET


class Step(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A step of a chain, with the fields of its type."""

    id: str
    escalation_chain_id: str
    position: int
    type: str
    duration: int | UnsetType | None = UNSET
    important: bool | UnsetType = UNSET
    persons_to_notify: list[str] | UnsetType = UNSET
    persons_to_notify_next_each_time: list[str] | UnsetType = UNSET
    notify_on_call_from_schedule: str | UnsetType | None = UNSET
    team_to_notify: str | UnsetType | None = UNSET
    group_to_notify: str | UnsetType | None = UNSET
    action_to_trigger: str | UnsetType | None = UNSET
    notify_if_time_from: str | UnsetType | None = UNSET
    notify_if_time_to: str | UnsetType | None = UNSET
    num_alerts_in_window: int | UnsetType | None = UNSET
    num_minutes_in_window: int | UnsetType | None = UNSET
