"""``/workspace``: what it is called, what catches alerts that nobody takes, and how people are asked."""

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
    "reminders": {"ask_after_s": 10800, "answer_within_s": 1800},
    "pace_s": 0,
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
        " one they are shown, counted and logged as unrouted, and ask nobody.\n\n"
        "With `reminders` whoever acknowledged an alert is asked every `ask_after_s` seconds (300 to 604,800)"
        " whether they still have it. Acknowledging again is the answer; without one within `answer_within_s`"
        " (60 to 86,400) nobody has it any more, and its pages start over. With null for that people are only"
        " reminded. null in place of it all, as it is at first, asks nobody. It counts for what is"
        " acknowledged from then on.\n\n"
        "`pace_s` (0 to 60) is what passes after each notification rule of a person, waits among them, and"
        " after each escalation step that asks somebody, beside the waits that are written there. With 0, as"
        " it is at first, what has no wait before it goes out at once. What reaches nobody is passed at once."
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
