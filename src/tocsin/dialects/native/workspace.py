"""``/workspace``: what it is called, and what catches alerts that nobody takes."""

from tocsin.actions import workspace
from tocsin.actions.actor import Permission
from tocsin.dialects.native.handling import PREFIX, careful
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.dialects.native.wire.workspace import (
    WORDS,
    WorkspaceChanges,
    WorkspaceView,
    edited,
    show_workspace,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Workspace")

_EXAMPLE = {
    "id": "ws_0cv1h8q4w2nb",
    "name": "Example",
    "catch_all_policy_id": "esc_0cv1h8q4w2n2",
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/workspace",
    permission=Permission.READ,
    summary="Read the workspace",
    description="The one that the key belongs to.",
    tagged=True,
    examples=(Example(title="A workspace", answer=_EXAMPLE),),
)
async def read_workspace(call: Call) -> WorkspaceView:
    """Read the workspace."""
    return show_workspace(await call.glance(workspace.get))


@ROUTES.patch(
    "/workspace",
    permission=Permission.CONFIGURE,
    summary="Change the workspace",
    description=(
        "`catch_all_policy_id` names the escalation policy for alerts that no alert policy takes. Without"
        " one they are shown, counted and logged as unrouted, and ask nobody."
    ),
    tagged=True,
    raises=(PreconditionFailed,),
    examples=(Example(title="Another name", body={"name": "Acme"}, answer={**_EXAMPLE, "name": "Acme"}),),
)
async def change_workspace(call: Call, body: WorkspaceChanges) -> WorkspaceView:
    """Change the workspace."""
    edit = careful(call, show_workspace, lambda was: edited(was, body))
    with reworded(WORDS):
        return show_workspace(await call.act(workspace.change, edit, now=call.now))
