"""``/explain``: whom an event would reach, when and why, drawn as a path. Nobody is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import foresight, history
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.foresight import Foreseen
from tocsin.core.calendar import in_zone
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.event import Severity
from tocsin.core.foreseen import Moment
from tocsin.core.foresight import Explanation
from tocsin.core.ids import AlertId
from tocsin.core.verdict import Passed, Quiet, Routed, Silenced, Verdict
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.forms import identifier, instant
from tocsin.web.night_picture import NightPicture, draw_night
from tocsin.web.rendering import page
from tocsin.web.words import row_of
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

RECENT: Final = 20  # alerts that the form offers
_SAID: Final = {Routed: "routes", Quiet: "quiet", Passed: "passes", Silenced: "quiet"}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks about: an event in the making, or an *alert*; *at* is in their own zone."""

    title: Annotated[str, Meta(max_length=1_000)] = ""
    message: Annotated[str, Meta(max_length=4_000)] = ""
    severity: Annotated[str, Meta(max_length=20)] = Severity.CRITICAL.value
    service: Annotated[str, Meta(max_length=100)] = ""
    labels: Annotated[str, Meta(max_length=8_000)] = ""
    event: Annotated[str, Meta(max_length=30_000)] = ""
    alert: Annotated[str, Meta(max_length=100)] = ""
    at: Annotated[str, Meta(max_length=40)] = ""
    ago: Annotated[int, Meta(ge=0, le=3_650, description="so many days before now, in place of at")] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a policy or a rule says, and *how*: it routes, keeps quiet, passes, or nobody takes it."""

    how: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One instant on the way of a page: what happens then, and the messages that go out."""

    at: datetime
    texts: Sequence[str]
    messages: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way of one page."""

    name: str
    stops: Sequence[Stop]
    goes_on: bool
    under_way: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The policies are asked once more: when, and what they say then."""

    at: datetime
    texts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """An explanation, as it is drawn."""

    at: datetime
    title: str
    because: Sequence[str]
    said: Sequence[Said]
    afresh: Sequence[Said]
    again: Sequence[Again]
    ways: Sequence[Way]
    picture: NightPicture | None


@ROUTES.get("/explain", permission=Permission.READ, summary="Explain an event", hidden=True)
async def show_explain(call: Call, query: Asked) -> Response:
    """Show the form, and under it what the event would come to."""
    user = signed_in(call.request).user
    problem, drawn = "", None
    if query.ago and not query.at:
        yesterday = in_zone(user.time_zone, call.now - timedelta(days=query.ago))
        query = msgspec.structs.replace(query, at=f"{yesterday:%Y-%m-%dT%H:%M}")
    if query.title or query.alert or query.event.strip():
        try:
            found = await _foresee(call, query, user.time_zone)
            drawn = _draw(found)
        except (Invalid, NotFound) as error:
            problem = str(error)
    offered = await call.ask(_offered, call.now)
    return page("explain.html", now=call.now, user=user, asked=query, drawn=drawn, problem=problem, **offered)


def _offered(tx: Tx, actor: Actor, now: datetime) -> dict[str, Any]:
    """Give what the form offers: services, and alerts of late."""
    directory = history.directory(tx, actor)
    listed = history.list_alerts(tx, actor, limit=RECENT)
    return {
        "services": {each.slug: each.name for each in directory.services.values()},
        "recent": [row_of(each, (), directory, now) for each in listed.items],
    }


async def _foresee(call: Call, asked: Asked, zone: str) -> Foreseen:
    at = instant(asked.at, zone, "the time")
    if asked.alert:
        alert = AlertId(identifier(asked.alert, "alert"))
        return await call.ask(foresight.explain_alert, alert, at=at, now=call.now)
    event: dict[str, Any] = {
        "title": asked.title,
        "message": asked.message,
        "severity": asked.severity,
        "labels": labels_in(asked.labels),
    } | ({"service": asked.service} if asked.service else {})
    raw = asked.event.strip().encode() or msgspec.json.encode(event)
    draft, *more = call.kit.intake.read(raw, received_at=at or call.now)
    if more:
        raise Invalid("the event", f"is {1 + len(more)} events", "must be one")
    return await call.ask(foresight.explain_event, draft, at=at, now=call.now)


def labels_in(text: str) -> dict[str, str]:
    """Read labels, one ``name=value`` on a line."""
    labels = {}
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise Invalid(f"line {number} of the labels", f"is {line[:60]!r}", "must be name=value")
        labels[name.strip()] = value.strip()
    return labels


def _draw(found: Foreseen) -> Drawn:
    explanation: Explanation = found.explanation
    judged = explanation.judgement
    return Drawn(
        at=explanation.at,
        title=explanation.alert.title if explanation.alert is not None else "",
        because=[each.text for each in explanation.because],
        said=[_say(verdict) for verdict in (judged.verdicts if judged is not None else ())],
        afresh=[
            _say(each) for each in (explanation.afresh.verdicts if explanation.afresh is not None else ())
        ],
        again=[
            Again(at=each.at, texts=[reason.text for reason in each.because]) for each in explanation.again
        ],
        ways=[
            Way(
                name=run.page.plan.name,
                stops=[_stop(moment) for moment in run.moments],
                goes_on=run.goes_on,
                under_way=run.id is not None,
            )
            for run in explanation.runs
        ],
        picture=draw_night(explanation, found.directory),
    )


def _say(verdict: Verdict) -> Said:
    return Said(how=_SAID.get(type(verdict), "lost"), text=verdict.because.text)


def _stop(moment: Moment) -> Stop:
    return Stop(
        at=moment.at,
        texts=[each.text for each in moment.because],
        messages=[each.because.text for each in moment.messages],
    )
