"""The workspace over the wire."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from tocsin.core.ids import EscalationPolicyId
from tocsin.core.reminders import Reminders
from tocsin.core.spelling import native
from tocsin.core.workspace import Workspace
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Id, Name, View, seconds
from tocsin.dialects.native.wire.spelled import reference, spelled

WORDS: Words = (
    (re.compile(r"^catch_all$"), "catch_all_policy_id"),
    (re.compile(r"^reminders\.ask_after$"), "reminders.ask_after_s"),
    (re.compile(r"^pace$"), "pace_s"),
    (re.compile(r"^reminders\.within$"), "reminders.answer_within_s"),
)


class RemindersBody(Body):
    """Ask people every *ask_after_s* whether they still have what they acknowledged.

    Without an answer within *answer_within_s* nobody has it any more; null only reminds them.
    """

    ask_after_s: Annotated[int, Meta(ge=300, le=604_800)]
    answer_within_s: Annotated[int, Meta(ge=60, le=86_400)] | None = None


class RemindersView(View):
    """When people are asked whether they still have what they acknowledged, and how long they may take."""

    ask_after_s: int
    answer_within_s: int | None


class WorkspaceChanges(Body):
    """What to change about the workspace; a catch-all of null leaves alerts that nobody takes unrouted."""

    name: Name | UnsetType = UNSET
    catch_all_policy_id: Id | UnsetType | None = UNSET
    reminders: RemindersBody | UnsetType | None = UNSET
    pace_s: Annotated[int, Meta(ge=0, le=60)] | UnsetType = UNSET


class WorkspaceView(View):
    """The workspace that the key belongs to."""

    id: str
    name: str
    catch_all_policy_id: str | None
    reminders: RemindersView | None
    pace_s: int
    created_at: datetime


def edited(was: Workspace, body: WorkspaceChanges) -> Workspace:
    """Apply changes to the workspace."""
    catch_all, text = was.catch_all, body.catch_all_policy_id
    if text is None:
        catch_all = None
    elif text is not UNSET:
        catch_all = EscalationPolicyId(reference(text, "escalation_policy", "catch_all_policy_id"))
    return replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        catch_all=catch_all,
        reminders=was.reminders if body.reminders is UNSET else _reminders(body.reminders),
        pace=was.pace if body.pace_s is UNSET else timedelta(seconds=body.pace_s),
    )


def show_workspace(workspace: Workspace) -> WorkspaceView:
    """Write the workspace."""
    return WorkspaceView(
        id=native("workspace", workspace.id),
        name=workspace.name,
        catch_all_policy_id=spelled("escalation_policy", workspace.catch_all),
        reminders=_shown(workspace.reminders),
        pace_s=seconds(workspace.pace),
        created_at=workspace.created_at,
    )


def _reminders(body: RemindersBody | None) -> Reminders | None:
    if body is None:
        return None
    within = None if body.answer_within_s is None else timedelta(seconds=body.answer_within_s)
    return Reminders(ask_after=timedelta(seconds=body.ask_after_s), within=within)


def _shown(reminders: Reminders | None) -> RemindersView | None:
    if reminders is None:
        return None
    within = None if reminders.within is None else int(reminders.within.total_seconds())
    return RemindersView(ask_after_s=int(reminders.ask_after.total_seconds()), answer_within_s=within)
