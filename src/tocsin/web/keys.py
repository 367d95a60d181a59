"""``/keys``: the keys of programs, made and revoked; and ``/audit``: who changed what, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from tocsin.actions import audit, history, keys
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.credential import Key
from tocsin.core.errors import Forbidden, Invalid, NotFound
from tocsin.core.ids import KeyId
from tocsin.core.spelling import from_native, native
from tocsin.core.story import AuditEntry
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing
from tocsin.web.browsers import signed_in
from tocsin.web.clients import Client, clients_of
from tocsin.web.forms import LENGTH_MAX, Faulty, Form, Reader, identifier, said, typed
from tocsin.web.rendering import page
from tocsin.web.searching import ASKED_LENGTH_MAX, asked, look_for
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

KEYS_MAX: Final = 10_000
ENTRIES: Final = 100
VALUE_SHOWN_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A key in the list, with the name of whom it acts for."""

    id: str
    key: Key
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change in the log: each field that differs, before and after, as text."""

    entry: AuditEntry
    fields: Sequence[tuple[str, str, str]]


class Older(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the log to begin: before the entry with this id; and *of* which thing alone to tell.

    *q* is a part of the name of somebody or something, or of what was done.
    """

    before: str = ""
    of: str = ""
    q: Annotated[str, Meta(max_length=ASKED_LENGTH_MAX)] = ""


@ROUTES.get("/keys", permission=Permission.RESPOND, summary="Show keys", hidden=True)
async def show_keys(call: Call) -> Response:
    """Show the keys: everybody's to those who manage people, one's own to others."""
    return await _page(call)


@ROUTES.post("/keys", permission=Permission.RESPOND, summary="Make a key", hidden=True, body_limit=LENGTH_MAX)
async def make_key(call: Call, body: bytes) -> Response:
    """Make a key, and show it once."""
    form = typed(body)
    try:
        made = await call.act(_make, call, form)
    except Faulty as error:
        return await _page(call, form=form.with_faults(error.faults), status=400)
    except Invalid as error:
        return await _page(call, form=form.with_faults({error.path: said(error)}), status=400)
    except Forbidden as error:
        return await _page(call, form=form.with_faults({"": f"{error}."}), status=403)
    return await _page(call, made=made)


def _make(tx: Tx, actor: Actor, call: Call, form: Form) -> keys.NewKey:
    """Make the key that was typed."""
    directory, reader = history.directory(tx, actor), Reader(form)
    kind = reader.take("kind", _kind, KeyKind.TOCSIN)
    service = reader.take("service", lambda text: choosing.service_of(text, directory), None)
    reader.done()
    return keys.create(
        tx,
        actor,
        kind=kind,
        name=form("name"),
        service=service,
        scopes=tuple(dict.fromkeys((*form.all("may"), *_words(form("scopes"))))),
        networks=tuple(_words(form("networks"))),
        entropy=call.world.entropy,
        now=call.now,
    )


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


@ROUTES.post("/keys/{key_id}/revoke", permission=Permission.RESPOND, summary="Revoke a key", hidden=True)
async def revoke_key(call: Call) -> Response:
    """Let a key open nothing any more."""
    await call.act(keys.revoke, KeyId(identifier(call.params["key_id"], "key")), now=call.now)
    return RedirectResponse("/keys", 303)


@ROUTES.get("/audit", permission=Permission.ADMIN, summary="Show the audit log", hidden=True)
async def show_audit(call: Call, query: Older) -> Response:
    """Show who changed what, the newest first."""
    before = identifier(query.before, "audit") if query.before else None
    subject = from_native(query.of) if query.of else None
    if query.of and subject is None:
        raise NotFound("thing", query.of[:VALUE_SHOWN_MAX])
    words = query.q.strip()
    listed = await call.ask(audit.list_, subject=subject, text=words, before=before, limit=ENTRIES)
    return page(
        "audit.html",
        now=call.now,
        user=signed_in(call.request).user,
        changes=[Changed(entry=each, fields=_differing(each.changes)) for each in listed.items],
        older=native("audit", listed.next) if listed.next is not None else "",
        total=listed.total,
        of=query.of,
        asked=words,
    )


async def _page(
    call: Call,
    *,
    form: Form | None = None,
    status: int = 200,
    made: keys.NewKey | None = None,
) -> Response:
    shown, services = await call.ask(_look)
    return page(
        "keys.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=status,
        keys=look_for(asked(call), shown, _texts),
        services=[("", "the oldest service"), *services],
        kinds=[(kind.value, kind.value.replace("_", " ")) for kind in KeyKind],
        may=[
            (permission.value, permission.meaning) for permission in Permission if call.actor.may(permission)
        ],
        form=form or Form(),
        name=made.key.name if made is not None else "",
        made=made.secrets.parts if made is not None else {},
        clients=_clients(call, made) if made is not None else (),
    )


def _texts(each: KeyView) -> tuple[str, ...]:
    kind = each.key.kind.replace("_", " ")
    return (each.key.name, kind, each.user, each.key.hint, *each.key.scopes, *each.key.networks)


def _clients(call: Call, made: keys.NewKey) -> Sequence[Client]:
    return clients_of(KeyKind(made.key.kind), made.secrets.parts, call.kit.public_url)


def _look(tx: Tx, actor: Actor) -> tuple[list[KeyView], list[tuple[str, str]]]:
    directory = history.directory(tx, actor)
    shown = []
    for key in keys.list_(tx, actor, limit=KEYS_MAX).items:
        user = directory.users.get(key.user) if key.user is not None else None
        name = user.display_name if user is not None else ""
        shown.append(KeyView(id=native("key", key.id), key=key, user=name))
    shown.sort(key=lambda each: (each.key.revoked_at is not None, -each.key.id))
    services = sorted(directory.services.values(), key=lambda each: each.name.casefold())
    return shown, [(native("service", each.id), each.name) for each in services]


def _kind(text: str) -> KeyKind:
    try:
        return KeyKind(text)
    except ValueError:
        remedy = f"must be one of {', '.join(KeyKind)}"
        raise Invalid("kind", f"is {text[:50]!r}, which is no kind of key", remedy) from None


def _differing(changes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    for name, change in changes.items():
        if isinstance(change, Mapping):
            found.append((name, _text(change.get("before")), _text(change.get("after"))))
    return found


def _text(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= VALUE_SHOWN_MAX else text[:VALUE_SHOWN_MAX] + "…"
