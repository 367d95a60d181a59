"""``/settings``: with what this server runs, nothing of it secret; and how people are asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from tocsin import __version__
from tocsin.actions import nodes, workspace
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Invalid
from tocsin.core.reminders import Reminders
from tocsin.core.workspace import Workspace
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.setting import Setting
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, Faulty, Form, Reader, said, typed
from tocsin.web.lengths import length, length_or_none, spelled
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
    """Make the routes; *table* has the settings as they are in force."""
    own = Routes("/settings", tag="Pages")

    @own.get("", permission=Permission.ADMIN, summary="Show the settings", hidden=True)
    async def show(call: Call) -> Response:
        """Show with what the server runs."""
        return await _page(call, table)

    @own.post(
        "/reminders",
        permission=Permission.ADMIN,
        summary="Say when people are asked whether they still have it",
        hidden=True,
        body_limit=LENGTH_MAX,
    )
    async def remind(call: Call, body: bytes) -> Response:
        """Change when people are asked whether they still have what they acknowledged."""
        return await _save(call, table, typed(body), "reminders", _reminders)

    @own.post(
        "/pace",
        permission=Permission.ADMIN,
        summary="Say what passes between two ways of asking",
        hidden=True,
        body_limit=LENGTH_MAX,
    )
    async def pace(call: Call, body: bytes) -> Response:
        """Change what passes after each notification rule and each step."""
        return await _save(call, table, typed(body), "pace", _pace)

    return own


async def _save(call: Call, table: Table, form: Form, part: str, read: Callable[[Form], Any]) -> Response:
    """Save the *part* of the workspace that the form holds; what is wrong is said at its field."""
    try:
        value = read(form)
        await call.act(workspace.change, lambda was: replace(was, **{part: value}), now=call.now)
    except Faulty as error:
        return await _page(call, table, {part: form.with_faults(error.faults)}, status=400)
    except Invalid as error:
        field = error.path.rpartition(".")[2]
        return await _page(call, table, {part: form.with_faults({field: said(error)})}, status=400)
    return RedirectResponse(f"/settings?said=saved#{part}", 303)


async def _page(
    call: Call, table: Table, wrong: Mapping[str, Form] | None = None, *, status: int = 200
) -> Response:
    at_work, current = await call.ask(_facts)
    kept = {"reminders": _form_of(current.reminders), "pace": Form({"pace": [_shown(current)]})}
    return page(
        "settings.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=status,
        version=__version__,
        engine=_ENGINES[call.world.database.engine],
        public_url=call.kit.public_url,
        nodes=at_work,
        ways=list(_ways(table)),
        chosen=[each for each in table if each[2] != DEFAULT],
        left=[each for each in table if each[2] == DEFAULT],
        typed={**kept, **(wrong or {})},
        said=call.request.query_params.get("said", ""),
    )


def _reminders(form: Form) -> Reminders | None:
    """Read what was typed; without the first of the two lengths nobody is asked."""
    reader = Reader(form)
    ask_after = reader.take("ask_after", length_or_none, None)
    within = reader.take("within", length_or_none, None)
    reader.done()
    return None if ask_after is None else Reminders(ask_after=ask_after, within=within)


def _pace(form: Form) -> timedelta:
    """Read what was typed; nothing passes when nothing was."""
    reader = Reader(form)
    pace = reader.take("pace", length, timedelta(0))
    reader.done()
    return pace


def _shown(current: Workspace) -> str:
    return spelled(current.pace) if current.pace else ""


def _form_of(reminders: Reminders | None) -> Form:
    if reminders is None:
        return Form()
    return Form({"ask_after": [spelled(reminders.ask_after)], "within": [spelled(reminders.within)]})


_ENGINES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _facts(tx: Tx, actor: Actor) -> tuple[Sequence[Any], Workspace]:
    actor.must(Permission.ADMIN)
    return nodes.at_work(tx), workspace.get(tx, actor)


def _ways(table: Table) -> Iterable[Way]:
    values = {setting.name: value for setting, value, _ in table}
    for name, setting in _WAYS:
        if setting in values:
            yield Way(name=name, setting=setting, there=bool(values[setting]))
