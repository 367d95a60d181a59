"""What the handlers share: ids in the path, bodies after them, and reading what is compiled already.

Requests are checked in this order: who asks, ids in the path well formed, objects in the path there, then
what is to be included and the body, and last what the body refers to. So handlers read these by themselves.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.spelling import from_uuid
from tocsin.dialects.datadog.errors import not_a_uuid
from tocsin.dialects.datadog.jsonapi import IncludeText
from tocsin.dialects.datadog.spelled import SHOWN_MAX, is_uuid
from tocsin.httpkit.bodies import JsonReader, require_json
from tocsin.httpkit.repeats import Lasting
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer
from tocsin.world import Tx

PREFIX = "/api/v2"

_KINDS = {"policy": "escalation policy"}  # what a path calls otherwise than the domain does

P = ParamSpec("P")
T = TypeVar("T")


class Including(msgspec.Struct, frozen=True, kw_only=True):
    """A query that only says what to include."""

    include: IncludeText = ""


def path_ids(call: Call, *nouns: str) -> list[int]:
    """Read the ids of *nouns* from the path, ``{noun_id}``.

    Each must be a UUID, or the request is refused as malformed; NotFound for the first that is none of ours.
    """
    texts = [path_uuid(call, noun) for noun in nouns]
    found: list[int] = []
    for noun, text in zip(nouns, texts, strict=True):
        identifier = from_uuid(text)
        if identifier is None:
            raise NotFound(_KINDS.get(noun, noun), text)
        found.append(identifier)
    return found


def path_uuid(call: Call, noun: str) -> str:
    """Read a UUID from the path as it stands there, ``{noun_id}``; refuse what is none as malformed."""
    text = call.params[f"{noun}_id"]
    if not is_uuid(text):
        raise not_a_uuid(text[:SHOWN_MAX])
    return text


def path_id(call: Call, noun: str) -> int:
    """Read the one id in the path."""
    return path_ids(call, noun)[0]


async def read_body(call: Call, reader: JsonReader[T]) -> T:
    """Read the body, now that everything in front of it has been looked at."""
    require_json(call.request.headers.get("content-type"))
    return reader.read(await call.read())


def must_be_in_path(call: Call, noun: str, identifier: str) -> None:
    """Raise Invalid unless *identifier*, the body's ``data.id``, is the one in the path."""
    there = call.params[f"{noun}_id"]
    if identifier.lower() != there.lower():
        raise Invalid("data.id", f"is {identifier[:SHOWN_MAX]!r}", f"must be {there}, as in the path")


@contextmanager
def reworded(words: Sequence[tuple[re.Pattern[str], str]]) -> Iterator[None]:
    """Raise what is Invalid inside the block under the path that the caller knows."""
    try:
        yield
    except Invalid as error:
        path = error.path
        for pattern, replacement in words:
            path = pattern.sub(replacement, path)
        raise Invalid(path, error.problem, error.remedy) from None


def seeing(actor: Actor) -> Actor:
    """Let *actor* see what they are about to change, or have just changed, though their key may not read."""
    return replace(actor, permissions=actor.permissions | {Permission.READ})


async def seen(
    call: Call,
    query: Callable[Concatenate[Tx, Actor, Directory, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run *query* over the workspace's directory: at once if that is at hand, else where it may take time."""

    def at_once(tx: Tx, actor: Actor) -> tuple[T] | None:
        directory = history.compiled(tx, actor)
        return None if directory is None else (query(tx, actor, directory, *args, **kwargs),)

    def in_time(tx: Tx, actor: Actor) -> T:
        return query(tx, actor, history.directory(tx, actor), *args, **kwargs)

    found = await call.glance(at_once)
    return await call.ask(in_time) if found is None else found[0]


async def lasting(
    call: Call,
    query: Callable[Concatenate[Tx, Actor, Directory, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer[T]:
    """Do the same for a *query* that tells of the configuration alone: its answer lasts as long as that."""

    def look(tx: Tx, actor: Actor, directory: Directory) -> Answer[T]:
        value = query(tx, actor, directory, *args, **kwargs)
        return Answer(value=value, lasting=Lasting(directory=directory))

    return await seen(call, look)
