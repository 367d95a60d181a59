"""How pages are written: templates, the words and times in them, and the headers that every page carries."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from tocsin.channels import wording
from tocsin.core.because import span
from tocsin.core.calendar import in_zone, known_zone
from tocsin.core.event import Severity
from tocsin.core.filter_language import to_text
from tocsin.core.filter_tree import Compare, Operator
from tocsin.core.people import User
from tocsin.core.spelling import native
from tocsin.web.options import options
from tocsin.web.prose import prose

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"

_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def page(
    template: str, *, now: datetime, user: User | None = None, status: int = 200, **values: Any
) -> HTMLResponse:
    """Write the page that *template* makes of *values*, for *user* if somebody has signed in."""
    words = values | {"user": user, "now": now, "zone": user.time_zone if user is not None else "UTC"}
    return HTMLResponse(_TEMPLATES.get_template(template).render(words), status, _HEADERS)


def fragment(template: str, *, now: datetime, user: User, **values: Any) -> str:
    """Write the part of a page that *template* is, as the page itself has it."""
    words = values | {"user": user, "now": now, "zone": user.time_zone}
    return _TEMPLATES.get_template(template).render(words)


def clipped(text: str, longest: int = 300) -> str:
    """Give as much of *text* as a list has room for."""
    return text if len(text) <= longest else text[:longest].rstrip() + "…"


def of_title(title: str) -> str:
    """Write the filter that takes alerts of this *title*."""
    return to_text(Compare("title", Operator.EQUAL, title))


def is_web_link(text: str) -> bool:
    """Tell whether *text*, which comes from outside, leads to a page of the web and nowhere else."""
    return text.lower().startswith(("https://", "http://"))


@cache
def export_style() -> Markup:
    """Give the style of the pages, for a page that is to be kept as one file."""
    styles = [(STATIC / name).read_text("utf-8") for name in ("tocsin.css", "alerts.css")]
    return Markup("\n".join(styles))  # noqa: S704  # files of ours


@cache
def static_url(name: str) -> str:
    """Give the address of a file that changes when its content does, so that it can be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{digest}/{name}"


def ago(at: datetime, now: datetime) -> str:
    """Say how long ago *at* was, as people do: "just now", "5 minutes ago", "2 days 3 hours ago"."""
    length = now - at
    return "just now" if length < timedelta(seconds=45) else f"{_roughly(length)} ago"


def lasting(length: timedelta) -> str:
    """Write how long something took: "under a second", "5 minutes"."""
    return span(length) if length >= timedelta(seconds=1) else "under a second"


def until(at: datetime, now: datetime) -> str:
    """Say how far off *at* is: "in 4 minutes", "now"."""
    length = at - now
    return "now" if length <= timedelta(0) else f"in {_roughly(length)}"


def after(at: datetime, since: datetime) -> str:
    """Say how long after *since* it is: "at once", "after 5 minutes"."""
    length = at - since
    return "at once" if length < timedelta(seconds=1) else f"after {span(length)}"


def exactly(at: datetime, zone: str) -> str:
    """Write an instant in the reader's zone, to the second."""
    home = zone if known_zone(zone) else "UTC"
    return f"{in_zone(home, at):%a %d %b %Y, %H:%M:%S} {home}"


def clock(at: datetime, zone: str) -> str:
    """Write an instant in the reader's zone, to the minute: "Fri 6 Mar, 09:00"."""
    local = in_zone(zone if known_zone(zone) else "UTC", at)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def stretch(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Write from when until when: "Mon 9 Mar, 09:00 to 17:00", the second day where it is another."""
    home = zone if known_zone(zone) else "UTC"
    begins, ends = in_zone(home, starts_at), in_zone(home, ends_at)
    first, last = (f" {each.year}" if begins.year != ends.year else "" for each in (begins, ends))
    text = f"{begins:%a} {begins.day} {begins:%b}{first}, {begins:%H:%M} to "
    if begins.date() == ends.date():
        return f"{text}{ends:%H:%M}"
    return f"{text}{ends:%a} {ends.day} {ends:%b}{last}, {ends:%H:%M}"


def brief(text: str, most: int) -> str:
    """Cut *text* where it has more than *most* characters, and show that it was cut."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def iso(at: datetime) -> str:
    """Write an instant for scripts."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def labels_of(labels: Mapping[str, str], most: int = 4) -> list[str]:
    """Give some of the labels, as name=value."""
    return [clipped(f"{name}={value}", 80) for name, value in list(labels.items())[:most]]


def cut_at(text: str, fault: str) -> tuple[str, str] | None:
    """Cut *text* where *fault* says that it cannot be read on: "… at column 14 …"."""
    found = re.search(r"at column (\d{1,6})", fault)
    place = int(found[1]) - 1 if found else -1
    return (text[:place], text[place:]) if 0 <= place <= len(text) else None


def in_parts(path: str) -> str:
    """Name a part as people do: ``rules[0].window`` is "Rule 1, window"."""
    return capital(in_words(re.sub(r"\[(\d+)\]", r".\1", path)))


def capital(text: str) -> str:
    """Begin a sentence with a capital."""
    return text[:1].upper() + text[1:]


def spelled(number: int, kind: str) -> str:
    """Write the id of a thing of *kind*."""
    return native(kind, number)


def in_words(name: str) -> str:
    """Name a field as people do: ``rules.1.time_zone`` is "rule 2, time zone"."""
    words: list[str] = []
    for each in name.split("."):
        if each.isdecimal() and words:
            words[-1] = f"{words[-1].removesuffix('s')} {int(each) + 1}"
        else:
            words.append(each.replace("_", " "))
    return ", ".join(words)


def _roughly(length: timedelta) -> str:
    """Write a length in one unit, or two where the first is small."""
    if length < timedelta(minutes=1):
        return span(length)
    if length < timedelta(hours=1):
        return span(timedelta(minutes=length // timedelta(minutes=1)))
    return span(timedelta(minutes=5 * round(length / timedelta(minutes=5))))


_TEMPLATES.globals.update(
    options=options,
    export_style=export_style,
    static=static_url,
    severities=tuple(Severity),
    severity_word=wording.severity_word,
)
_TEMPLATES.tests["web_link"] = is_web_link
_TEMPLATES.filters.update(
    after=after,
    ago=ago,
    clipped=clipped,
    clock=clock,
    exactly=exactly,
    in_words=in_words,
    iso=iso,
    lasting=lasting,
    markdown=prose,
    of_title=of_title,
    brief=brief,
    some=labels_of,
    stretch=stretch,
    spelled=spelled,
    capital=capital,
    cut_at=cut_at,
    in_parts=in_parts,
    until=until,
)
