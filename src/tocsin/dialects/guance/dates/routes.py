"""``/notice/date``: sets of dates that strategies name."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from starlette.responses import Response

from tocsin.actions import date_sets, extras
from tocsin.actions.actor import Actor, Permission
from tocsin.core.date_set import DateSet
from tocsin.core.errors import InUse, NotFound
from tocsin.core.ids import UNMADE, DateSetId, WorkspaceId
from tocsin.dialects.guance import envelope
from tocsin.dialects.guance.dates.wire import DatesBody, DeletedDates, days, show_days
from tocsin.dialects.guance.envelope import Enveloped, EnvelopedPage
from tocsin.dialects.guance.handling import (
    ALL,
    DIALECT,
    PREFIX,
    LongPart,
    all_of,
    id_in_path,
    id_of,
    matching,
    part_of,
    stamped,
    stamps,
)
from tocsin.dialects.guance.spelled import DATES, spelled
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/notice/date", tag="Notification dates")

KIND: Final = "date set"
ONE: Final = {"uuid": "the id of the dates, ndate_…"}


@ROUTES.post(
    "/add",
    permission=Permission.CONFIGURE,
    summary="Create notification dates",
    answer=Enveloped[dict[str, Any]],
    examples=(Example(title="New Year", body={"name": "New Year", "noticeDates": ["2027/01/01"]}),),
)
async def add_dates(call: Call, body: DatesBody) -> Response:
    """Create notification dates."""
    read = days(body.notice_dates)

    def add(tx: Tx, actor: Actor) -> Any:
        draft = DateSet(
            id=DateSetId(UNMADE), workspace=WorkspaceId(UNMADE), name=body.name, dates=_each_once(read)
        )
        made = date_sets.create(tx, actor, draft, now=call.now)
        kept = stamped(actor, {"dates": body.notice_dates}, call.now)
        extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=KIND)
        return record(made, kept)

    return envelope.ok(call, await call.act(add))


@ROUTES.get(
    "/list",
    permission=Permission.READ,
    summary="List notification dates",
    description="The newest first.",
    answer=EnvelopedPage[dict[str, Any]],
)
async def list_dates(call: Call, query: LongPart) -> Response:
    """List notification dates, a part of them."""

    def find(tx: Tx, actor: Actor) -> tuple[list[DateSet], Mapping[int, Any]]:
        found = matching(all_of(date_sets.list_(tx, actor, limit=ALL)), query.search, lambda each: each.name)
        return found, extras.kept(tx, actor, [each.id for each in found], dialect=DIALECT, kind=KIND)

    found, kept = await call.ask(find)

    def show(part: Sequence[DateSet]) -> Any:
        return {"data": [record(each, kept.get(each.id, {})) for each in part], "declaration": {}}

    return part_of(call, found, query.page_index, query.page_size, show)


@ROUTES.get(
    "/{uuid}/get",
    permission=Permission.READ,
    summary="Read notification dates",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def get_dates(call: Call) -> Response:
    """Read notification dates."""

    def find(tx: Tx, actor: Actor, number: DateSetId) -> Any:
        found = date_sets.get(tx, actor, number)
        return record(found, _was(tx, actor, number))

    return envelope.ok(call, await call.ask(find, _number(call)))


@ROUTES.post(
    "/{uuid}/modify",
    permission=Permission.CONFIGURE,
    summary="Change notification dates",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def modify_dates(call: Call, body: DatesBody) -> Response:
    """Change notification dates."""
    number, read = _number(call), days(body.notice_dates)

    def modify(tx: Tx, actor: Actor) -> Any:
        def edit(was: DateSet) -> DateSet:
            return DateSet(id=was.id, workspace=was.workspace, name=body.name, dates=_each_once(read))

        changed = date_sets.change(tx, actor, number, edit, now=call.now)
        kept = stamped(actor, {**_was(tx, actor, number), "dates": body.notice_dates}, call.now)
        extras.keep(tx, actor, number, kept, dialect=DIALECT, kind=KIND)
        return record(changed, kept)

    return envelope.ok(call, await call.act(modify))


@ROUTES.post(
    "/delete",
    permission=Permission.CONFIGURE,
    summary="Delete notification dates",
    description="Refused while a strategy names them, unless `skipRefCheck` is true.",
    answer=Enveloped[bool],
    raises=(NotFound, InUse),
)
async def delete_dates(call: Call, body: DeletedDates) -> Response:
    """Delete notification dates, all or none."""
    wanted = [DateSetId(id_of(each, DATES, KIND)) for each in dict.fromkeys(body.notice_dates_uuids)]

    def delete(tx: Tx, actor: Actor) -> None:
        for number in wanted:
            date_sets.delete(tx, actor, number, even_in_use=body.skip_ref_check, now=call.now)

    await call.act(delete)
    return envelope.ok(call, content=True)


def record(found: DateSet, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Write notification dates."""
    return {
        "uuid": spelled("date_set", found.id),
        "name": found.name,
        "dates": show_days(found.dates, kept.get("dates")),
        **stamps(found.id, kept, found.workspace),
    }


def _was(tx: Tx, actor: Actor, number: DateSetId) -> Mapping[str, Any]:
    return extras.kept(tx, actor, (number,), dialect=DIALECT, kind=KIND).get(number, {})


def _number(call: Call) -> DateSetId:
    return DateSetId(id_in_path(call, DATES, KIND))


def _each_once(found: Sequence[date]) -> tuple[date, ...]:
    return tuple(dict.fromkeys(found))
