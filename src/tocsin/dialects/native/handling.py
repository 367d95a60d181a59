"""What the handlers share: ids in the path, stretches of lists, and careful changes (If-Match)."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from tocsin.core.errors import NotFound
from tocsin.core.listing import Listed
from tocsin.dialects.native.wire.spelled import ID_SHOWN_MAX, identifier
from tocsin.httpkit.etags import etag_of_value
from tocsin.httpkit.pages import LIMIT_DEFAULT, Cursor, Limit, cursor, keys_of
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer

PREFIX = "/api/tocsin/v1"

T = TypeVar("T")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


V = TypeVar("V", bound=_Named)


class Stretch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stretch of a list to give."""

    limit: Limit = LIMIT_DEFAULT
    cursor: Cursor | None = None


def named(call: Call, kind: str) -> int:
    """Read the id of *kind* from the path, ``{kind_id}``; raise NotFound for what is no such id."""
    text = call.params[f"{kind}_id"]
    found = identifier(text, kind)
    if found is None:
        raise NotFound(kind.replace("_", " "), text[:ID_SHOWN_MAX])
    return found


def beginning(of: str, stretch: Stretch) -> int | None:
    """Tell behind which id the stretch of the list *of* begins."""
    if stretch.cursor is None:
        return None
    (key,) = keys_of(of, stretch.cursor, int)
    return int(key)


def following(of: str, listed: Listed[T]) -> str | None:
    """Make the cursor of the stretch that follows."""
    return None if listed.next is None else cursor(of, listed.next)


def stretch_of(
    of: str, items: Sequence[T], stretch: Stretch, key: Callable[[T], int]
) -> tuple[list[T], str | None]:
    """Cut the stretch that is asked for out of the list *of* all *items*, which go up by *key*.

    Return it with the cursor of the one that follows.
    """
    after = beginning(of, stretch)
    rest = [item for item in items if after is None or key(item) > after]
    shown = rest[: stretch.limit]
    return shown, cursor(of, key(shown[-1])) if len(rest) > len(shown) else None


def sure(call: Call, view: Callable[[T], object]) -> Callable[[T], None]:
    """Make the check that the thing still is as the caller has read it, if the request asks for that.

    *view* is what the caller has read: the answer whose ETag it was.
    """
    conditions = call.conditions

    def check(value: T) -> None:
        if conditions.if_match is not None:
            conditions.check(etag_of_value(view(value)))

    return check


def careful(call: Call, view: Callable[[T], object], edit: Callable[[T], T]) -> Callable[[T], T]:
    """Make the change *edit*, which is refused when the thing is no longer as the caller has read it."""
    check = sure(call, view)

    def change(value: T) -> T:
        check(value)
        return edit(value)

    return change


def created(of: str, view: Callable[[T], V]) -> Callable[[T], Answer[V]]:
    """Make the answer about a new thing: what *view* shows, and where below the list *of* them it is."""

    def show(value: T) -> Answer[V]:
        shown = view(value)
        return Answer(value=shown, headers=location(f"{of}/{shown.id}"))

    return show


def location(path: str) -> dict[str, str]:
    """Say where the new thing is, *path* below the API's own."""
    return {"location": PREFIX + path}
