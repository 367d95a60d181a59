"""``/integrations``: doors for events into a service."""

from starlette.responses import Response

from tocsin.actions import integrations
from tocsin.actions.actor import Permission
from tocsin.actions.integrations import Opened
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import IntegrationId
from tocsin.dialects.native.handling import (
    PREFIX,
    Stretch,
    beginning,
    careful,
    following,
    location,
    named,
    sure,
)
from tocsin.dialects.native.wire.integrations import (
    WORDS,
    Inlets,
    IntegrationChanges,
    IntegrationList,
    IntegrationView,
    NewIntegration,
    OpenedView,
    drafted,
    edited,
    show_integration,
    show_opened,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.etags import etag_of_value
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="Integrations")

_INTEGRATION = {"integration_id": "the integration's id"}
_LIST = "integrations"
_PRODUCTION: dict[str, object] = {
    "id": "int_0cv1h8q4w2mw",
    "service_id": "svc_0cv1h8q4w2mq",
    "kind": "alertmanager",
    "name": "Production",
    "mapping": {},
    "description": "",
    "heartbeat_s": None,
    "message_templates": {},
    "token_hint": "dAyM",
    "created_at": "2026-03-06T09:00:00Z",
    "revoked_at": None,
}
_OPENED = {
    **_PRODUCTION,
    "token": "mHq0kq0R4oVh4yq1n9b2o3sY7pW5dAyM",
    "url": "https://tocsin.example.org/integrations/alertmanager/mHq0kq0R4oVh4yq1n9b2o3sY7pW5dAyM",
}


@ROUTES.get(
    "/integrations",
    permission=Permission.READ,
    summary="List integrations",
    description="The oldest first, revoked ones too.",
    examples=(
        Example(title="One integration", answer={"integrations": [_PRODUCTION], "next": None, "total": 1}),
    ),
)
async def list_integrations(call: Call, query: Stretch) -> IntegrationList:
    """List integrations."""
    listed = await call.ask(integrations.list_, after=beginning(_LIST, query), limit=query.limit)
    return IntegrationList(
        integrations=[show_integration(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.get(
    "/integrations/{integration_id}",
    permission=Permission.READ,
    summary="Read an integration",
    description="Its token is not shown again; `token_hint` is the end of it.",
    tagged=True,
    raises=(NotFound,),
    params=_INTEGRATION,
    examples=(Example(title="An integration", answer=_PRODUCTION),),
)
async def read_integration(call: Call) -> IntegrationView:
    """Read one integration."""
    return show_integration(await call.glance(integrations.get, _integration(call)))


@ROUTES.delete(
    "/integrations/{integration_id}",
    permission=Permission.CONFIGURE,
    summary="Revoke an integration",
    description="Its address takes nothing any more, for good. What came through it stays.",
    raises=(NotFound, PreconditionFailed),
    params=_INTEGRATION,
)
async def revoke_integration(call: Call) -> None:
    """Revoke one integration."""
    await call.act(integrations.revoke, _integration(call), sure=sure(call, show_integration), now=call.now)


class Doorkeeper:
    """The routes that need to know which kinds there are, and at which address people reach the server."""

    def __init__(self, inlets: Inlets, public_url: str) -> None:
        self._inlets = inlets
        self._public_url = public_url

    def routes(self) -> Routes:
        """Declare them."""
        routes = Routes(PREFIX, tag="Integrations")
        routes.post(
            "/integrations",
            permission=Permission.CONFIGURE,
            summary="Add an integration",
            description=(
                f"`kind` is one of {', '.join(self._inlets)}. Whoever knows the `url` of the answer can send"
                " events; it is not shown again."
            ),
            status=201,
            answer=OpenedView,
            once=True,
            examples=(
                Example(
                    title="For Prometheus Alertmanager",
                    body={"service_id": "svc_0cv1h8q4w2mq", "kind": "alertmanager", "name": "Production"},
                    answer=_OPENED,
                ),
            ),
        )(self.add_integration)
        routes.patch(
            "/integrations/{integration_id}",
            permission=Permission.CONFIGURE,
            summary="Change an integration",
            description="Its name, its mapping, or the service that its events belong to.",
            tagged=True,
            raises=(NotFound, PreconditionFailed),
            params=_INTEGRATION,
            examples=(
                Example(
                    title="Another name", body={"name": "Staging"}, answer={**_PRODUCTION, "name": "Staging"}
                ),
            ),
        )(self.change_integration)
        routes.post(
            "/integrations/{integration_id}/rotate",
            permission=Permission.CONFIGURE,
            summary="Give an integration a new token",
            description="The old one opens nothing any more, at once.",
            raises=(NotFound, Conflict),
            params=_INTEGRATION,
            examples=(Example(title="A new address", answer=_OPENED),),
        )(self.rotate_integration)
        return routes

    async def add_integration(self, call: Call, body: NewIntegration) -> Response:
        """Add an integration."""

        def show(opened: Opened) -> Answer[OpenedView]:
            view = show_opened(opened.integration, opened.token, self._public_url)
            etag = etag_of_value(show_integration(opened.integration))
            return Answer(value=view, headers={**location(f"/integrations/{view.id}"), "etag": etag})

        with reworded(WORDS):
            return await call.once(
                show,
                integrations.create,
                drafted(body, self._inlets),
                entropy=call.world.entropy,
                now=call.now,
            )

    async def change_integration(self, call: Call, body: IntegrationChanges) -> IntegrationView:
        """Change one integration."""
        edit = careful(call, show_integration, lambda was: edited(was, body, self._inlets))
        with reworded(WORDS):
            changed = await call.act(integrations.change, _integration(call), edit, now=call.now)
        return show_integration(changed)

    async def rotate_integration(self, call: Call) -> OpenedView:
        """Give one integration a new token."""
        opened = await call.act(
            integrations.rotate, _integration(call), entropy=call.world.entropy, now=call.now
        )
        return show_opened(opened.integration, opened.token, self._public_url)


def _integration(call: Call) -> IntegrationId:
    return IntegrationId(named(call, "integration"))
