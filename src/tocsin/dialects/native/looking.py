"""How the handlers read or act, and get the directory with it: answers call things by their names."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from tocsin.actions import history
from tocsin.actions.actor import Actor
from tocsin.core.directory import Directory
from tocsin.httpkit.bodies import JsonReader, require_json
from tocsin.httpkit.requests import Call
from tocsin.world import Tx

P = ParamSpec("P")
T = TypeVar("T")

Action = Callable[Concatenate[Tx, Actor, P], T]


async def seen(call: Call, query: Action[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, Directory]:
    """Run *query* as the caller; give its result and the directory of that moment."""
    return await call.ask(_with_directory(query, *args, **kwargs))


async def glanced(call: Call, query: Action[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, Directory]:
    """Do the same for a *query* of a few rows by key."""
    return await call.glance(_with_directory(query, *args, **kwargs))


async def done(call: Call, action: Action[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, Directory]:
    """Run *action* as the caller, until it is on disk; give its result and the directory of that moment."""
    return await call.act(_with_directory(action, *args, **kwargs))


async def optional(call: Call, reader: JsonReader[T], empty: T) -> T:
    """Read a body that may be left out, which means *empty*."""
    body = await call.read()
    if not body.strip():
        return empty
    require_json(call.request.headers.get("content-type"))
    return reader.read(body)


def _with_directory(
    action: Action[P, T], *args: P.args, **kwargs: P.kwargs
) -> Callable[[Tx, Actor], tuple[T, Directory]]:
    def both(tx: Tx, actor: Actor) -> tuple[T, Directory]:
        return action(tx, actor, *args, **kwargs), history.directory(tx, actor)

    return both
