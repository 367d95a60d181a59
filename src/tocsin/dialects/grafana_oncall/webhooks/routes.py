"""``/webhooks``, and ``/actions``, which is their old name."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET, UnsetType

from tocsin.actions import destinations, exchanges, extras
from tocsin.actions.actor import Permission
from tocsin.channels.grafana_oncall import METHODS
from tocsin.channels.registry import check_address
from tocsin.channels.rich_templates import read_rich
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.exchange import KeptExchange
from tocsin.core.ids import UNMADE, DestinationId, IntegrationId, TeamId, WorkspaceId
from tocsin.core.service import Destination
from tocsin.core.subscription import Subscription
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.errors import not_found, refused, wrong_field, wrong_fields
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource, looked_up, seeing
from tocsin.dialects.grafana_oncall.integrations.held import DIALECT
from tocsin.dialects.grafana_oncall.pages import Asked, Page, Window, address_of
from tocsin.dialects.grafana_oncall.webhooks import wire
from tocsin.dialects.grafana_oncall.webhooks.translate import (
    CHANGES,
    CHANNEL,
    ESCALATION,
    MASK,
    TRIGGER,
    show_action,
    show_response,
    show_webhook,
    subscription_of,
)
from tocsin.httpkit.requests import Call

NAME_LENGTH_MAX: Final = 100
TEXT_LENGTH_MAX: Final = 50_000
NOT_UNIQUE: Final = "The fields name, organization must make a unique set."
MANY_LENGTH_MAX: Final = 1_000
SECRETS: Final = ("password", "authorization_header")
TEMPLATES: Final = ("data", "headers", "trigger_template")
_OLD: Final = {"team": "team_id", "username": "user", "forward_all": "forward_whole_payload"}

WEBHOOKS = Resource("webhooks", "webhook", shown=wire.Webhook, noun="webhook")
ACTIONS = Resource("actions", "webhook", shown=wire.Action, noun="action")
ROUTES = (WEBHOOKS.routes, ACTIONS.routes)


def _kept(ask: Ask, found: Sequence[Destination]) -> dict[int, Any]:
    ids = [each.id for each in found]
    return dict(extras.kept(ask.tx, seeing(ask.actor), ids, dialect=DIALECT, kind="destination"))


def _hooks(ask: Ask) -> list[Destination]:
    """List those that are asked for, the oldest first."""
    found = [each for each in ask.directory.destinations.values() if each.channel == CHANNEL]
    name, team = ask.query.one("name"), ask.query.one("team") or ask.query.one("team_id")
    if name:
        found = [each for each in found if each.name == name]
    if team:
        wanted = None if team == "null" else spelled.read("team", team)
        found = [each for each in found if subscription_of(each).team == wanted]
    return sorted(found, key=lambda each: each.id)


def _find(ask: Ask, identifier: int) -> Destination:
    found = ask.directory.destinations.get(DestinationId(identifier))
    if found is None or found.channel != CHANNEL:
        raise not_found()
    return found


def _shown(ask: Ask, found: Sequence[Destination]) -> list[wire.Webhook]:
    kept = _kept(ask, found)
    return [show_webhook(each, kept.get(each.id, {})) for each in found]


def _shown_old(ask: Ask, found: Sequence[Destination]) -> list[wire.Action]:
    kept = _kept(ask, found)
    return [show_action(each, kept.get(each.id, {})) for each in found]


@WEBHOOKS.lists(_shown)
def list_webhooks(ask: Ask) -> Sequence[Destination]:
    """Find all of them, or those of a name or a team."""
    return _hooks(ask)


@WEBHOOKS.reads
def read_webhook(ask: Ask, identifier: int) -> wire.Webhook:
    """Read one webhook."""
    return _shown(ask, [_find(ask, identifier)])[0]


@WEBHOOKS.creates(wire.WebhookBody)
def create_webhook(ask: Ask, fields: Fields) -> wire.Webhook:
    """Make a webhook."""
    return _shown(ask, [_create(ask, fields)])[0]


@WEBHOOKS.changes(wire.WebhookBody)
def change_webhook(ask: Ask, identifier: int, fields: Fields) -> wire.Webhook:
    """Change what is named; a secret that comes back masked stays."""
    return _shown(ask, [_change(ask, _find(ask, identifier), fields)])[0]


@WEBHOOKS.deletes
def delete_webhook(ask: Ask, identifier: int) -> None:
    """Delete a webhook; steps that call it say that it is gone."""
    _delete(ask, identifier)


@ACTIONS.lists(_shown_old)
def list_actions(ask: Ask) -> Sequence[Destination]:
    """Find all of them, or those of a name or a team."""
    return _hooks(ask)


@ACTIONS.reads
def read_action(ask: Ask, identifier: int) -> wire.Action:
    """Read one of them."""
    return _shown_old(ask, [_find(ask, identifier)])[0]


@ACTIONS.creates(wire.WebhookBody)
def create_action(ask: Ask, fields: Fields) -> wire.Action:
    """Make a webhook; it is called by steps."""
    return _shown_old(ask, [_create(ask, _renamed(fields), old=True)])[0]


@ACTIONS.changes(wire.WebhookBody)
def change_action(ask: Ask, identifier: int, fields: Fields) -> wire.Action:
    """Change what is named."""
    return _shown_old(ask, [_change(ask, _find(ask, identifier), _renamed(fields))])[0]


@ACTIONS.deletes
def delete_action(ask: Ask, identifier: int) -> None:
    """Delete a webhook."""
    _delete(ask, identifier)


@WEBHOOKS.routes.get(
    "/{id}/responses/",
    permission=Permission.CONFIGURE,
    summary="List what a webhook answered",
    raises=(NotFound,),
    params={"id": "the webhook's id"},
)
async def list_responses(call: Call) -> Page[wire.Response]:
    """Find what it was sent and what it answered, the newest first."""
    identifier = WEBHOOKS.id_in_path(call)

    def look(ask: Ask) -> Page[wire.Response]:
        hook = _find(ask, identifier)
        window: Window[KeptExchange] = Window(
            count=exchanges.count(ask.tx, ask.actor, hook.id),
            fetch=lambda offset, limit: exchanges.stretch(
                ask.tx, ask.actor, hook.id, offset=offset, limit=limit
            ),
        )
        asked = Asked.read(ask.query, address_of(ask.public_url, call.request.scope["path"]))
        return asked.cut(window, lambda items: [show_response(each) for each in items])

    return await looked_up(call, look)


def _create(ask: Ask, fields: Fields, *, old: bool = False) -> Destination:
    blank = Destination(
        id=DestinationId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name="",
        channel=CHANNEL,
        address="",
        options={"http_method": "POST", "forward_all": True},
        subscription=Subscription(),
    )
    needed = ("name", "url") if old else ("name", "url", "http_method", "trigger_type")
    draft, trigger = _edited(ask, blank, fields, needed=needed)
    made = destinations.create(ask.tx, ask.actor, draft, now=ask.now)
    _keep_trigger(ask, made, trigger or ESCALATION)
    return made


def _change(ask: Ask, was: Destination, fields: Fields) -> Destination:
    new, trigger = _edited(ask, was, fields)
    changed = destinations.change(ask.tx, ask.actor, was.id, lambda _was: new, now=ask.now)
    if trigger is not None:
        _keep_trigger(ask, changed, trigger)
    return changed


def _delete(ask: Ask, identifier: int) -> None:
    hook = _find(ask, identifier)
    destinations.delete(ask.tx, ask.actor, hook.id, even_in_use=True, now=ask.now)


def _keep_trigger(ask: Ask, hook: Destination, trigger: str) -> None:
    extras.keep(ask.tx, ask.actor, hook.id, {TRIGGER: trigger}, dialect=DIALECT, kind="destination")


def _edited(
    ask: Ask, was: Destination, fields: Fields, *, needed: Sequence[str] = ()
) -> tuple[Destination, str | None]:
    """Apply a body to a webhook; give the trigger type that it names, if it names one."""
    name = fields.text("name", required="name" in needed, longest=NAME_LENGTH_MAX)
    url = fields.text("url", required="url" in needed, longest=MANY_LENGTH_MAX)
    method = _method(fields, required="http_method" in needed)
    if "trigger_type" in needed and fields.raw("trigger_type") is UNSET:
        fields.wrong("trigger_type", "This field is required.")
    team = fields.reference("team", "team", ask.directory.teams)
    enabled, forward = fields.boolean("is_webhook_enabled"), fields.boolean("forward_all")
    doors = ask.directory.integrations
    chosen = fields.listed(
        "integration_filter", lambda each: _door(each, doors), sentence="Object does not exist"
    )
    options = _options(fields, was.options)
    if isinstance(url, str):
        _check_template(fields, "url", url)
    fields.must_be_right()
    trigger = _trigger(fields)
    if fields.raw("preset") not in (UNSET, None, ""):
        raise refused("Preset webhooks must be modified through web UI")
    if isinstance(name, str) and any(each.name == name and each.id != was.id for each in _all(ask)):
        raise wrong_fields(NOT_UNIQUE)
    if isinstance(method, str):
        options["http_method"] = method
    if isinstance(forward, bool):
        options["forward_all"] = forward
    said = subscription_of(was)
    said = replace(
        said,
        enabled=enabled if isinstance(enabled, bool) else said.enabled,
        team=said.team if team is UNSET else None if team is None else TeamId(team),
        integrations=said.integrations if chosen is UNSET else frozenset(map(IntegrationId, chosen or ())),
        changes=said.changes if trigger is None else CHANGES[trigger],
    )
    new = replace(
        was,
        name=name if isinstance(name, str) else was.name,
        address=url if isinstance(url, str) else was.address,
        options=options,
        subscription=said,
    )
    try:
        address = check_address(CHANNEL, new.address, new.options)
    except Invalid as error:
        field = "url" if error.path == "address" else error.path.removeprefix("options.")
        raise wrong_field(field, f"{error.problem}; it {error.remedy}") from None
    return replace(new, address=address), trigger


def _all(ask: Ask) -> list[Destination]:
    return [each for each in ask.directory.destinations.values() if each.channel == CHANNEL]


def _method(fields: Fields, *, required: bool) -> str | UnsetType | None:
    value = fields.raw("http_method")
    if value is UNSET or value is None:
        return fields.wrong("http_method", "This field is required.") if required else UNSET
    if not isinstance(value, str) or value not in METHODS:
        return fields.wrong("http_method", f"Must be one of {list(METHODS)}")
    return value


def _trigger(fields: Fields) -> str | None:
    value = fields.raw("trigger_type")
    if value is UNSET or value is None:
        return None
    if not isinstance(value, str) or value not in CHANGES:
        raise refused(f"trigger_type must one of {', '.join(CHANGES)}")
    return value


def _options(fields: Fields, was: Any) -> dict[str, Any]:
    """Apply the texts of a body; a mask leaves a secret as it was."""
    options = dict(was)
    for name in (*TEMPLATES, "username", *SECRETS):
        text = fields.text(name, null=True, blank=True, longest=TEXT_LENGTH_MAX, trimmed=False)
        if text is UNSET or (name in SECRETS and text == MASK):
            continue
        if isinstance(text, str) and name in TEMPLATES:
            _check_template(fields, name, text)
        options[name] = text
    return {name: value for name, value in options.items() if value is not None}


def _check_template(fields: Fields, name: str, text: str) -> None:
    try:
        read_rich(text)
    except Invalid as error:
        fields.wrong(name, f"Template Error: {error.problem}")


def _door(value: Any, doors: Any) -> int | None:
    found = spelled.read("integration", value)
    return found if found is not None and IntegrationId(found) in doors else None


def _renamed(fields: Fields) -> Fields:
    """Read the old names of fields as the new ones."""
    names = {name: name for name in wire.WebhookBody.__struct_fields__} | _OLD
    return Fields({new: fields.raw(old) for new, old in names.items() if old in fields})
