"""``/on-call/pages``: page somebody, and say what becomes of it."""

from starlette.responses import Response

from tocsin.actions import alerts, hand_paging
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.history import directory as current
from tocsin.actions.intake import service_for
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.escalation import Page, UserTarget
from tocsin.core.ids import PageId, TeamId, UserId
from tocsin.core.people import Importance
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.handling import PREFIX, path_id, read_body
from tocsin.dialects.datadog.jsonapi import MEDIA
from tocsin.dialects.datadog.pages.wire import (
    CreatePage,
    PageBody,
    PageDocument,
    PageObject,
    TargetBody,
    labels_of,
)
from tocsin.dialects.datadog.spelled import SHOWN_MAX, reference
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="Pages")

_PAGE = {"page_id": "the page's id"}
_TARGET = "data.attributes.target.identifier"
_CREATE: JsonReader[CreatePage] = JsonReader(CreatePage)


@ROUTES.post(
    "/pages",
    permission=Permission.RESPOND,
    summary="Page a team or a user",
    description=(
        "A team is paged by its routing rules, in which `tags` count, a user by their own notification rules"
        " at once. Each page has an alert of its own."
    ),
    body_later=CreatePage,
    media=MEDIA,
)
async def create_on_call_page(call: Call) -> PageDocument:
    """Page somebody."""
    given = (await read_body(call, _CREATE)).data.attributes

    def page(tx: Tx, actor: Actor) -> PageDocument:
        return PageDocument(PageObject(to_uuid(_paged(tx, actor, call, given).id)))

    return await call.act(page)


@ROUTES.post(
    "/pages/{page_id}/acknowledge",
    permission=Permission.RESPOND,
    summary="Acknowledge a page",
    description="One that is over stays so.",
    status=202,
    raises=(NotFound,),
    params=_PAGE,
)
async def acknowledge_on_call_page(call: Call) -> Response:
    """Acknowledge a page."""
    await call.act(alerts.acknowledge_page, PageId(path_id(call, "page")), now=call.now)
    return Response(None, 202)


@ROUTES.post(
    "/pages/{page_id}/escalate",
    permission=Permission.RESPOND,
    summary="Take a page's next step at once",
    description="One that was acknowledged is triggered again; one that is over stays so.",
    status=202,
    raises=(NotFound,),
    params=_PAGE,
)
async def escalate_on_call_page(call: Call) -> Response:
    """Escalate a page."""

    def escalate(tx: Tx, actor: Actor, page: PageId) -> None:
        try:
            alerts.escalate(tx, actor, page, now=call.now)
        except Conflict:  # a silence covers it: there is nothing to be done, which is no error here
            return

    await call.act(escalate, PageId(path_id(call, "page")))
    return Response(None, 202)


@ROUTES.post(
    "/pages/{page_id}/resolve",
    permission=Permission.RESPOND,
    summary="Resolve a page",
    description="One that is over stays so.",
    status=202,
    raises=(NotFound,),
    params=_PAGE,
)
async def resolve_on_call_page(call: Call) -> Response:
    """Resolve a page."""
    await call.act(alerts.resolve_page, PageId(path_id(call, "page")), now=call.now)
    return Response(None, 202)


def _paged(tx: Tx, actor: Actor, call: Call, given: PageBody) -> Page:
    service = service_for(tx, actor, None)
    importance = Importance.IMPORTANT if given.urgency == "high" else Importance.DEFAULT
    whom = _whom(given.target, current(tx, actor))
    message, labels = given.description or "", labels_of(given.tags)
    if isinstance(whom, UserTarget):
        return hand_paging.page_by_hand(
            tx,
            actor,
            title=given.title,
            message=message,
            targets=(whom,),
            importance=importance,
            labels=labels,
            service=service,
            now=call.now,
        )
    try:
        return hand_paging.page_team(
            tx,
            actor,
            title=given.title,
            message=message,
            team=whom,
            importance=importance,
            labels=labels,
            service=service,
            now=call.now,
        )
    except Conflict as error:
        raise Invalid(_TARGET, f"cannot be paged: {error}") from None


def _whom(target: TargetBody, directory: Directory) -> UserTarget | TeamId:
    """Find whom a page is for; raise Invalid when there is no such team or user."""
    text = target.identifier
    if target.type == "user_id":
        user = UserId(reference(text, "user", _TARGET))
        if user in directory.users:
            return UserTarget(user=user)
        raise Invalid(_TARGET, f"names {text[:SHOWN_MAX]}, which is no user here")
    if target.type == "team_id":
        team = TeamId(reference(text, "team", _TARGET))
        if team in directory.teams:
            return team
    else:
        for each in directory.teams.values():
            if each.handle == text:
                return each.id
    raise Invalid(_TARGET, f"names {text[:SHOWN_MAX]}, which is no team here")
