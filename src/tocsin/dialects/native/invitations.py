"""``/users/{id}/invitation``: a link by which somebody chooses what they sign in with, once."""

from tocsin.actions import sign_in_links
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.dialects.native.handling import PREFIX
from tocsin.dialects.native.users import USER, user_of
from tocsin.dialects.native.wire.invitations import (
    InvitationView,
    NewInvitation,
    NewInvitationView,
    show_invitation,
    show_new_invitation,
)
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Users")

_INVITATION = {"created_at": "2026-03-06T09:00:00Z", "expires_at": "2026-03-13T09:00:00Z"}
_TOLD = {
    **_INVITATION,
    "url": "https://tocsin.example.org/login/link/Hq2m4bJc0kXv1yT8oZr5sLw3nE7uFgPaDiQxSt6VhYk",
    "mailed_to": "ana@example.org",
}


@ROUTES.post(
    "/users/{user_id}/invitation",
    permission=Permission.ADMIN,
    summary="Invite a user",
    description=(
        "Whoever opens the link chooses a password or a passkey and is signed in. It is good once, for seven"
        " days, and takes the place of the invitation before. It is told by this answer alone, and mailed"
        " where this server sends mail. Nobody invites somebody who may do more than they."
    ),
    status=201,
    raises=(NotFound, Conflict),
    params=USER,
    examples=(Example(title="By mail, too", body={"mail": True}, answer=_TOLD),),
)
async def invite_user(call: Call, body: NewInvitation) -> NewInvitationView:
    """Invite one user."""
    made = await call.act(
        sign_in_links.invite,
        user_of(call),
        by_mail=body.mail and call.kit.mail,
        entropy=call.world.entropy,
        now=call.now,
    )
    url = f"{call.kit.public_url.rstrip('/')}/login/link/{made.token}"
    return show_new_invitation(made.link, url, made.mailed)


@ROUTES.get(
    "/users/{user_id}/invitation",
    permission=Permission.ADMIN,
    summary="Read a user's invitation",
    description="While it is good; without its link.",
    raises=(NotFound,),
    params=USER,
    examples=(Example(title="One that waits", answer=_INVITATION),),
)
async def read_invitation(call: Call) -> InvitationView:
    """Read the invitation of one user."""
    found = await call.glance(sign_in_links.invitation, user_of(call), now=call.now)
    if found is None:
        raise NotFound("invitation", call.params["user_id"])
    return show_invitation(found)


@ROUTES.delete(
    "/users/{user_id}/invitation",
    permission=Permission.ADMIN,
    summary="Take a user's invitation back",
    description="Its link is good for nothing any more.",
    raises=(NotFound,),
    params=USER,
)
async def withdraw_invitation(call: Call) -> None:
    """Take the invitation of one user back."""
    await call.act(sign_in_links.withdraw, user_of(call), now=call.now)
