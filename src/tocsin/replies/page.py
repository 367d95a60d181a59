"""The small page behind a link in a message: what it is about, one button, and afterwards what was done."""

import base64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from tocsin.channels import wording
from tocsin.channels.base import AlertLine
from tocsin.core.alert import AlertStatus
from tocsin.core.escalation import PageStatus
from tocsin.core.event import Severity
from tocsin.replies.links import BadLink, Reply

ALERTS_SHOWN_MAX = 3  # the button stays in sight on a telephone

_FOLDER = Path(__file__).parent / "templates"
_STYLE = (_FOLDER / "reply.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode("ascii")
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address is the credential
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


class Stage(StrEnum):
    """Whether the page asks for a reply, or has just taken it."""

    ASKED = "asked"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand with what a link is about; *who* is the name of the person whose link it is.

    *alerts* are the first of *total*. *acknowledged_by* and *acknowledged_at* tell of whoever has it now.
    *page_url* is empty where there is no page to go to.
    """

    title: str
    severity: Severity
    status: PageStatus
    service: str = ""
    who: str = ""
    alerts: tuple[AlertLine, ...] = ()
    total: int = 0
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    time_zone: str = "UTC"
    page_url: str = ""
    drill: bool = False


@dataclass(frozen=True, slots=True)
class _Words:
    heading: str
    explanation: str
    button: str = ""


_ASKED = {
    Reply.ACKNOWLEDGE: _Words("Do you have it?", "Nobody else will be asked while you do.", "Yes, I have it"),
    Reply.RESOLVE: _Words(
        "Is it over?", "Its alerts are closed; if it goes on, it comes back.", "Yes, resolve"
    ),
    Reply.DECLINE: _Words(
        "No more messages about this?",
        "You will not be asked about it again. Whoever comes after you in the plan is asked as before.",
        "Leave me out of this one",
    ),
}
_DONE = {
    Reply.ACKNOWLEDGE: _Words("You have it", "Nobody else will be asked. Thank you."),
    Reply.RESOLVE: _Words("It is resolved", "Its alerts are closed. Thank you."),
    Reply.DECLINE: _Words("You are left out", "You will get no more messages about this."),
}
_BAD = {
    BadLink.BROKEN: _Words(
        "This link does not work",
        "Part of it may have been lost on its way. Open the newest message, or sign in to Tocsin.",
    ),
    BadLink.EXPIRED: _Words(
        "This link has expired", "Nothing was changed. Open the newest message, or sign in to Tocsin."
    ),
}


def show(reply: Reply, standing: Standing, stage: Stage) -> HTMLResponse:
    """Make the page for *reply*: with a button while it asks, without one when nothing is left to do."""
    over = reply is Reply.ACKNOWLEDGE and standing.status is PageStatus.RESOLVED
    done = stage is Stage.DONE and not over
    words = _DONE[reply] if done else _words(reply, standing)
    shown = standing.alerts[:ALERTS_SHOWN_MAX]
    left_out = max(standing.total, len(standing.alerts)) - len(shown)
    return _response(
        200,
        words,
        done=done,
        comment=reply is Reply.ACKNOWLEDGE,
        standing={
            "title": wording.one_line(standing.title, 300),
            "severity": wording.severity_word(standing.severity),
            "tone": standing.severity.value,
            "service": wording.one_line(standing.service, 80),
            "who": wording.one_line(standing.who, 80),
            "drill": standing.drill,
            "page_url": standing.page_url,
            "alerts": [_alert(alert) for alert in shown],
            "left_out": left_out,
        },
    )


def refuse(bad: BadLink) -> HTMLResponse:
    """Make the page for a link that is good for nothing."""
    return _response(410 if bad is BadLink.EXPIRED else 404, _BAD[bad])


def apologise(status: int, problem: str) -> HTMLResponse:
    """Make the page for a request that failed in another way; *problem* is one sentence for the person."""
    return _response(status, _Words("That did not work", problem))


def _words(reply: Reply, standing: Standing) -> _Words:
    if reply is not Reply.DECLINE and standing.status is PageStatus.RESOLVED:
        return _Words("It is over already", "All its alerts are resolved; there is nothing left to do.")
    if reply is Reply.ACKNOWLEDGE and standing.status is PageStatus.ACKNOWLEDGED:
        since = standing.acknowledged_at
        when = f" since {wording.moment(since, standing.time_zone)}" if since else ""
        name = wording.one_line(standing.acknowledged_by, 80) or "Somebody"
        return _Words(f"{name} has it", f"Acknowledged{when}; nobody else is being asked.")
    return _ASKED[reply]


def _alert(alert: AlertLine) -> dict[str, str]:
    resolved = alert.status is AlertStatus.RESOLVED
    return {
        "title": wording.one_line(alert.title, 200),
        "message": wording.one_line(alert.message, 120),
        "tone": "resolved" if resolved else alert.severity.value,
        "state": "Resolved" if resolved else wording.severity_word(alert.severity),
    }


def _response(
    status: int,
    words: _Words,
    *,
    done: bool = False,
    comment: bool = False,
    standing: dict[str, object] | None = None,
) -> HTMLResponse:
    html = _TEMPLATES.get_template("reply.html").render(
        style=_STYLE, words=words, done=done, comment=comment, standing=standing
    )
    return HTMLResponse(html, status, _HEADERS)
