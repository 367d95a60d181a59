"""What a route is: one method of one path, its handler, and what the document says of it.

A handler is a coroutine of a Call. What else it takes is read from its signature: ``query`` is the address's
query, decoded into the struct that it is annotated with; ``body`` is the JSON body likewise, or the bytes as
they came. What it returns is the answer: a value to encode as JSON, an Answer around one, a finished
Response, or None for an answer without a body.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from starlette.responses import Response

from tocsin.actions.actor import Permission
from tocsin.core.errors import TocsinError
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.queries import QueryReader
from tocsin.httpkit.repeats import Lasting

T = TypeVar("T")

Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """A *value* to answer with, where its route's status and headers are not the whole of it.

    An answer that is *lasting* is given again to whoever asks the same and may (see ``httpkit.repeats``).
    """

    value: T
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    lasting: Lasting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What somebody might send, and what would come back; both are checked against the route's types."""

    title: str
    body: Any = None
    answer: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path: what the document says of it, and what the door does with it.

    *permission* None means that anybody may call it; no credential is looked at. *tagged* answers carry an
    ETag. *once* says that the route heeds Idempotency-Key. *raises* lists refusals of its own, beyond what
    any route of its kind can answer. *params* describes the path's parameters. *body_later* tells the
    document of a body that the handler reads by itself, and *body_optional* that it does without as well. A
    *hidden* route is not in the document.
    """

    method: str
    path: str
    handler: Handler
    permission: Permission | None
    summary: str
    description: str = ""
    tag: str = ""
    status: int = 200
    query: QueryReader[Any] | None = None
    body: JsonReader[Any] | None = None
    body_later: Any = None
    body_optional: bool = False
    takes_bytes: bool = False
    answer: Any = None
    media: str = "application/json"
    raises: tuple[type[TocsinError], ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    body_limit: int | None = None
    any_media: bool = False
    tagged: bool = False
    once: bool = False
    hidden: bool = False


class Routes:
    """The routes of one part of a door; *prefix* stands before each path, *tag* groups them."""

    def __init__(self, prefix: str = "", *, tag: str = "") -> None:
        self.prefix = prefix
        self.tag = tag
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(
        self, method: str, path: str, *, permission: Permission | None, summary: str, **options: Any
    ) -> Callable[[H], H]:
        """Declare the function below to be the handler of *method* and *path*; *options* are Route's."""

        def declare(handler: H) -> H:
            found = {"tag": self.tag} | _signature(handler) | options
            self._routes.append(
                Route(
                    method=method,
                    path=self.prefix + path,
                    handler=handler,
                    permission=permission,
                    summary=summary,
                    **found,
                )
            )
            return handler

        return declare

    def include(self, route: Route) -> None:
        """Add a route that is made already, with its whole path."""
        self._routes.append(route)

    def get(self, path: str, **options: Any) -> Callable[[H], H]:
        """Declare a handler that reads."""
        return self.add("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[H], H]:
        """Declare a handler that makes something, or does something."""
        return self.add("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[H], H]:
        """Declare a handler that replaces something."""
        return self.add("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[H], H]:
        """Declare a handler that changes something."""
        return self.add("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[H], H]:
        """Declare a handler that removes something; it answers 204 if it returns nothing."""
        return self.add("DELETE", path, **options)


def _signature(handler: Handler) -> dict[str, Any]:
    """Read from *handler* what its route takes and answers."""
    hints = get_type_hints(handler, include_extras=True)
    found: dict[str, Any] = {}
    for name in list(inspect.signature(handler).parameters)[1:]:
        kind = hints[name]
        if name == "query":
            found["query"] = QueryReader(kind)
        elif name == "body" and kind is bytes:
            found["takes_bytes"] = True
        elif name == "body":
            found["body"] = JsonReader(kind)
        else:
            raise TypeError(f"{handler.__qualname__} takes {name!r}; a handler takes call, query and body")
    answer = hints.get("return")
    if get_origin(answer) is Answer:
        (answer,) = get_args(answer)
    if answer is type(None):
        found["status"] = 204
    elif answer is not None and not (isinstance(answer, type) and issubclass(answer, Response)):
        found["answer"] = answer
    return found


_encode = msgspec.json.Encoder().encode


def response_of(route: Route, result: Any) -> tuple[Response, str | None]:
    """Turn what the handler of *route* returned into a response, and give the ETag that it named."""
    if isinstance(result, Response):
        return result, None
    status, headers, etag = route.status, None, None
    if isinstance(result, Answer):
        status, headers, etag = result.status or status, dict(result.headers), result.etag
        result = result.value
    if result is None:
        return Response(None, 204 if status == 200 else status, headers), etag
    return Response(_encode(result), status, headers, media_type=route.media), etag
