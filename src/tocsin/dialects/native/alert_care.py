"""``/alerts/{id}``: silencing one alert, reopening, erasing and deleting it, and notes on it."""

from tocsin.actions import alert_care, handing_over, notes
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import AlertId, NoteId
from tocsin.dialects.native.handling import PREFIX, location, named
from tocsin.dialects.native.looking import done, optional, seen
from tocsin.dialects.native.wire.alerts import AcknowledgeBody, AlertView, show_alert, words
from tocsin.dialects.native.wire.notes import NoteBody, NoteList, NoteView, SnoozeBody, show_note
from tocsin.dialects.native.wire.pages import HandOverBody, whom
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.errors import TooLarge, UnsupportedMedia
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="Alerts")

_ALERT = {"alert_id": "the alert's id"}
_NOTE = {"note_id": "the note's id"}
_SNOOZE: JsonReader[SnoozeBody] = JsonReader(SnoozeBody)
_SHOWN = {
    "id": "note_0cv1h8q4w2mz",
    "alert_id": "alrt_0cv1h8q4w2mp",
    "author": {"id": "usr_0cv1h8q4w2mr", "name": "Ana Alba"},
    "author_name": "Ana Alba",
    "text": "The disk was full; the nightly job had not rotated its logs.",
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.post(
    "/alerts/{alert_id}/snooze",
    permission=Permission.RESPOND,
    summary="Silence one alert",
    description=(
        "Nobody is paged about it until the time given, or until it is resolved; after that it pages from the"
        " first step. A new silence replaces the one before. The body may be empty."
    ),
    body_later=SnoozeBody,
    body_optional=True,
    raises=(NotFound, Conflict, TooLarge, UnsupportedMedia),
    params=_ALERT,
    examples=(Example(title="For an hour", body={"for_s": 3600}),),
)
async def snooze_alert(call: Call) -> AlertView:
    """Silence one alert."""
    alert = AlertId(named(call, "alert"))
    body = await optional(call, _SNOOZE, SnoozeBody())
    until = words(AcknowledgeBody(until=body.until, for_s=body.for_s), call.now)["until"]
    changed, directory = await done(call, alert_care.snooze, (alert,), until=until, now=call.now)
    return show_alert(changed[0], directory)


@ROUTES.post(
    "/alerts/{alert_id}/wake",
    permission=Permission.RESPOND,
    summary="End the silence of one alert",
    description="It pages again, from the first step of the plan as it stands now."
    " Without a silence of its own it changes nothing.",
    raises=(NotFound, Conflict),
    params=_ALERT,
)
async def wake_alert(call: Call) -> AlertView:
    """End the silence of one alert."""
    alert = AlertId(named(call, "alert"))
    changed, directory = await done(call, alert_care.wake, (alert,), now=call.now)
    return show_alert(changed[0], directory)


@ROUTES.post(
    "/alerts/{alert_id}/hand-over",
    permission=Permission.RESPOND,
    summary="Hand an alert over",
    description=(
        "Asks the targets, or everybody on an escalation policy step by step, about an alert that fires."
        " Whoever hands it over has it until somebody takes it by acknowledging it, at the longest for half"
        " an hour: then it pages again, so that nothing is lost between two people."
    ),
    raises=(NotFound, Conflict),
    params=_ALERT,
    examples=(
        Example(
            title="To whoever is on call",
            body={
                "targets": [{"type": "schedule", "id": "sch_0cv1h8q4w2mv"}],
                "comment": "My shift is over; the failover is half done",
            },
        ),
    ),
)
async def hand_alert_over(call: Call, body: HandOverBody) -> AlertView:
    """Hand one alert over."""
    alert = AlertId(named(call, "alert"))
    targets, policy = whom(body)
    changed, directory = await done(
        call,
        handing_over.hand_over,
        (alert,),
        targets=targets,
        policy=policy,
        comment=body.comment,
        now=call.now,
    )
    return show_alert(changed[0], directory)


@ROUTES.post(
    "/alerts/{alert_id}/reopen",
    permission=Permission.RESPOND,
    summary="Take back that an alert is resolved",
    description="It fires, and pages anew. Refused if the same trouble has another open alert by now.",
    raises=(NotFound, Conflict),
    params=_ALERT,
)
async def reopen_alert(call: Call) -> AlertView:
    """Reopen one alert."""
    alert = AlertId(named(call, "alert"))
    changed, directory = await done(call, alert_care.reopen, (alert,), now=call.now)
    return show_alert(changed[0], directory)


@ROUTES.post(
    "/alerts/{alert_id}/erase",
    permission=Permission.RESPOND,
    summary="Erase what an alert says",
    description=(
        "Nothing is kept of what it and its events said but that they were there. If it fires, it is"
        " resolved."
    ),
    raises=(NotFound,),
    params=_ALERT,
)
async def erase_alert(call: Call) -> AlertView:
    """Erase what one alert says."""
    alert = AlertId(named(call, "alert"))
    changed, directory = await done(call, alert_care.erase, alert, now=call.now)
    return show_alert(changed, directory)


@ROUTES.delete(
    "/alerts/{alert_id}",
    permission=Permission.RESPOND,
    summary="Delete an alert",
    description="With its events, its notes and its story. If it fires, it is resolved first.",
    raises=(NotFound,),
    params=_ALERT,
)
async def delete_alert(call: Call) -> None:
    """Delete one alert."""
    await call.act(alert_care.delete, AlertId(named(call, "alert")), now=call.now)


@ROUTES.get(
    "/alerts/{alert_id}/notes",
    permission=Permission.READ,
    summary="List the notes on an alert",
    description="The oldest first.",
    raises=(NotFound,),
    params=_ALERT,
    examples=(Example(title="One note", answer={"notes": [_SHOWN]}),),
)
async def list_notes(call: Call) -> NoteList:
    """List the notes on one alert."""
    found, directory = await seen(call, notes.of_alert, AlertId(named(call, "alert")))
    return NoteList(notes=[show_note(note, directory) for note in found])


@ROUTES.post(
    "/alerts/{alert_id}/notes",
    permission=Permission.RESPOND,
    summary="Write a note on an alert",
    description="In one's own name.",
    status=201,
    raises=(NotFound, Conflict),
    params=_ALERT,
    examples=(Example(title="What it was", body={"text": "It was DNS."}, answer=_SHOWN),),
)
async def add_note(call: Call, body: NoteBody) -> Answer[NoteView]:
    """Write a note on one alert."""
    alert = AlertId(named(call, "alert"))
    note, directory = await done(call, notes.add, alert, body.text, now=call.now)
    view = show_note(note, directory)
    return Answer(value=view, headers=location(f"/notes/{view.id}"))


@ROUTES.get(
    "/notes/{note_id}",
    permission=Permission.READ,
    summary="Read a note",
    description="What somebody noted down about an alert.",
    raises=(NotFound,),
    params=_NOTE,
    examples=(Example(title="A note", answer=_SHOWN),),
)
async def read_note(call: Call) -> NoteView:
    """Read one note."""
    note, directory = await seen(call, notes.get, NoteId(named(call, "note")))
    return show_note(note, directory)


@ROUTES.patch(
    "/notes/{note_id}",
    permission=Permission.RESPOND,
    summary="Change a note",
    description="Whose it is stays.",
    raises=(NotFound,),
    params=_NOTE,
    examples=(Example(title="Other words", body={"text": "It was DNS."}, answer=_SHOWN),),
)
async def change_note(call: Call, body: NoteBody) -> NoteView:
    """Change what one note says."""
    note, directory = await done(call, notes.rewrite, NoteId(named(call, "note")), body.text, now=call.now)
    return show_note(note, directory)


@ROUTES.delete(
    "/notes/{note_id}",
    permission=Permission.RESPOND,
    summary="Delete a note",
    description="It is gone for good.",
    raises=(NotFound,),
    params=_NOTE,
)
async def delete_note(call: Call) -> None:
    """Delete one note."""
    await call.act(notes.delete, NoteId(named(call, "note")), now=call.now)
