"""Fetching imported calendars: under the guard of all requests, within limits, and off the event loop."""

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from tocsin.actions.feeds import Copy
from tocsin.channels.base import HttpRequest, HttpResponse, Unsent, Wire
from tocsin.core.errors import Invalid
from tocsin.core.feed import SIZE_MAX, Calendar

if TYPE_CHECKING:
    from tocsin.httpkit.calendars import Reading

REDIRECTS_MAX: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOTHING: Final = Calendar()
_ACCEPT: Final = (("Accept", "text/calendar, */*;q=0.5"),)


class Unread(Exception):
    """A feed could not be read; its text says why, without the address, which may be a secret."""


async def fetch(wire: Wire, url: str, *, known: str = "") -> Copy:
    """Fetch the calendar at *url*; raise Unread when there is none to be had.

    What has the digest *known* was read before and is not read again: the copy then says nothing but that.
    """
    body = await _download(wire, url.strip())
    digest = hashlib.sha256(body).hexdigest()
    if digest == known:
        return Copy(calendar=_NOTHING, digest=digest)
    try:
        # Thousands of events take seconds: the event loop goes on meanwhile.
        reading = await asyncio.to_thread(_read, body)
    except Invalid as error:
        raise Unread(f"what it answers {error.problem}") from None
    return Copy(calendar=reading.calendar, digest=digest, skipped=reading.skipped, remark=reading.remark)


def _read(body: bytes) -> "Reading":
    from tocsin.httpkit.calendars import read_calendar  # noqa: PLC0415  # a library for who has such calendars

    return read_calendar(body)


async def _download(wire: Wire, url: str) -> bytes:
    for _ in range(REDIRECTS_MAX + 1):
        response = await _ask(wire, url)
        if response.status in _REDIRECTS and response.headers.get("location"):
            url = urljoin(url, response.headers["location"])
            continue
        if response.status != 200:
            raise Unread(f"it answers {response.status}")
        if len(response.body) > SIZE_MAX:
            raise Unread(f"it is larger than {SIZE_MAX} bytes")
        return response.body
    raise Unread(f"it leads on more than {REDIRECTS_MAX} times")


async def _ask(wire: Wire, url: str) -> HttpResponse:
    request = HttpRequest(method="GET", url=url, headers=_ACCEPT, answer_max=SIZE_MAX + 1)
    try:
        return await wire.http(request)
    except (Unsent, Invalid) as error:
        raise Unread(str(error)) from None
