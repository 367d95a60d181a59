"""``/settings``: with what this server runs, for those who manage it; nothing secret, nothing to change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from tocsin import __version__
from tocsin.actions import nodes
from tocsin.actions.actor import Actor, Permission
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.setting import Setting
from tocsin.web.browsers import signed_in
from tocsin.web.rendering import page
from tocsin.world import Tx

Table = Sequence[tuple[Setting, str, str]]
"""Each setting, its value as it may be shown, and where it came from."""

DEFAULT: Final = "default"

# What has to be set for a way out to be there, in the words of people.
_WAYS: Final = (
    ("Mail", "TOCSIN_SMTP_URL"),
    ("Text messages and calls", "TOCSIN_TWILIO_ACCOUNT_SID"),
    ("Telegram", "TOCSIN_TELEGRAM_BOT_TOKEN"),
    ("Signing in by OpenID Connect", "TOCSIN_OIDC_ISSUER"),
    ("Meaning of texts, by an endpoint", "TOCSIN_MEANING_URL"),
    ("Meaning of texts, by a model here", "TOCSIN_MEANING_FOLDER"),
    ("Word to the operator", "TOCSIN_OPERATOR_EMAIL"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way out that needs a *setting*: whether it is *there*."""

    name: str
    setting: str
    there: bool


def routes(table: Table) -> Routes:
    """Make the route; *table* has the settings as they are in force."""
    own = Routes("/settings", tag="Pages")

    @own.get("", permission=Permission.ADMIN, summary="Show the settings", hidden=True)
    async def show(call: Call) -> Response:
        """Show with what the server runs."""
        at_work = await call.ask(_nodes)
        return page(
            "settings.html",
            now=call.now,
            user=signed_in(call.request).user,
            version=__version__,
            engine=_ENGINES[call.world.database.engine],
            public_url=call.kit.public_url,
            nodes=at_work,
            ways=list(_ways(table)),
            chosen=[each for each in table if each[2] != DEFAULT],
            left=[each for each in table if each[2] == DEFAULT],
        )

    return own


_ENGINES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _nodes(tx: Tx, actor: Actor) -> Sequence[Any]:
    actor.must(Permission.ADMIN)
    return nodes.at_work(tx)


def _ways(table: Table) -> Iterable[Way]:
    values = {setting.name: value for setting, value, _ in table}
    for name, setting in _WAYS:
        if setting in values:
            yield Way(name=name, setting=setting, there=bool(values[setting]))
