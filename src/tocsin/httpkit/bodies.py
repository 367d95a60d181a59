"""Bodies: read within limits, decoded strictly, and every fault named.

What JSON leaves open is settled so: of two equal keys the later one counts; NaN, Infinity and half surrogates
are refused; so is text with NUL, which PostgreSQL cannot hold, except where the caller says that it is dealt
with. Depth is bounded by the decoder.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Message, Receive, Send

from tocsin.core.errors import Invalid
from tocsin.httpkit.errors import ClientGone, TooLarge, UnsupportedMedia
from tocsin.httpkit.faults import UNREADABLE, dotted, explain

BODY_LIMIT = 1 << 20
DRAIN_MAX = 16 << 20  # a client that sends more may see a broken connection only
FORM_FIELDS_MAX = 1_000

Headers = Iterable[tuple[bytes, bytes]]
T = TypeVar("T")

_ENCODED_NUL = b"\\u0000"


async def read_body(headers: Headers, receive: Receive, *, limit: int = BODY_LIMIT) -> bytes:
    """Read the request's whole body.

    Raise TooLarge as soon as it is known to have more than *limit* bytes, UnsupportedMedia when it is
    compressed, and ClientGone when the client hangs up. How long the client may take is the server's affair.
    """
    for name, value in headers:
        if name == b"content-length":
            if value.isdigit() and int(value) > limit:
                raise TooLarge(limit, more=True)
        elif name == b"content-encoding" and value.strip().lower() != b"identity":
            raise UnsupportedMedia("the body is compressed; send it without a Content-Encoding")
    message = await receive()
    body: bytes = _part(message)
    if message.get("more_body", False):
        parts, size = [body], len(body)
        while message.get("more_body", False) and size <= limit:
            message = await receive()
            parts.append(_part(message))
            size += len(parts[-1])
        body = b"".join(parts)
    if len(body) > limit:
        raise TooLarge(limit, more=message.get("more_body", False))
    return bytes(body)  # some servers give a bytearray


async def refuse_body(messages: Iterable[Message], headers: Headers, receive: Receive, send: Send) -> None:
    """Send the answer *messages* to a request whose body is not wanted, then hang up.

    What is already on its way is read and dropped, DRAIN_MAX bytes of it at most, so that the client sees the
    answer and not only a broken connection. A client that waits for a "100 Continue" has sent nothing.
    """
    start, *rest = messages
    start = {**start, "headers": [*start.get("headers", ()), (b"connection", b"close")]}
    await send(start)
    for message in rest:
        await send({**message, "more_body": True})
    drained = 0
    waits = any(name == b"expect" for name, _ in headers)
    while not waits and drained <= DRAIN_MAX:
        message = await receive()
        drained += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    await send({"type": "http.response.body", "body": b""})


class JsonReader(Generic[T]):
    """Decodes JSON bodies into *kind*; the decoder is made once."""

    def __init__(self, kind: type[T] | Any, *, keeps_nul: bool = False) -> None:
        self.kind = kind
        self._keeps_nul = keeps_nul
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self, body: bytes) -> T:
        """Decode *body*; raise Invalid for whatever is wrong with it."""
        try:
            value: T = self._decode(body)
        except msgspec.ValidationError as error:
            raise _named(explain(error, _plain(body), self.kind)) from None
        except msgspec.DecodeError as error:
            raise _broken(body, str(error)) from None
        except UnicodeDecodeError:
            raise Invalid("", "the body is not UTF-8 text") from None
        except RecursionError:
            raise Invalid("", "the body is nested too deeply") from None
        if not self._keeps_nul and _ENCODED_NUL in body:
            refuse_nul(_plain(body))
        return value


def refuse_nul(value: object) -> None:
    """Raise Invalid when a text anywhere in *value*, which is decoded JSON, holds a NUL character."""
    for place in _nuls(value, []):
        raise Invalid(dotted(place), "holds a NUL character", "must be text without one")


def require_json(content_type: str | None) -> None:
    """Raise UnsupportedMedia unless *content_type* is JSON in UTF-8, or nothing is said."""
    if content_type is None:
        return
    media, _, parameters = content_type.lower().partition(";")
    media = media.strip()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise UnsupportedMedia(f"the body is {media or 'of no kind'}; send Content-Type: application/json")
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if charset not in {"", "utf-8", "utf8"}:
        raise UnsupportedMedia(f"the body is in {charset}; send UTF-8")


def read_form(body: bytes, *, most: int = FORM_FIELDS_MAX) -> dict[str, list[str]]:
    """Decode an ``application/x-www-form-urlencoded`` body of up to *most* fields; raise Invalid else."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=most,
        )
    except UnicodeDecodeError:
        raise Invalid("", "the form is not percent-encoded UTF-8 text") from None
    except ValueError:
        raise Invalid("", f"the form has more than {most} fields") from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    refuse_nul(form)
    return form


def _part(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGone
    part: bytes = message.get("body", b"")
    return part


def _named(fault: Invalid) -> Invalid:
    if fault.path:
        return fault
    return Invalid("", f"the body {fault.problem}", fault.remedy)


def _broken(body: bytes, complaint: str) -> Invalid:
    if not body.strip():
        return Invalid("", "the body is empty", "must be JSON")
    if b"\\ud" in body.lower() and "truncated" in complaint:
        return Invalid("", "the body is not JSON: it ends too early, or holds half a surrogate pair")
    if "truncated" in complaint:
        return Invalid("", "the body is not whole JSON: it ends too early")
    return Invalid("", f"the body is not JSON: {complaint.removeprefix('JSON is malformed: ')}")


def _plain(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE


def _nuls(value: object, place: list[str]) -> Iterator[list[str]]:
    if isinstance(value, str):
        if "\0" in value:
            yield place
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _nuls(key, place)
            yield from _nuls(inner, [*place, key])
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _nuls(inner, [*place, str(number)])
