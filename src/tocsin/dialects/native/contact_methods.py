"""``/users/{id}/contact-methods``: where people are reached."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import contact_methods
from tocsin.actions.actor import Permission
from tocsin.channels.registry import check_address
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import ContactMethodId
from tocsin.core.people import ContactMethod
from tocsin.core.through import named_by
from tocsin.dialects.native.handling import PREFIX, Stretch, careful, location, named, stretch_of, sure
from tocsin.dialects.native.users import USER, user_of
from tocsin.dialects.native.wire.contact_methods import (
    CodeBody,
    ContactMethodChanges,
    ContactMethodList,
    ContactMethodView,
    NewContactMethod,
    QueuedView,
    drafted,
    relabelled,
    show_contact_method,
    show_queued,
)
from tocsin.dialects.native.wire.spelled import spelled
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="Contact methods")

_ONE = USER | {"contact_method_id": "the contact method's id"}
_WORK = {
    "id": "cm_0cv1h8q4w2mp",
    "channel": "email",
    "address": "ana@example.org",
    "label": "work",
    "verified": False,
    "verified_at": None,
    "context": {},
}


class Force(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether to go on although something needs it."""

    force: Annotated[bool, Meta(description="take it away all the same")] = False


@ROUTES.get(
    "/users/{user_id}/contact-methods",
    permission=Permission.READ,
    summary="List a user's contact methods",
    description="The oldest first.",
    raises=(NotFound,),
    params=USER,
    examples=(Example(title="One of them", answer={"contact_methods": [_WORK], "next": None, "total": 1}),),
)
async def list_contact_methods(call: Call, query: Stretch) -> ContactMethodList:
    """List the contact methods of one user."""
    found = await call.glance(contact_methods.list_, user_of(call))
    shown, rest = stretch_of("contact_methods", found, query, lambda each: each.id)
    return ContactMethodList(
        contact_methods=[show_contact_method(each) for each in shown], next=rest, total=len(found)
    )


@ROUTES.post(
    "/users/{user_id}/contact-methods",
    permission=Permission.RESPOND,
    summary="Add a contact method",
    description=(
        "A code of six digits is sent to the address; until it has come back, pages do not go there. With"
        " `verified`, which is for those who manage people, it counts at once and no code is sent."
    ),
    status=201,
    answer=ContactMethodView,
    tagged=True,
    once=True,
    raises=(NotFound, Conflict),
    params=USER,
    examples=(
        Example(
            title="A mailbox",
            body={"channel": "email", "address": "ana@example.org", "label": "work"},
            answer=_WORK,
        ),
    ),
)
async def add_contact_method(call: Call, body: NewContactMethod) -> Response:
    """Add a contact method to one user."""
    user = user_of(call)
    led = named_by(body.channel, body.address) is not None
    address = body.address if led else check_address(body.channel, body.address, {})

    def show(method: ContactMethod) -> Answer[ContactMethodView]:
        view = show_contact_method(method)
        where = f"/users/{spelled('user', user)}/contact-methods/{view.id}"
        return Answer(value=view, headers=location(where))

    return await call.once(
        show,
        contact_methods.create,
        user,
        drafted(body, address, call.now),
        entropy=call.world.entropy,
        now=call.now,
    )


@ROUTES.get(
    "/users/{user_id}/contact-methods/{contact_method_id}",
    permission=Permission.READ,
    summary="Read a contact method",
    description="An address by which anybody could post is shown in part.",
    tagged=True,
    raises=(NotFound,),
    params=_ONE,
    examples=(Example(title="A mailbox", answer=_WORK),),
)
async def read_contact_method(call: Call) -> ContactMethodView:
    """Read one contact method."""
    return show_contact_method(await call.glance(contact_methods.get, user_of(call), _method(call)))


@ROUTES.patch(
    "/users/{user_id}/contact-methods/{contact_method_id}",
    permission=Permission.RESPOND,
    summary="Change a contact method's label",
    description="Another address is another contact method: add that, and delete this.",
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_ONE,
    examples=(Example(title="Another label", body={"label": "home"}, answer={**_WORK, "label": "home"}),),
)
async def change_contact_method(call: Call, body: ContactMethodChanges) -> ContactMethodView:
    """Change what one contact method is called."""
    edit = careful(call, show_contact_method, lambda was: relabelled(was, body))
    method = await call.act(contact_methods.relabel, user_of(call), _method(call), edit, now=call.now)
    return show_contact_method(method)


@ROUTES.delete(
    "/users/{user_id}/contact-methods/{contact_method_id}",
    permission=Permission.RESPOND,
    summary="Delete a contact method",
    description=(
        "Refused while notification rules name it, or when it is the last verified one of somebody whom"
        " schedules, policies or rules ask; `force=true` deletes it all the same, and rules that named it"
        " use all of its channel from then on."
    ),
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_ONE,
)
async def delete_contact_method(call: Call, query: Force) -> None:
    """Delete one contact method."""
    await call.act(
        contact_methods.delete,
        user_of(call),
        _method(call),
        force=query.force,
        sure=sure(call, show_contact_method),
        now=call.now,
    )


@ROUTES.post(
    "/users/{user_id}/contact-methods/{contact_method_id}/send-code",
    permission=Permission.RESPOND,
    summary="Send a new code",
    description="The code before is good for nothing any more. At most one a minute.",
    status=202,
    raises=(NotFound, Conflict),
    params=_ONE,
    examples=(Example(title="It is on its way", answer=_WORK),),
)
async def send_contact_method_code(call: Call) -> ContactMethodView:
    """Send a new code to one contact method."""
    method = await call.act(
        contact_methods.send_code,
        user_of(call),
        _method(call),
        entropy=call.world.entropy,
        now=call.now,
    )
    return show_contact_method(method)


@ROUTES.post(
    "/users/{user_id}/contact-methods/{contact_method_id}/verify",
    permission=Permission.RESPOND,
    summary="Verify a contact method",
    description="A code is good for 15 minutes and 5 tries.",
    tagged=True,
    raises=(NotFound, Conflict),
    params=_ONE,
    examples=(
        Example(
            title="The code from the message",
            body={"code": "042137"},
            answer={**_WORK, "verified": True, "verified_at": "2026-03-06T09:01:00Z"},
        ),
    ),
)
async def verify_contact_method(call: Call, body: CodeBody) -> ContactMethodView:
    """Try a code on one contact method."""
    tried = await call.act(contact_methods.verify, user_of(call), _method(call), body.code, now=call.now)
    if tried.left is not None:
        raise contact_methods.wrong_code(tried)
    return show_contact_method(tried.method)


@ROUTES.post(
    "/users/{user_id}/contact-methods/{contact_method_id}/test",
    permission=Permission.RESPOND,
    summary="Send a test notification to a contact method",
    description="To a verified one. What became of it is at `/notifications/{id}`.",
    status=202,
    raises=(NotFound, Conflict),
    params=_ONE,
    examples=(Example(title="It is on its way", answer={"notification_id": "ntf_0cv1h8q4w2mr"}),),
)
async def test_contact_method(call: Call) -> QueuedView:
    """Send a test to one contact method."""
    return show_queued(await call.act(contact_methods.test, user_of(call), _method(call), now=call.now))


def _method(call: Call) -> ContactMethodId:
    return ContactMethodId(named(call, "contact_method"))
