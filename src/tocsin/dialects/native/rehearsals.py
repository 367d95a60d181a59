"""``/prove``, ``/replay`` and ``/drills``: what is to come, what would have been, and a try in earnest."""

from collections.abc import Mapping

import msgspec

from tocsin.actions import rehearsals
from tocsin.actions.actor import Permission
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import AlertId
from tocsin.core.proving import prove
from tocsin.core.replaying import changed_by, replay
from tocsin.dialects.native.handling import PREFIX, named
from tocsin.dialects.native.wire.rehearsals import (
    DrillBody,
    DrillView,
    ProofView,
    ProveBody,
    ReplayBody,
    ReplayView,
    show_drill,
    show_proof,
    show_replay,
    what_if,
)
from tocsin.httpkit.bodies import JsonReader, require_json
from tocsin.httpkit.errors import TooLarge, UnsupportedMedia
from tocsin.httpkit.pondering import ponder
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="Foresight")


_PROOF = {
    "starts_at": "2026-03-06T09:00:00Z",
    "ends_at": "2026-03-20T09:00:00Z",
    "classes": [
        {
            "name": "labels.team = data",
            "severities": ["critical", "error"],
            "rules": ["prod of Operations"],
            "spells": [
                {
                    "starts_at": "2026-03-06T09:00:00Z",
                    "ends_at": "2026-03-20T09:00:00Z",
                    "reached": [{"name": "Ana Alba", "after_s": 0, "ways": ["sms", "email"], "person": True}],
                    "why": "",
                }
            ],
        }
    ],
    "findings": [{"kind": "dead end", "text": "Ben Okafor cannot be reached"}],
    "whole": True,
    "text": "From 2026-03-06T09:00:00Z to 2026-03-20T09:00:00Z, if nobody answers: ...",
}
_REPLAY = {
    "alerts": 212,
    "changed": 40,
    "nobody": 40,
    "people": [{"name": "Ana Alba", "before": 120, "after": 80}],
    "differences": [
        {
            "alert_id": "alrt_0cv1h8q4w2mp",
            "title": "Certificate ends soon",
            "severity": "info",
            "opened_at": "2026-03-01T03:10:00Z",
            "no_more": ["Ana Alba"],
            "newly": [],
        }
    ],
    "whole": True,
    "text": "212 alerts; for 40 of them others would have been told. ...",
}
_DRILLED = {
    "alert_id": "alrt_0cv1h8q4w2mp",
    "title": "Can you hear me?",
    "began_at": "2026-03-06T09:00:00Z",
    "arrivals": [{"name": "Ana Alba", "channel": "sms", "state": "delivered", "after_s": 2.1, "error": ""}],
    "answered_by": "Ana Alba",
    "answered_after_s": 31.5,
    "unreached": [],
    "next_at": None,
    "over": True,
    "text": "1 of 1 messages went out, 0 failed. ...",
}


class _Raw(msgspec.Struct, forbid_unknown_fields=True):
    """A drill's body, whose event is read by who reads events."""

    event: msgspec.Raw


_DRILL: JsonReader[_Raw] = JsonReader(_Raw, keeps_nul=True)


@ROUTES.post(
    "/prove",
    permission=Permission.READ,
    summary="Tell who is reached over the days to come",
    description=(
        "For every class of alerts that the configuration can tell apart: who is reached, when and by how"
        " many ways. And what stands in the way: hours in which nobody is on call, people without a way,"
        " rules that can never match, windows that leave holes, hand-overs that a clock change loses or"
        " doubles. Nothing is written and nothing is sent."
    ),
    examples=(Example(title="Two weeks", body={"days": 14}, answer=_PROOF),),
)
async def prove_days(call: Call, body: ProveBody) -> ProofView:
    """Prove what the configuration does."""
    directory = await call.ask(rehearsals.configuration)
    proof = await ponder(lambda: prove(directory, call.now, days=body.days))
    return show_proof(proof)


@ROUTES.post(
    "/replay",
    permission=Permission.READ,
    summary="Tell what a change would have made of the past",
    description=(
        "The alerts of the last days, asked about once by the configuration as it stands and once as it would"
        " be with a change: who would have been told no more, and who newly. Each is taken as new when it was"
        " opened and as answered when it really was. Nothing is written and nothing is sent."
    ),
    raises=(NotFound,),
    examples=(
        Example(title="Without info", body={"days": 30, "silence": "severity = info"}, answer=_REPLAY),
    ),
)
async def replay_days(call: Call, body: ReplayBody) -> ReplayView:
    """Replay the past with a change."""
    change = what_if(body)
    past = await call.ask(rehearsals.past, change, days=body.days, now=call.now)
    first = min((alert.opened_at for alert in past.alerts), default=call.now)

    def think() -> ReplayView:
        after = changed_by(past.directory, change, first)
        return show_replay(replay(past.directory, after, past.alerts, whole=past.whole))

    return await ponder(think)


@ROUTES.post(
    "/drills",
    permission=Permission.RESPOND,
    summary="Begin a drill",
    description=(
        "A test alert goes the real way to real people, marked as a drill in every message. It never meets"
        " real trouble. What arrived is told by `GET /drills/{alert_id}`; resolve the alert to end it."
    ),
    body_later=DrillBody,
    status=201,
    answer=DrillView,
    raises=(NotFound, TooLarge, UnsupportedMedia),
    examples=(
        Example(
            title="A drill",
            body={"event": {"title": "Can you hear me?", "severity": "critical"}},
            answer=_DRILLED,
        ),
    ),
)
async def begin_drill(call: Call) -> Answer[DrillView]:
    """Begin a drill."""
    raw = await call.read()
    require_json(call.request.headers.get("content-type"))
    event = bytes(_DRILL.read(raw).event)
    try:
        (draft, *more) = call.kit.intake.read(event, received_at=call.now)
    except Invalid as error:
        path = f"event.{error.path}" if error.path else "event"
        raise Invalid(path, error.problem.removeprefix("the event "), error.remedy) from None
    if more:
        raise Invalid("event", f"holds {1 + len(more)} events", "must be one")
    alert = await call.act(rehearsals.drill, draft, now=call.now)
    report = await call.ask(rehearsals.drill_report, alert.id)
    view = show_drill(report)
    headers: Mapping[str, str] = {"location": f"{PREFIX}/drills/{view.alert_id}"}
    return Answer(value=view, headers=headers)


@ROUTES.get(
    "/drills/{alert_id}",
    permission=Permission.READ,
    summary="Tell what arrived of a drill",
    description="Each message with what became of it, who answered, and who was asked in vain.",
    examples=(Example(title="A drill", answer=_DRILLED),),
    raises=(NotFound,),
    params={"alert_id": "the id of the drill's alert"},
)
async def read_drill(call: Call) -> DrillView:
    """Report on a drill."""
    return show_drill(await call.ask(rehearsals.drill_report, AlertId(named(call, "alert"))))
