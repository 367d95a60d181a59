"""``/date-sets``: dates that have a name, and that time windows share."""

from starlette.responses import Response

from tocsin.actions import date_sets
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import DateSetId
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
from tocsin.dialects.native.wire.date_sets import (
    DateSetChanges,
    DateSetList,
    DateSetView,
    NewDateSet,
    drafted,
    edited,
    show_date_set,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Date sets")

_DATES = {"date_set_id": "the date set's id"}
_LIST = "date_sets"
_HOLIDAYS = {
    "id": "dat_0cv1h8q4w2mx",
    "name": "Public holidays",
    "dates": ["2026-12-25", "2027-01-01"],
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/date-sets",
    permission=Permission.READ,
    summary="List date sets",
    description="The oldest first.",
    examples=(Example(title="One date set", answer={"date_sets": [_HOLIDAYS], "next": None, "total": 1}),),
)
async def list_date_sets(call: Call, query: Stretch) -> DateSetList:
    """List sets of dates."""
    listed = await call.ask(date_sets.list_, after=beginning(_LIST, query), limit=query.limit)
    return DateSetList(
        date_sets=[show_date_set(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/date-sets",
    permission=Permission.CONFIGURE,
    summary="Add a date set",
    description="Windows of the type `date_sets` in the rules of alert policies name it and share its dates.",
    status=201,
    answer=DateSetView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="Public holidays",
            body={"name": "Public holidays", "dates": ["2026-12-25", "2027-01-01"]},
            answer=_HOLIDAYS,
        ),
    ),
)
async def add_date_set(call: Call, body: NewDateSet) -> Response:
    """Add a set of dates."""
    return await call.once(
        created("/date-sets", show_date_set), date_sets.create, drafted(body), now=call.now
    )


@ROUTES.get(
    "/date-sets/{date_set_id}",
    permission=Permission.READ,
    summary="Read a date set",
    description="With all of its dates.",
    tagged=True,
    raises=(NotFound,),
    params=_DATES,
    examples=(Example(title="A date set", answer=_HOLIDAYS),),
)
async def read_date_set(call: Call) -> DateSetView:
    """Read one set of dates."""
    return show_date_set(await call.glance(date_sets.get, _date_set(call)))


@ROUTES.patch(
    "/date-sets/{date_set_id}",
    permission=Permission.CONFIGURE,
    summary="Change a date set",
    description="`dates` replaces all of them, for every window that names the set.",
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_DATES,
    examples=(
        Example(title="Another name", body={"name": "Holidays"}, answer={**_HOLIDAYS, "name": "Holidays"}),
    ),
)
async def change_date_set(call: Call, body: DateSetChanges) -> DateSetView:
    """Change one set of dates."""
    edit = careful(call, show_date_set, lambda was: edited(was, body))
    return show_date_set(await call.act(date_sets.change, _date_set(call), edit, now=call.now))


@ROUTES.delete(
    "/date-sets/{date_set_id}",
    permission=Permission.CONFIGURE,
    summary="Delete a date set",
    description="Refused while a window names it.",
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_DATES,
)
async def delete_date_set(call: Call) -> None:
    """Delete one set of dates."""
    await call.act(date_sets.delete, _date_set(call), sure=sure(call, show_date_set), now=call.now)


def _date_set(call: Call) -> DateSetId:
    return DateSetId(named(call, "date_set"))
