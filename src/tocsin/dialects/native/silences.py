"""``/silences``: when matching alerts open, are seen, and page nobody."""

from starlette.responses import Response

from tocsin.actions import silences
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import SilenceId
from tocsin.dialects.native.handling import (
    PREFIX,
    Stretch,
    beginning,
    careful,
    created,
    following,
    named,
    sure,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.dialects.native.wire.silences import (
    WORDS,
    NewSilence,
    SilenceChanges,
    SilenceList,
    SilenceView,
    drafted,
    edited,
    show_silence,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Silences")

_SILENCE = {"silence_id": "the silence's id"}
_LIST = "silences"
_MOVE: dict[str, object] = {
    "id": "sil_0cv1h8q4w2n9",
    "name": "Moving the database",
    "comment": "",
    "filter": "labels.cluster = db-1",
    "service_ids": [],
    "starts_at": "2026-03-06T22:00:00Z",
    "ends_at": "2026-03-07T02:00:00Z",
    "recurring": None,
    "created_by": "usr_0cv1h8q4w2mn",
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/silences",
    permission=Permission.READ,
    summary="List silences",
    description="The oldest first, those that are over too.",
    examples=(Example(title="One silence", answer={"silences": [_MOVE], "next": None, "total": 1}),),
)
async def list_silences(call: Call, query: Stretch) -> SilenceList:
    """List silences."""
    listed = await call.ask(silences.list_, after=beginning(_LIST, query), limit=query.limit)
    return SilenceList(
        silences=[show_silence(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/silences",
    permission=Permission.CONFIGURE,
    summary="Add a silence",
    description=(
        "What it covers and pages already stops paging at once. When it ends, what still fires pages, and"
        " says why. With `recurring` it holds only inside that window, again and again."
    ),
    status=201,
    answer=SilenceView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="For one night",
            body={
                "name": "Moving the database",
                "filter": "labels.cluster = db-1",
                "starts_at": "2026-03-06T22:00:00Z",
                "ends_at": "2026-03-07T02:00:00Z",
            },
            answer=_MOVE,
        ),
        Example(
            title="Every Sunday night",
            body={
                "name": "Maintenance",
                "recurring": {
                    "type": "cron",
                    "expression": "0 2 * * 0",
                    "duration_s": 7_200,
                    "time_zone": "Europe/Madrid",
                },
            },
        ),
    ),
)
async def add_silence(call: Call, body: NewSilence) -> Response:
    """Add a silence."""
    with reworded(WORDS):
        return await call.once(
            created("/silences", show_silence), silences.create, drafted(body, call.now), now=call.now
        )


@ROUTES.get(
    "/silences/{silence_id}",
    permission=Permission.READ,
    summary="Read a silence",
    description="One that is over, too.",
    tagged=True,
    raises=(NotFound,),
    params=_SILENCE,
    examples=(Example(title="A silence", answer=_MOVE),),
)
async def read_silence(call: Call) -> SilenceView:
    """Read one silence."""
    return show_silence(await call.glance(silences.get, _silence(call)))


@ROUTES.patch(
    "/silences/{silence_id}",
    permission=Permission.CONFIGURE,
    summary="Change a silence",
    description="What it covers now stops paging; what it covers no longer pages.",
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_SILENCE,
    examples=(
        Example(
            title="Longer",
            body={"ends_at": "2026-03-07T04:00:00Z"},
            answer={**_MOVE, "ends_at": "2026-03-07T04:00:00Z"},
        ),
    ),
)
async def change_silence(call: Call, body: SilenceChanges) -> SilenceView:
    """Change one silence."""
    edit = careful(call, show_silence, lambda was: edited(was, body))
    with reworded(WORDS):
        return show_silence(await call.act(silences.change, _silence(call), edit, now=call.now))


@ROUTES.post(
    "/silences/{silence_id}/end",
    permission=Permission.CONFIGURE,
    summary="End a silence now",
    description="It stays in the list. One that has not begun is to be deleted instead.",
    tagged=True,
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_SILENCE,
    examples=(Example(title="It is over", answer={**_MOVE, "ends_at": "2026-03-06T23:10:00Z"}),),
)
async def end_silence(call: Call) -> SilenceView:
    """End one silence."""
    check = sure(call, show_silence)
    return show_silence(await call.act(silences.end, _silence(call), sure=check, now=call.now))


@ROUTES.delete(
    "/silences/{silence_id}",
    permission=Permission.CONFIGURE,
    summary="Delete a silence",
    description="What still fires under it pages, and says why.",
    raises=(NotFound, PreconditionFailed),
    params=_SILENCE,
)
async def delete_silence(call: Call) -> None:
    """Delete one silence."""
    await call.act(silences.delete, _silence(call), sure=sure(call, show_silence), now=call.now)


def _silence(call: Call) -> SilenceId:
    return SilenceId(named(call, "silence"))
