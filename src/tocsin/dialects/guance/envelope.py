"""The envelope around every answer, and the id by which a request is found again."""

import uuid
from typing import Any, Generic, TypeVar

import msgspec
from starlette.responses import Response

from tocsin.httpkit.requests import Call

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Which part of a list an answer holds."""

    count: int
    page_index: int
    page_size: int
    total_count: int


class Enveloped(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """An answer of this API; *content* is what was asked for."""

    code: int
    content: T
    error_code: str
    message: str
    success: bool
    trace_id: str


class EnvelopedPage(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """An answer with a part of a list."""

    code: int
    content: T
    error_code: str
    message: str
    page_info: PageInfo
    success: bool
    trace_id: str


class Refusal(msgspec.Struct, frozen=True, rename="camel"):
    """How this API refuses; the status of the answer is the *code*."""

    code: int
    content: dict[str, Any]
    error_code: str
    message: str
    success: bool
    trace_id: str


def ok(call: Call, content: Any) -> Response:
    """Answer with *content*."""
    trace = trace_id(call.world.entropy(16))
    return json_response(200, Enveloped(200, content, "", "", success=True, trace_id=trace))


def page(call: Call, content: Any, info: PageInfo) -> Response:
    """Answer with a part of a list."""
    trace = trace_id(call.world.entropy(16))
    return json_response(200, EnvelopedPage(200, content, "", "", info, success=True, trace_id=trace))


def refusal(code: int, error_code: str, message: str, trace: bytes) -> Response:
    """Refuse."""
    return json_response(
        code, Refusal(code, {}, error_code, message, success=False, trace_id=trace_id(trace))
    )


def trace_id(raw: bytes) -> str:
    """Write 16 bytes as this API writes the id of a request."""
    return f"TRACE-{str(uuid.UUID(bytes=raw, version=4)).upper()}"


def json_response(status: int, value: Any) -> Response:
    """Answer with *value* as JSON."""
    return Response(_encode(value), status, media_type="application/json")
