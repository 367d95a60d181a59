"""Where an alert is to go, checked before anything is changed: pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from tocsin.core.destination import check_email, check_url
from tocsin.core.errors import Invalid
from tocsin.core.ids import UserId
from tocsin.core.people import User, UserStatus
from tocsin.dialects.digitalocean.errors import Unprocessable
from tocsin.dialects.digitalocean.wire import NewDestinations, SlackWebhook

EMAILS_MAX: Final = 100
WEBHOOKS_MAX: Final = 20
CHANNEL_LENGTH_MAX: Final = 200
SLACK_HOST: Final = "hooks.slack.com"
SERVICES: Final = "/services/"


def people_of(body: NewDestinations, users: Mapping[UserId, User]) -> list[User]:
    """Find the users whose addresses *body* names, each once; raise Unprocessable for a stranger's."""
    emails = body.emails or []
    _must_be_few(emails, "emails", EMAILS_MAX)
    known = {user.email.casefold(): user for user in users.values() if user.status is UserStatus.ACTIVE}
    found: dict[UserId, User] = {}
    for number, email in enumerate(emails):
        path = f"emails[{number}]"
        user = known.get(_address(email, path).casefold())
        if user is None:
            problem = "is nobody's who has access to the app"
            raise Unprocessable(Invalid(path, problem, "must be the address of a user of this workspace"))
        found[user.id] = user
    return list(found.values())


def webhooks_of(body: NewDestinations, hosts: Iterable[str]) -> list[tuple[str, str]]:
    """List the webhooks that *body* names, each once, with its channel; *hosts* are allowed beside Slack's.

    Nothing is asked of them: whether they take messages is seen when a test is sent.
    """
    webhooks = body.slack_webhooks or []
    _must_be_few(webhooks, "slack_webhooks", WEBHOOKS_MAX)
    allowed = frozenset(host.lower() for host in hosts)
    return list(
        dict.fromkeys(
            _webhook(each, f"slack_webhooks[{number}]", allowed) for number, each in enumerate(webhooks)
        )
    )


def _webhook(webhook: SlackWebhook, path: str, allowed: frozenset[str]) -> tuple[str, str]:
    try:
        url = check_url(webhook.url, f"{path}.url")
    except Invalid as fault:
        raise Unprocessable(fault) from None
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    ours = host in allowed or parts.netloc.lower() in allowed
    slack = host == SLACK_HOST and parts.port in (None, 443)
    if parts.scheme != "https" or not (slack or ours):
        remedy = f"must begin with https://{SLACK_HOST}{SERVICES}, or name a host that the operator allows"
        raise Unprocessable(Invalid(f"{path}.url", "is no Slack webhook", remedy))
    if not parts.path.startswith(SERVICES) and not ours:
        remedy = f"must begin with https://{SLACK_HOST}{SERVICES}"
        raise Unprocessable(Invalid(f"{path}.url", "is no incoming webhook", remedy))
    channel = webhook.channel or ""
    if len(channel) > CHANNEL_LENGTH_MAX:
        problem = f"has {len(channel)} characters"
        raise Unprocessable(Invalid(f"{path}.channel", problem, f"must have {CHANNEL_LENGTH_MAX} at most"))
    return url, channel


def _address(email: str, path: str) -> str:
    try:
        return check_email(email, path)
    except Invalid as fault:
        raise Unprocessable(fault) from None


def _must_be_few(entries: Sequence[object], path: str, most: int) -> None:
    if len(entries) > most:
        raise Unprocessable(Invalid(path, f"has {len(entries)} entries", f"must have at most {most}"))
