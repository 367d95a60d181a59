"""``/explain``: whom an event would reach, when and why. Nothing is written, nobody is told."""

from datetime import datetime

from msgspec import UNSET

from tocsin.actions import foresight
from tocsin.actions.actor import Permission
from tocsin.actions.intake import Drafted
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import AlertId
from tocsin.dialects.native.handling import PREFIX
from tocsin.dialects.native.wire.explain import (
    ExplainBody,
    ExplainRequest,
    ExplanationView,
    show_explanation,
)
from tocsin.dialects.native.wire.shapes import instant_or_none
from tocsin.dialects.native.wire.spelled import reference
from tocsin.httpkit.bodies import JsonReader, require_json
from tocsin.httpkit.errors import TooLarge, UnsupportedMedia
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Explain")

_BODY: JsonReader[ExplainBody] = JsonReader(ExplainBody, keeps_nul=True)


@ROUTES.post(
    "/explain",
    permission=Permission.READ,
    summary="Tell what an event or an alert would come to",
    description=(
        "Every policy, rule, step, person, message and time, each with its reason, as it would go if nobody "
        "answered; `text` has all of it in words. Without `at` it is explained as things stand now: an event "
        "may meet an alert that is open, and pages that are under way go on; an alert is explained as if it "
        "were reported once more. With `at` it is explained as if it were new then. Nothing is written and "
        "nothing is sent."
    ),
    body_later=ExplainRequest,
    answer=ExplanationView,
    raises=(NotFound, TooLarge, UnsupportedMedia),
    examples=(
        Example(
            title="A night to come",
            body={
                "event": {"title": "Disk full", "severity": "critical", "labels": {"team": "data"}},
                "at": "2026-12-24T20:00:00Z",
            },
        ),
        Example(title="An alert", body={"alert": "alrt_0cv1h8q4w2mp"}),
    ),
)
async def explain(call: Call) -> ExplanationView:
    """Explain an event or an alert."""
    raw = await call.read()
    require_json(call.request.headers.get("content-type"))
    body = _BODY.read(raw)
    event = b"" if body.event is UNSET or bytes(body.event) == b"null" else bytes(body.event)
    if bool(event) == (body.alert is not None):
        raise Invalid(
            "event", "and alert are both given, or neither is", "must be given, or alert in its place"
        )
    at = instant_or_none(body.at, "at")
    if body.alert is not None:
        alert = AlertId(reference(body.alert, "alert", "alert"))
        found = await call.ask(foresight.explain_alert, alert, at=at, now=call.now)
    else:
        draft = _draft(call, event, at or call.now)
        found = await call.ask(foresight.explain_event, draft, at=at, now=call.now)
    return show_explanation(found.explanation, found.directory)


def _draft(call: Call, event: bytes, at: datetime) -> Drafted:
    """Read the event; what is wrong with it is named as part of this body."""
    try:
        drafts = call.kit.intake.read(event, received_at=at)
    except Invalid as error:
        path = f"event.{error.path}" if error.path else "event"
        problem = error.problem.removeprefix("the body ").removeprefix("the event ")
        raise Invalid(path, problem, error.remedy) from None
    if len(drafts) != 1:
        raise Invalid("event", f"holds {len(drafts)} events", "must be one")
    return drafts[0]
