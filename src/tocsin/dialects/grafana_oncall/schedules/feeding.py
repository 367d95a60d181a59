"""The imported calendars of schedules, read before they are kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET

from tocsin.actions import schedules
from tocsin.actions.feeds import Copy
from tocsin.core.destination import check_url
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.feed import URL_LENGTH_MAX, Feed
from tocsin.core.ids import UNMADE, FeedId, ScheduleId
from tocsin.core.schedule import Schedule
from tocsin.dialects.grafana_oncall.errors import wrong_field
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import seeing
from tocsin.httpkit.feeds import Unread, fetch
from tocsin.httpkit.requests import Call

PRIMARY = "ical_url_primary"
OVERRIDES = "ical_url_overrides"
FAILED = "Ical download failed"
BAD_URL = "Enter a valid URL."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What the addresses in a body are: *urls* by field, None for none, and what was read from them."""

    urls: Mapping[str, str | None]
    copies: Mapping[str, Copy]


async def fetched(call: Call, fields: Fields, schedule_id: ScheduleId | None = None) -> Fetched:
    """Read the calendars that a body names and the schedule has not; refuse one that cannot be read."""
    urls: dict[str, str | None] = {}
    for name in (PRIMARY, OVERRIDES):
        given = fields.text(name, null=True, blank=True, longest=URL_LENGTH_MAX)
        if given is not UNSET:
            urls[name] = _checked(fields, name, given or None)
    fields.must_be_right()
    known = await _known(call, schedule_id) if schedule_id is not None and urls else frozenset()
    wanted = {name: url for name, url in urls.items() if url is not None and url not in known}
    read = await asyncio.gather(*(_fetch(call, name, url) for name, url in wanted.items()))
    return Fetched(urls=urls, copies=dict(zip(wanted.values(), read, strict=True)))


def url_of(schedule: Schedule, name: str) -> str | None:
    """Give the address of the calendar that is in the place of the field *name*."""
    wanted = name == OVERRIDES
    return next((feed.url for feed in schedule.feeds if feed.overrides is wanted), None)


def with_urls(feeds: tuple[Feed, ...], urls: Mapping[str, str | None]) -> tuple[Feed, ...]:
    """Put the addresses in *urls* in their places; a feed whose address stays is the same feed."""
    for name, url in urls.items():
        overrides = name == OVERRIDES
        same = [feed for feed in feeds if feed.overrides is overrides and feed.url == url]
        others = tuple(feed for feed in feeds if feed.overrides is not overrides)
        new = [] if url is None else same[:1] or [Feed(id=FeedId(UNMADE), url=url, overrides=overrides)]
        feeds = (*others, *new)
    return feeds


async def _known(call: Call, schedule_id: ScheduleId) -> frozenset[str]:
    try:
        schedule = await call.ask(lambda tx, actor: schedules.get(tx, seeing(actor), schedule_id))
    except NotFound:
        return frozenset()
    return frozenset(feed.url for feed in schedule.feeds if feed.calendar is not None)


async def _fetch(call: Call, name: str, url: str) -> Copy:
    try:
        return await fetch(call.world.wire, url)
    except Unread:
        raise wrong_field(name, FAILED) from None


def _checked(fields: Fields, name: str, url: str | None) -> str | None:
    if url is None:
        return None
    try:
        return check_url(url, name)
    except Invalid:
        fields.wrong(name, BAD_URL)
        return None
