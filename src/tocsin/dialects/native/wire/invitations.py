"""Invitations over the wire."""

from datetime import datetime

from tocsin.core.identity import SignInLink
from tocsin.dialects.native.wire.shapes import Body, View


class NewInvitation(Body):
    """How somebody hears of their invitation; *mail* sends it to their e-mail address as well."""

    mail: bool = True


class InvitationView(View):
    """An invitation that is still good; its link was told when it was made."""

    created_at: datetime
    expires_at: datetime


class NewInvitationView(InvitationView):
    """The same with its link, which is not told again; *mailed_to* is empty where no mail was sent."""

    url: str
    mailed_to: str


def show_invitation(link: SignInLink) -> InvitationView:
    """Write an invitation."""
    return InvitationView(created_at=link.created_at, expires_at=link.expires_at)


def show_new_invitation(link: SignInLink, url: str, mailed_to: str) -> NewInvitationView:
    """Write a new invitation, with the *url* that leads there."""
    return NewInvitationView(
        created_at=link.created_at, expires_at=link.expires_at, url=url, mailed_to=mailed_to
    )
