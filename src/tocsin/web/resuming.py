"""What was typed when a session ended: carried along without its secrets, and shown again for one click."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from tocsin.core.errors import Invalid
from tocsin.core.people import User
from tocsin.httpkit.bodies import read_form
from tocsin.web.forms import LENGTH_MAX
from tocsin.web.rendering import page

TYPED_MAX: Final = 3 * LENGTH_MAX  # a form within a form is written with up to three times as many characters
_HIDDEN: Final = ("password", "secret", "token")  # what is typed anew rather than carried along


def without_secrets(typed: str) -> str:
    """Write a form again without what nobody should find in a page."""
    return urlencode([(name, "" if anew else value) for name, value, anew in _carried(typed)])


def resume(path: str, typed: str, *, user: User, onward: str, now: datetime) -> Response:
    """Show what was *typed* for *path*, to be sent by one click, or left for the page *onward*."""
    return page("resume.html", now=now, user=user, path=path, typed=_carried(typed), onward=onward)


def _carried(typed: str) -> list[tuple[str, str, bool]]:
    """Read a form that was carried along: names and values, and whether each is to be typed anew."""
    try:
        found = read_form(typed.encode())
    except Invalid:
        return []
    return [
        (name, value, any(word in name.casefold() for word in _HIDDEN))
        for name, values in found.items()
        for value in values
    ]
