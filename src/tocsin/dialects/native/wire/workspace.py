"""The workspace over the wire."""

import re
from dataclasses import replace
from datetime import datetime

from msgspec import UNSET, UnsetType

from tocsin.core.ids import EscalationPolicyId
from tocsin.core.spelling import native
from tocsin.core.workspace import Workspace
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Id, Name, View
from tocsin.dialects.native.wire.spelled import reference, spelled

WORDS: Words = ((re.compile(r"^catch_all$"), "catch_all_policy_id"),)


class WorkspaceChanges(Body):
    """What to change about the workspace; a catch-all of null leaves alerts that nobody takes unrouted."""

    name: Name | UnsetType = UNSET
    catch_all_policy_id: Id | UnsetType | None = UNSET


class WorkspaceView(View):
    """The workspace that the key belongs to."""

    id: str
    name: str
    catch_all_policy_id: str | None
    created_at: datetime


def edited(was: Workspace, body: WorkspaceChanges) -> Workspace:
    """Apply changes to the workspace."""
    catch_all, text = was.catch_all, body.catch_all_policy_id
    if text is None:
        catch_all = None
    elif text is not UNSET:
        catch_all = EscalationPolicyId(reference(text, "escalation_policy", "catch_all_policy_id"))
    return replace(was, name=was.name if body.name is UNSET else body.name, catch_all=catch_all)


def show_workspace(workspace: Workspace) -> WorkspaceView:
    """Write the workspace."""
    return WorkspaceView(
        id=native("workspace", workspace.id),
        name=workspace.name,
        catch_all_policy_id=spelled("escalation_policy", workspace.catch_all),
        created_at=workspace.created_at,
    )
