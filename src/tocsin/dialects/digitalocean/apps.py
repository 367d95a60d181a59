"""``/v2/apps``: apps, which are services, and the one deployment that each has."""

from collections.abc import Sequence

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.service import Service
from tocsin.dialects.digitalocean import changing
from tocsin.dialects.digitalocean.handling import PREFIX, links, page_of, read_body, read_query
from tocsin.dialects.digitalocean.views import show_app
from tocsin.dialects.digitalocean.wire import (
    AppDocument,
    AppList,
    AppsQuery,
    AppView,
    Deleted,
    DeploymentDocument,
    DeploymentList,
    DeploymentView,
    NewApp,
    PagesQuery,
    Proposal,
    Total,
)
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Apps")

ONE = {"app_id": "the app's id"}
_READ: JsonReader[NewApp] = JsonReader(NewApp)


@ROUTES.get(
    "",
    permission=Permission.READ,
    summary="List apps, or read the one of a name",
    description='A page of them, the oldest first; with `name`, that app as `{"app": ...}`.',
    raises=(NotFound,),
)
async def list_apps(call: Call) -> AppList | AppDocument:
    """List apps; every service is one."""
    query = read_query(call, AppsQuery)
    if query.name:
        return await call.ask(_named, query.name)
    return await call.ask(_listed, query, call.kit.public_url)


@ROUTES.post(
    "",
    permission=Permission.CONFIGURE,
    summary="Create an app",
    description=(
        "What the spec says beyond its name and alerts is kept and given back; nothing is deployed. Each"
        " alert goes to the owner by mail until it is given other destinations."
    ),
    body_later=NewApp,
    raises=(Conflict,),
)
async def create_app(call: Call) -> AppDocument:
    """Create an app."""
    body = await read_body(call, _READ, strict=True)
    made = await call.act(changing.create, body, call.world.entropy, now=call.now)
    return AppDocument(show_app(made.service, made.kept))


@ROUTES.post(
    "/propose",
    permission=Permission.READ,
    summary="Ask what would become of a spec",
    body_later=NewApp,
)
async def propose_app(call: Call) -> Proposal:
    """Check a spec, and say whether its name is free."""
    body = await read_body(call, _READ, strict=True)
    changing.wanted_of(body.spec)
    return await call.ask(_proposed, body)


@ROUTES.get("/{app_id}", permission=Permission.READ, summary="Read an app", raises=(NotFound,), params=ONE)
async def get_app(call: Call) -> AppDocument:
    """Read an app."""
    return AppDocument(await call.ask(_read, call.params["app_id"]))


@ROUTES.put(
    "/{app_id}",
    permission=Permission.CONFIGURE,
    summary="Give an app another spec",
    description="An alert whose component and rule stay keeps its id and its destinations.",
    body_later=NewApp,
    raises=(NotFound, Conflict),
    params=ONE,
)
async def update_app(call: Call) -> AppDocument:
    """Change an app."""
    text = call.params["app_id"]
    await call.ask(_read, text)
    body = await read_body(call, _READ, strict=True)
    changed = await call.act(changing.update, text, body, call.world.entropy, now=call.now)
    return AppDocument(show_app(changed.service, changed.kept))


@ROUTES.delete(
    "/{app_id}",
    permission=Permission.CONFIGURE,
    summary="Delete an app with its alerts",
    description="Refused while alerts of its service are firing, or something else names it.",
    raises=(NotFound, Conflict),
    params=ONE,
    status=200,
)
async def delete_app(call: Call) -> Answer[Deleted]:
    """Delete an app."""
    text = call.params["app_id"]
    await call.act(changing.delete, text, now=call.now)
    return Answer(value=Deleted(text.lower()))


@ROUTES.get(
    "/{app_id}/deployments",
    permission=Permission.READ,
    summary="List an app's deployments",
    description="There is always one, and it is active: Tocsin deploys nothing, and clients wait for it.",
    raises=(NotFound,),
    params=ONE,
)
async def list_deployments(call: Call) -> DeploymentList:
    """List the one deployment."""
    query = read_query(call, PagesQuery)
    app = await call.ask(_read, call.params["app_id"])
    path = f"{PREFIX}/{app.id}/deployments"
    found = links(path, page=query.page, per_page=query.per_page, total=1, public_url=call.kit.public_url)
    return DeploymentList(page_of([app.active_deployment], query.page, query.per_page), found, Total(1))


@ROUTES.get(
    "/{app_id}/deployments/{deployment_id}",
    permission=Permission.READ,
    summary="Read a deployment",
    raises=(NotFound,),
    params=ONE | {"deployment_id": "the deployment's id"},
)
async def get_deployment(call: Call) -> DeploymentDocument:
    """Read the one deployment."""
    app = await call.ask(_read, call.params["app_id"])
    return DeploymentDocument(_deployment(app, call.params["deployment_id"]))


def _deployment(app: AppView, text: str) -> DeploymentView:
    if app.active_deployment.id != text.lower():
        raise NotFound("deployment", text)
    return app.active_deployment


def _all(tx: Tx, actor: Actor) -> Sequence[Service]:
    """Give every service, the oldest first."""
    return sorted(history.directory(tx, actor).services.values(), key=lambda service: service.id)


def _read(tx: Tx, actor: Actor, text: str) -> AppView:
    app = changing.find(tx, actor, text)
    return show_app(app.service, app.kept)


def _named(tx: Tx, actor: Actor, name: str) -> AppDocument:
    found = next((service for service in _all(tx, actor) if service.slug == name), None)
    if found is None:
        raise NotFound("app", name)
    return AppDocument(show_app(found, changing.kept_many(tx, actor, [found]).get(found.id)))


def _listed(tx: Tx, actor: Actor, query: AppsQuery, public_url: str) -> AppList:
    every = _all(tx, actor)
    page = page_of(every, query.page, query.per_page)
    kept = changing.kept_many(tx, actor, page)
    found = links(PREFIX, page=query.page, per_page=query.per_page, total=len(every), public_url=public_url)
    return AppList([show_app(each, kept.get(each.id)) for each in page], found, Total(len(every)))


def _proposed(tx: Tx, actor: Actor, body: NewApp) -> Proposal:
    name = body.spec["name"]
    taken = {service.slug for service in _all(tx, actor)}
    if name not in taken:
        return Proposal(app_name_available=True, spec=body.spec)
    return Proposal(app_name_available=False, app_name_suggestion=_other(name, taken), spec=body.spec)


def _other(name: str, taken: set[str]) -> str:
    """Suggest a name that is not taken, of 32 characters at most."""
    number = 2
    while (suggestion := f"{name[: 31 - len(str(number))]}-{number}") in taken:
        number += 1
    return suggestion
