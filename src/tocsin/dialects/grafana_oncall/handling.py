"""A resource, declared once: what lists, reads, makes, changes and deletes its things becomes its routes.

The functions that do so run inside one transaction and take an Ask. Each resource has paths of one form,
the same answers for what is not there, and pages; see `Resource`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Generic, ParamSpec, TypeVar

from starlette.responses import Response

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import NotFound
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.bodies import read_fields
from tocsin.dialects.grafana_oncall.errors import not_found, refused
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.pages import SIZE, Asked, Page, Query, Window, address_of
from tocsin.httpkit.repeats import Lasting
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Route, Routes
from tocsin.world import Tx

PREFIX: Final = "/api/v1"
NOT_ACCEPTABLE: Final = "Could not satisfy the request Accept header."
_ACCEPTED: Final = frozenset({"*/*", "application/*", "application/json"})

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request inside its transaction *tx*: who asks, when, and with which parameters."""

    tx: Tx
    actor: Actor
    now: datetime
    query: Query
    method: str
    public_url: str
    call: Call

    @property
    def directory(self) -> Directory:
        """The configuration as it stands. It may have to be read; before a change, look up what is needed."""
        return history.directory(self.tx, self.actor)


def seeing(actor: Actor) -> Actor:
    """Let *actor* see what they are about to change, or have just changed, though their key may not read."""
    return replace(actor, permissions=actor.permissions | {Permission.READ})


def must_accept_json(call: Call) -> None:
    """Refuse a caller who takes no JSON."""
    accepted = call.request.headers.get("accept", "") or "*/*"
    kinds = {part.partition(";")[0].strip().lower() for part in accepted.split(",")}
    if not kinds & _ACCEPTED:
        raise refused(NOT_ACCEPTABLE, HTTPStatus.NOT_ACCEPTABLE)


def ask_of(call: Call, tx: Tx, actor: Actor) -> Ask:
    """Make the Ask of *call* for a transaction."""
    return Ask(
        tx=tx,
        actor=actor,
        now=call.now,
        query=Query.read(call.request.scope["query_string"]),
        method=call.request.method,
        public_url=call.kit.public_url,
        call=call,
    )


async def looked_up(call: Call, look: Callable[[Ask], R], *, long: bool = False) -> R:
    """Run *look* over one unchanging state: at once if the directory is at hand, unless it takes *long*."""
    must_accept_json(call)

    def at_once(tx: Tx, actor: Actor) -> tuple[R] | None:
        return None if history.compiled(tx, actor) is None else (look(ask_of(call, tx, actor)),)

    found = None if long else await call.glance(at_once)
    return await call.ask(lambda tx, actor: look(ask_of(call, tx, actor))) if found is None else found[0]


async def done(call: Call, do: Callable[[Ask], R]) -> R:
    """Run *do* in a transaction that changes something, and return when it is on disk."""
    must_accept_json(call)
    return await call.act(lambda tx, actor: do(ask_of(call, tx, actor)))


class Resource(Generic[T]):
    """Things of one kind below ``/api/v1/<name>``, shown as *shown*, whose ids are spelled as *kind*.

    *noun* names one of them and *nouns* several, for the document. Reading asks for *may_read*, all else for
    *may_write*. A list has *size* on a page unless it is asked for otherwise.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        *,
        shown: type[T],
        noun: str,
        nouns: str = "",
        may_write: Permission = Permission.CONFIGURE,
        may_read: Permission = Permission.READ,
        size: int = SIZE,
    ) -> None:
        self.name = name
        self.kind = kind
        self.noun = noun
        self.nouns = nouns or f"{noun}s"
        self._shown = shown
        self._may_write = may_write
        self._may_read = may_read
        self._size = size
        self.routes = Routes(f"{PREFIX}/{name}", tag=self.nouns[0].upper() + self.nouns[1:])

    def lists(
        self, show: Callable[[Ask, Sequence[V]], list[T]], *, long: bool = False, lasting: bool = False
    ) -> Callable[[Callable[[Ask], Sequence[V] | Window[V]]], Callable[[Ask], Sequence[V] | Window[V]]]:
        """Declare what finds all things that are asked for; *show* shows those of one page.

        One that takes *long* has a thread to itself. One that tells of the configuration alone is *lasting*.
        """

        def declare(
            find: Callable[[Ask], Sequence[V] | Window[V]],
        ) -> Callable[[Ask], Sequence[V] | Window[V]]:
            async def handler(call: Call) -> Any:
                def page(ask: Ask) -> Any:
                    address = address_of(ask.public_url, call.request.scope["path"])
                    asked = Asked.read(ask.query, address, size=self._size)
                    found = asked.cut(find(ask), lambda items: show(ask, items))
                    lasts = Lasting(directory=ask.directory) if lasting else None
                    return Answer(value=found, lasting=lasts)

                return await looked_up(call, page, long=long)

            shown: Any = self._shown
            self._route("GET", "/", handler, f"List {self.nouns}", find, answer=Page[shown])
            return find

        return declare

    def reads(self, read: Callable[[Ask, int], T]) -> Callable[[Ask, int], T]:
        """Declare what reads one thing."""

        async def handler(call: Call) -> Any:
            identifier = self.id_in_path(call)
            return await looked_up(call, lambda ask: read(ask, identifier))

        self._route("GET", "/{id}/", handler, f"Read {self._one}", read, answer=self._shown)
        return read

    def creates(self, body: Any = None) -> Callable[[Callable[[Ask, Fields], T]], Callable[[Ask, Fields], T]]:
        """Declare what makes a thing; *body* is the struct that tells the document of its fields."""

        def declare(create: Callable[[Ask, Fields], T]) -> Callable[[Ask, Fields], T]:
            async def handler(call: Call) -> Any:
                must_accept_json(call)
                fields = await read_fields(call)
                return await done(call, lambda ask: create(ask, fields))

            self._route(
                "POST",
                "/",
                handler,
                f"Create {self._one}",
                create,
                answer=self._shown,
                status=201,
                body_later=body,
            )
            return create

        return declare

    def changes(
        self, body: Any = None
    ) -> Callable[[Callable[[Ask, int, Fields], T]], Callable[[Ask, int, Fields], T]]:
        """Declare what changes a thing, by PUT and by PATCH, which `Ask.method` tells apart."""

        def declare(change: Callable[[Ask, int, Fields], T]) -> Callable[[Ask, int, Fields], T]:
            async def handler(call: Call) -> Any:
                must_accept_json(call)
                identifier, fields = self.id_in_path(call), await read_fields(call)
                return await done(call, lambda ask: change(ask, identifier, fields))

            for method, verb in (("PUT", "Update"), ("PATCH", "Change")):
                self._route(
                    method,
                    "/{id}/",
                    handler,
                    f"{verb} {self._one}",
                    change,
                    answer=self._shown,
                    body_later=body,
                    body_optional=True,
                )
            return change

        return declare

    def deletes(self, delete: Callable[[Ask, int], None]) -> Callable[[Ask, int], None]:
        """Declare what deletes a thing."""

        async def handler(call: Call) -> Any:
            identifier = self.id_in_path(call)
            await done(call, lambda ask: delete(ask, identifier))

        self._route("DELETE", "/{id}/", handler, f"Delete {self._one}", delete, status=204)
        return delete

    def acts(
        self, verb: str, summary: str, *, answer: Any = None, body: Any = None, may: Permission | None = None
    ) -> Callable[[Callable[[Ask, int, Fields], Any]], Callable[[Ask, int, Fields], Any]]:
        """Declare what ``POST <id>/<verb>`` does to a thing; without an *answer*, it has an empty body."""

        def declare(act: Callable[[Ask, int, Fields], Any]) -> Callable[[Ask, int, Fields], Any]:
            async def handler(call: Call) -> Any:
                must_accept_json(call)
                identifier, fields = self.id_in_path(call), await read_fields(call)
                result = await done(call, lambda ask: act(ask, identifier, fields))
                return Response(None, 200) if answer is None else result

            self._route(
                "POST",
                f"/{{id}}/{verb}/",
                handler,
                summary,
                act,
                answer=answer,
                permission=may,
                body_later=body,
                body_optional=True,
            )
            return act

        return declare

    def id_in_path(self, call: Call) -> int:
        """Read the id in the path; one that is none of this kind is of nothing."""
        found = spelled.read(self.kind, call.params["id"])
        if found is None:
            raise not_found()
        return found

    @property
    def _one(self) -> str:
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def _route(
        self,
        method: str,
        path: str,
        handler: Any,
        summary: str,
        does: Callable[..., Any],
        *,
        permission: Permission | None = None,
        **options: Any,
    ) -> None:
        handler.__doc__ = does.__doc__
        one = "{id}" in path
        words = summary.lower().replace(" an ", " ").replace(" a ", " ").replace("'s", "").split()
        name = "_".join("".join(letter for letter in word if letter.isalnum()) for word in words)
        route = Route(
            method=method,
            path=self.routes.prefix + path,
            handler=_named(handler, name),
            permission=permission or (self._may_read if method == "GET" else self._may_write),
            summary=summary,
            tag=self.routes.tag,
            raises=(NotFound,) if one else (),
            params={"id": f"the {self.noun}'s id"} if one else {},
            **options,
        )
        self.routes.include(route)


def _named(handler: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Give each route a handler of its own with a name of its own, by which the document calls it."""

    async def named(call: Call) -> Any:
        return await handler(call)

    named.__name__ = name
    named.__doc__ = handler.__doc__
    return named
