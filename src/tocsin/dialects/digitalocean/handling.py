"""What the handlers share: bodies, pages of a list, and the links between them."""

from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from tocsin.core.errors import Invalid
from tocsin.dialects.digitalocean.errors import Unprocessable
from tocsin.dialects.digitalocean.wire import Links
from tocsin.httpkit.bodies import JsonReader, require_json
from tocsin.httpkit.queries import pairs
from tocsin.httpkit.requests import Call

PREFIX: Final = "/v2/apps"

T = TypeVar("T")


async def read_body(call: Call, reader: JsonReader[T], *, strict: bool) -> T:
    """Read the body, now that what the path names has been found.

    What is no JSON object is refused as unreadable; wrong types inside it as Invalid when *strict*, else as
    Unprocessable.
    """
    require_json(call.request.headers.get("content-type"))
    try:
        return reader.read(await call.read())
    except Invalid as fault:
        if strict or not fault.path:
            raise
        raise Unprocessable(fault) from None


def read_query(call: Call, kind: type[T]) -> T:
    """Read the query; what is out of range is Unprocessable."""
    values = dict(pairs(call.request.scope["query_string"]))
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        problem = str(error).partition(" - at ")
        path = problem[2].strip("`$.") or "query"
        raise Unprocessable(Invalid(path, f"is out of range: {problem[0]}")) from None


def page_of(items: Sequence[T], page: int, per_page: int) -> list[T]:
    """Cut page number *page* out of *items*; beyond the end it is empty."""
    return list(items[(page - 1) * per_page :][:per_page])


def links(path: str, *, page: int, per_page: int, total: int, public_url: str) -> Links:
    """Name the other pages of a list, those that make sense."""
    last = max(1, -(-total // per_page))
    wanted: dict[str, int] = {}
    if page > 1:
        wanted |= {"first": 1, "prev": min(page - 1, last)}
    if page < last:
        wanted |= {"next": page + 1, "last": last}
    if not wanted:
        return Links()
    found = {
        word: f"{public_url}{path}?{urlencode({'page': number, 'per_page': per_page})}"
        for word, number in wanted.items()
    }
    return Links(pages=found)
