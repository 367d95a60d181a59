"""OpenAPI 3.1 documents, made from the routes that are really there and the types that they really read."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.responses import Response

from tocsin.actions.idempotency import KeyReused
from tocsin.core.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Overloaded,
    TocsinError,
    Unauthorized,
)
from tocsin.httpkit.errors import (
    PROBLEM_MEDIA_TYPE,
    PreconditionFailed,
    Problem,
    TooLarge,
    TooMany,
    UnsupportedMedia,
    status_of_kind,
)
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Route, Routes

OPENAPI = "3.1.0"
_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")

Json = dict[str, Any]

_ETAG = {
    "description": "The version that this is, for If-Match and If-None-Match.",
    "schema": {"type": "string"},
}
_MEANINGS: dict[type[TocsinError], str] = {
    Invalid: "A value, or the request itself, is wrong: errors names each with a remedy.",
    Unauthorized: "No credential, or one that is wrong or revoked.",
    Forbidden: "The caller may not do this.",
    NotFound: "There is no such thing in the caller's workspace.",
    PreconditionFailed: "The thing was changed since it was read (If-Match).",
    TooLarge: "The body is larger than the server takes.",
    UnsupportedMedia: "The body is compressed, or of another kind than JSON.",
    KeyReused: "The Idempotency-Key was used for another request.",
    TooMany: "The caller asks too often; Retry-After says when to come back.",
    Overloaded: "The server cannot take more at present; Retry-After says when to come back.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What stands at the head of a document.

    *security* has the schemes that its guarded routes ask for: any one of them, or all if *all_needed*.
    """

    title: str
    version: str
    description: str
    server: str
    security: Mapping[str, Json]
    all_needed: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    problem: Any = Problem
    problem_media_type: str = PROBLEM_MEDIA_TYPE


def document(routes: Iterable[Route], title: Title) -> Json:
    """Write the document of all *routes* that are not hidden.

    Raise ValueError when two have one name, or an example does not fit its type.
    """
    shown = [route for route in routes if not route.hidden]
    types = _Types(shown, title.problem)
    paths: dict[str, Json] = {}
    names: set[str] = set()
    for route in shown:
        if route.handler.__name__ in names:
            raise ValueError(f"two handlers are called {route.handler.__name__}")
        names.add(route.handler.__name__)
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, title, types)
    used = dict.fromkeys(route.tag for route in shown if route.tag)
    written: Json = {
        "openapi": OPENAPI,
        "info": {"title": title.title, "version": title.version, "description": title.description},
        "servers": [{"url": title.server}],
        "tags": [{"name": tag, "description": title.tags.get(tag, tag)} for tag in used],
        "paths": paths,
        "components": {"schemas": types.schemas, "securitySchemes": dict(title.security)},
    }
    plain: Json = msgspec.json.decode(msgspec.json.encode(written))  # defaults may be tuples or enums
    return plain


class _Types:
    """The schemas of all types that some routes name."""

    def __init__(self, routes: Sequence[Route], problem: Any) -> None:
        bodies = [body for route in routes if (body := _body_of(route)) is not None]
        answers = [route.answer for route in routes if route.answer is not None]
        kinds = [*bodies, *answers, problem]
        found, self.schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
        self._by_id = {id(kind): schema for kind, schema in zip(kinds, found, strict=True)}

    def of(self, kind: Any) -> Json:
        """Give the schema of *kind*, usually a reference."""
        return self._by_id[id(kind)]

    def fields(self, kind: Any) -> Iterator[tuple[str, Json, bool]]:
        """Give the name and schema of each field of the struct *kind*, and whether it must be there."""
        (reference,), schemas = msgspec.json.schema_components([kind], ref_template=_REF)
        struct = schemas.pop(reference["$ref"].rpartition("/")[2])
        self.schemas |= schemas
        for name, schema in struct["properties"].items():
            yield name, schema, name in struct.get("required", ())


def published(prefix: str, write: Callable[[], Json], path: str = "/openapi.json") -> Routes:
    """Give the route of a document below *prefix*, open to anybody; it is written when first asked for."""
    own = Routes(prefix, tag="About")

    @functools.cache
    def text() -> bytes:
        return msgspec.json.encode(write())

    @own.get(path, permission=None, summary="Read this document", tagged=True, hidden=True)
    async def read_openapi(call: Call) -> Response:
        """Give the document, to anybody."""
        del call
        return Response(text(), media_type="application/json")

    return own


def _body_of(route: Route) -> Any:
    return route.body.kind if route.body is not None else route.body_later


def _operation(route: Route, title: Title, types: _Types) -> Json:
    operation: Json = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "parameters": list(_parameters(route, types)),
        "responses": _responses(route, title, types),
        "security": _security(title) if route.permission is not None else [],
    }
    if route.description:
        operation["description"] = route.description
    if route.tag:
        operation["tags"] = [route.tag]
    body = _body_of(route)
    if body is not None:
        content = {"schema": types.of(body)} | _examples(route, body, "body")
        needed = not route.body_optional
        operation["requestBody"] = {"required": needed, "content": {route.media: content}}
    elif route.takes_bytes:
        operation["requestBody"] = {"required": True, "content": {"*/*": {}}}
    return operation


def _security(title: Title) -> list[Json]:
    schemes: list[Json] = [{name: []} for name in title.security]
    return [{name: [] for name in title.security}] if title.all_needed else schemes


def _parameters(route: Route, types: _Types) -> Iterator[Json]:
    for name in _PARAMETER.findall(route.path):
        parameter: Json = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        if name in route.params:
            parameter["description"] = route.params[name]
        yield parameter
    if route.query is not None:
        for name, schema, required in types.fields(route.query.kind):
            about = _taken_out(schema, "description")
            yield {"name": name, "in": "query", "required": required, "schema": schema, **about}
    for name, meaning in _headers(route):
        yield {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}


def _taken_out(schema: Json, key: str) -> Json:
    """Take *key* out of *schema*, or out of the first of its options that has it."""
    for place in (schema, *schema.get("anyOf", ())):
        if key in place:
            return {key: place.pop(key)}
    return {}


def _headers(route: Route) -> Iterator[tuple[str, str]]:
    if route.once:
        yield "Idempotency-Key", "Repeating a request with the same key within 24 hours does nothing more."
    if route.tagged and route.method == "GET":
        yield "If-None-Match", "The ETag that the caller has; if it is still right, the answer is 304."
    if PreconditionFailed in route.raises:
        yield "If-Match", "The ETag that the caller has read; if it is no longer right, nothing is done."


def _responses(route: Route, title: Title, types: _Types) -> Json:
    good: Json = {"description": "Done." if route.status == 204 else "As asked for."}
    if route.answer is not None:
        content = {"schema": types.of(route.answer)} | _examples(route, route.answer, "answer")
        good["content"] = {route.media: content}
    if route.tagged:
        good["headers"] = {"ETag": _ETAG}
    responses: Json = {str(route.status): good}
    if route.tagged and route.method == "GET":
        responses["304"] = {"description": "The caller has it already.", "headers": {"ETag": _ETAG}}
    for status, meanings in _refusals(route).items():
        refusal: Json = {
            "description": " Or: ".join(meanings),
            "content": {title.problem_media_type: {"schema": types.of(title.problem)}},
        }
        if status in {429, 503}:
            refusal["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
        responses[str(status)] = refusal
    return responses


def _refusals(route: Route) -> dict[int, list[str]]:
    """List what the route can refuse, by status."""
    kinds: list[type[TocsinError]] = [Invalid, *route.raises]
    if _body_of(route) is not None or route.takes_bytes:
        kinds += [TooLarge, UnsupportedMedia]
    if route.permission is not None:
        kinds += [Unauthorized, Forbidden, TooMany]
    if route.once:
        kinds.append(KeyReused)
    refusals: dict[int, list[str]] = {}
    for kind in dict.fromkeys([*kinds, Overloaded]):
        meaning = _MEANINGS.get(kind) or f"{(kind.__doc__ or '').splitlines()[0].rstrip('.')}."
        refusals.setdefault(status_of_kind(kind).value, []).append(meaning)
    return dict(sorted(refusals.items()))


def _examples(route: Route, kind: Any, side: str) -> Json:
    """Give the route's examples of one *side*, ``body`` or ``answer``, after a look at each."""
    found: Json = {}
    for example in route.examples:
        value = getattr(example, side)
        if value is not None:
            _check(example, value, kind, f"{route.method} {route.path}")
            found[re.sub(r"\W+", "-", example.title).strip("-").lower()] = {
                "summary": example.title,
                "value": value,
            }
    return {"examples": found} if found else {}


def _check(example: Example, value: Any, kind: Any, where: str) -> None:
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"the example {example.title!r} of {where} does not fit: {error}") from error
