"""The destinations of alerts in the domain: people asked by mail, mailboxes, and Slack webhooks."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from tocsin.actions import destinations, extras
from tocsin.actions.actor import Actor
from tocsin.core.destination import check_slack_channel
from tocsin.core.directory import Directory
from tocsin.core.errors import InUse, Invalid
from tocsin.core.escalation import DestinationTarget, Target, UserTarget
from tocsin.core.ids import UNMADE, DestinationId, UserId, WorkspaceId
from tocsin.core.people import User
from tocsin.core.service import Destination
from tocsin.dialects.digitalocean.subscriptions import EMAIL, SLACK
from tocsin.dialects.digitalocean.wire import SlackWebhookView
from tocsin.world import Tx

DIALECT: Final = "digitalocean"
KIND: Final = "destination"

Kept = Mapping[int, Mapping[str, Any]]
Users = Mapping[UserId, User]
There = Mapping[DestinationId, Destination]


class Places:
    """The destinations of one workspace, as this API needs them while it changes an app."""

    def __init__(self, tx: Tx, actor: Actor, directory: Directory, now: datetime) -> None:
        self._tx, self._actor, self._now = tx, actor, now
        self.there = dict(directory.destinations)
        self.kept = kept_of(tx, actor, self.there)

    def mail(self, user: User) -> Target:
        """Tell *user* by mail: by their own address if they have confirmed it, else as a plain mailbox."""
        mine = user.email.casefold()
        for method in user.contact_methods:
            if method.channel == EMAIL and method.verified_at and method.address.casefold() == mine:
                return UserTarget(user=user.id, via=(EMAIL,))
        return DestinationTarget(destination=self._place(EMAIL, user.email, "", f"Mail to {user.email}"))

    def slack(self, url: str, channel: str) -> Target:
        """Tell a Slack webhook."""
        name = f"Slack {channel}".strip()
        return DestinationTarget(destination=self._place(SLACK, url, channel, name))

    def test(self, wanted: Iterable[DestinationId]) -> list[int]:
        """Send a test to each of *wanted*."""
        return [destinations.test(self._tx, self._actor, each, now=self._now) for each in wanted]

    def forget(self, targets: Sequence[Target]) -> None:
        """Delete those of *targets* that this API made and that nothing tells any more."""
        for target in targets:
            if isinstance(target, DestinationTarget) and target.destination in self.kept:
                with suppress(InUse):
                    destinations.delete(self._tx, self._actor, target.destination, now=self._now)

    def _place(self, kind: str, address: str, channel: str, name: str) -> DestinationId:
        for there in self.there.values():
            kept = self.kept.get(there.id)
            same = (there.channel, there.address) == (kind, address)
            if same and kept is not None and kept.get("channel", "") == channel:
                return there.id
        draft = Destination(
            id=DestinationId(UNMADE),
            workspace=WorkspaceId(UNMADE),
            name=name,
            channel=kind,
            address=address,
            options=_options(channel),
        )
        made = destinations.create(self._tx, self._actor, draft, now=self._now)
        extras.keep(self._tx, self._actor, made.id, {"channel": channel}, dialect=DIALECT, kind=KIND)
        self.there[made.id] = made
        self.kept = {**self.kept, made.id: {"channel": channel}}
        return made.id


def kept_of(tx: Tx, actor: Actor, there: Iterable[DestinationId]) -> Kept:
    """Give what is kept of destinations that this API made."""
    return extras.kept(tx, actor, list(there), dialect=DIALECT, kind=KIND)


def mails_among(targets: Sequence[Target], users: Users, there: There) -> list[str]:
    """List the addresses that *targets* mail to, each once."""
    found: dict[str, None] = {}
    for target in targets:
        match target:
            case UserTarget(user=user_id, via=via) if via == (EMAIL,) and user_id in users:
                found[users[user_id].email] = None
            case DestinationTarget(destination=place):
                mailbox = there.get(place)
                if mailbox is not None and mailbox.channel == EMAIL:
                    found[mailbox.address] = None
            case _:
                pass
    return list(found)


def webhooks_among(targets: Sequence[Target], there: There, kept: Kept) -> list[SlackWebhookView]:
    """List the Slack webhooks that *targets* post to."""
    found = []
    for target in targets:
        place = there.get(target.destination) if isinstance(target, DestinationTarget) else None
        if place is not None and place.channel == SLACK:
            said = kept.get(place.id, {}).get("channel", place.options.get("channel", ""))
            found.append(SlackWebhookView(place.address, str(said)))
    return found


def is_shown(target: Target, there: There) -> bool:
    """Tell whether the vendor has words for *target*, or it leads nowhere any more."""
    match target:
        case UserTarget(via=via):
            return via == (EMAIL,)
        case DestinationTarget(destination=place):
            return place not in there or there[place].channel in (EMAIL, SLACK)
        case _:
            return False


def _options(channel: str) -> dict[str, str]:
    """Post to *channel* if that is how Slack writes one; any other text is only given back."""
    try:
        return {"channel": check_slack_channel(channel)} if channel else {}
    except Invalid:
        return {}
