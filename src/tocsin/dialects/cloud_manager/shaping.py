"""The last touch on every answer: ``pretty`` for people, ``envelope`` for clients that see only bodies."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tocsin import __version__

SERVICE_VERSION: Final = f"gitHash=tocsin; versionString={__version__}"

_YES = frozenset({"true", "1"})
_FIELDS_MAX = 200
_OF_THE_BODY = frozenset({"content-length", "content-type"})


def shaped(request: Request, response: Response) -> Response:
    """Give *response* in the form that *request* asks for in its query.

    A challenge is never put into an envelope, or nobody could answer it.
    """
    response.headers["x-mongodb-service-version"] = SERVICE_VERSION
    query: bytes = request.scope["query_string"]
    if b"pretty" not in query and b"envelope" not in query:
        return response
    asked = _asked(query)
    body, status = bytes(response.body), response.status_code
    if "envelope" in asked and status != HTTPStatus.UNAUTHORIZED:
        body, status = _enveloped(body, status), HTTPStatus.OK
    if "pretty" in asked and body:
        body = msgspec.json.format(body, indent=2)
    headers = {name: value for name, value in response.headers.items() if name not in _OF_THE_BODY}
    return Response(body, status, headers, media_type="application/json" if body else None)


def _enveloped(body: bytes, status: int) -> bytes:
    content: Any = msgspec.json.decode(body) if body else {}
    if isinstance(content, dict) and "results" in content and "links" in content:
        return msgspec.json.encode({"status": status, **content})  # a list is an envelope already
    return msgspec.json.encode({"status": status, "content": content})


def _asked(query: bytes) -> frozenset[str]:
    """Name the flags of *query* that are set; whether they are flags at all is seen to elsewhere."""
    try:
        given = parse_qsl(query.decode("ascii"), max_num_fields=_FIELDS_MAX)
    except (UnicodeDecodeError, ValueError):
        return frozenset()
    return frozenset(name for name, value in given if value.lower() in _YES)
