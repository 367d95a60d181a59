"""``/groups/{id}/alertConfigs``: list, make, read, replace, toggle, delete; and the alerts of one."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tocsin.actions import alert_pages, alert_policies, destinations, withdrawing
from tocsin.actions import extras as kept_beside
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.alert_pages import Wanted as WantedAlerts
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.errors import InUse, NotFound
from tocsin.core.escalation import DestinationTarget, Target
from tocsin.core.ids import AlertPolicyId, ServiceId
from tocsin.core.service import Service
from tocsin.core.spelling import to_hex_24
from tocsin.dialects.cloud_manager.alerts import listing
from tocsin.dialects.cloud_manager.alerts.routes import listed, scene_of
from tocsin.dialects.cloud_manager.alerts.translate import configuration_of, event_type_of
from tocsin.dialects.cloud_manager.alerts.wire import AlertDocument
from tocsin.dialects.cloud_manager.configurations.notifying import Stored, wanted
from tocsin.dialects.cloud_manager.configurations.standing import Standing, standing_of
from tocsin.dialects.cloud_manager.configurations.translate import (
    DIALECT,
    KIND,
    Made,
    configurations,
    extras_of,
    implicit,
    linked,
    policy_of,
    put_in_place,
    show,
    stored_of,
)
from tocsin.dialects.cloud_manager.configurations.wire import (
    FIELD_NAMES,
    ConfigurationBody,
    ConfigurationDocument,
    Toggle,
)
from tocsin.dialects.cloud_manager.errors import bad, missing
from tocsin.dialects.cloud_manager.handling import (
    GROUP,
    PREFIX,
    asked,
    group_of,
    group_path,
    known,
    look,
    named,
    read_body,
    root,
)
from tocsin.dialects.cloud_manager.lists import ListDocument, Paged, list_document
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.queries import QueryReader, pairs
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Alert configurations")

_CONFIGURATION = {**GROUP, "configuration_id": "the configuration's id"}
_PAGED = QueryReader(Paged)
_BODY: JsonReader[ConfigurationBody] = JsonReader(ConfigurationBody)
_TOGGLE: JsonReader[Toggle] = JsonReader(Toggle)


@ROUTES.get(
    "/alertConfigs/matchers/fieldNames",
    permission=Permission.READ,
    summary="List the fields that matchers can look at",
)
async def list_field_names(call: Call) -> list[str]:
    """List the fields of matchers."""
    look(call)
    return list(FIELD_NAMES)


@ROUTES.get(
    "/groups/{group_id}/alertConfigs",
    permission=Permission.READ,
    summary="List the alert configurations of a project",
    description="The oldest first, and last those that stand for alerts which none has opened.",
    raises=(NotFound,),
    params=GROUP,
)
async def list_configurations(call: Call) -> ListDocument[ConfigurationDocument]:
    """List configurations."""
    group, query = group_of(call), asked(call, _PAGED)

    def find(tx: Tx, actor: Actor) -> ListDocument[ConfigurationDocument]:
        directory, _ = known(tx, actor, call, group)
        found = configurations(_policies(tx, actor), group)
        extras = _extras(tx, actor, found)
        documents = [show(policy, each, extras.get(policy.id, {}), directory) for policy, each in found]
        documents += _implicit(tx, actor, directory, group)
        address, given = _address(call, group), pairs(call.request.scope["query_string"])
        shown = [linked(each, address, alone=False) for each in query.of(documents)]
        return list_document(shown, len(documents), asked=query, address=address, query=given)

    return await call.ask(find)


@ROUTES.post(
    "/groups/{group_id}/alertConfigs",
    permission=Permission.CONFIGURE,
    summary="Make an alert configuration",
    status=201,
    body_later=ConfigurationBody,
    raises=(NotFound,),
    params=GROUP,
)
async def add_configuration(call: Call) -> ConfigurationDocument:
    """Make a configuration."""
    group = group_of(call)
    look(call)
    body = await read_body(call, _BODY)

    def add(tx: Tx, actor: Actor) -> ConfigurationDocument:
        directory, service = known(tx, actor, call, group)
        made = _made(tx, actor, call, body, (service, directory))
        policy = alert_policies.create(tx, actor, policy_of(body, service, made), now=call.now)
        return _kept(tx, actor, call, (policy, body, made))

    return await call.act(add)


@ROUTES.get(
    "/groups/{group_id}/alertConfigs/{configuration_id}",
    permission=Permission.READ,
    summary="Read an alert configuration",
    raises=(NotFound,),
    params=_CONFIGURATION,
)
async def read_configuration(call: Call) -> ConfigurationDocument:
    """Read one configuration."""
    group, number = group_of(call), _number(call)
    look(call)

    def find(tx: Tx, actor: Actor) -> ConfigurationDocument:
        directory, _ = known(tx, actor, call, group)
        address = _address(call, group)
        text = call.params["configuration_id"].lower()
        if number is None:
            found = [each for each in _implicit(tx, actor, directory, group) if each.id == text]
            if not found:
                raise _no_configuration(call)
            return linked(found[0], address, alone=True)
        return _shown(tx, actor, call, _found(tx, actor, call, group, number)[0])

    return await call.ask(find)


@ROUTES.put(
    "/groups/{group_id}/alertConfigs/{configuration_id}",
    permission=Permission.CONFIGURE,
    summary="Replace an alert configuration",
    description="Secrets that come as they were shown stay as they are.",
    body_later=ConfigurationBody,
    raises=(NotFound,),
    params=_CONFIGURATION,
)
async def replace_configuration(call: Call) -> ConfigurationDocument:
    """Replace one configuration."""
    group, number = group_of(call), _changeable(call)
    look(call)
    body = await read_body(call, _BODY)

    def put(tx: Tx, actor: Actor) -> ConfigurationDocument:
        directory, service = known(tx, actor, call, group)
        was, stored = _found(tx, actor, call, group, number)
        made = _made(tx, actor, call, body, (service, directory), stored=stored)
        new = policy_of(body, service, made)
        policy = alert_policies.change(
            tx, actor, was.id, lambda before: put_in_place(before, new), now=call.now
        )
        document = _kept(tx, actor, call, (policy, body, made))
        kept = {target for each in made for target in each.targets}
        _forget(tx, actor, call, [each for each in stored if _target(each) not in kept])
        if was.enabled and not policy.enabled:
            withdrawing.withdraw(tx, actor, policy, now=call.now)
        return document

    return await call.act(put)


@ROUTES.patch(
    "/groups/{group_id}/alertConfigs/{configuration_id}",
    permission=Permission.CONFIGURE,
    summary="Enable or disable an alert configuration",
    description="Alerts that a disabled one has opened are cancelled.",
    body_later=Toggle,
    raises=(NotFound,),
    params=_CONFIGURATION,
)
async def toggle_configuration(call: Call) -> ConfigurationDocument:
    """Enable or disable one configuration."""
    group, number = group_of(call), _changeable(call)
    look(call)
    body = await read_body(call, _TOGGLE)

    def toggle(tx: Tx, actor: Actor) -> ConfigurationDocument:
        known(tx, actor, call, group)
        was, _ = _found(tx, actor, call, group, number)
        policy = alert_policies.change(
            tx, actor, was.id, lambda before: replace(before, enabled=body.enabled), now=call.now
        )
        if was.enabled and not policy.enabled:
            withdrawing.withdraw(tx, actor, policy, now=call.now)
        return _shown(tx, actor, call, policy)

    return await call.act(toggle)


@ROUTES.delete(
    "/groups/{group_id}/alertConfigs/{configuration_id}",
    permission=Permission.CONFIGURE,
    summary="Delete an alert configuration",
    description="Alerts that it has opened are cancelled.",
    raises=(NotFound,),
    params=_CONFIGURATION,
)
async def delete_configuration(call: Call) -> None:
    """Delete one configuration."""
    group, number = group_of(call), _changeable(call)
    look(call)

    def delete(tx: Tx, actor: Actor) -> None:
        known(tx, actor, call, group)
        policy, stored = _found(tx, actor, call, group, number)
        alert_policies.delete(tx, actor, policy.id, now=call.now)
        withdrawing.withdraw(tx, actor, policy, now=call.now)
        _forget(tx, actor, call, stored)

    await call.act(delete)


@ROUTES.get(
    "/groups/{group_id}/alertConfigs/{configuration_id}/alerts",
    permission=Permission.READ,
    summary="List the open alerts of an alert configuration",
    raises=(NotFound,),
    params=_CONFIGURATION,
)
async def list_alerts_of_configuration(call: Call) -> ListDocument[AlertDocument]:
    """List the open alerts of one configuration."""
    group, number = group_of(call), _number(call)
    query = asked(call, _PAGED)

    def find(tx: Tx, actor: Actor) -> ListDocument[AlertDocument]:
        directory, _ = known(tx, actor, call, group)
        text = call.params["configuration_id"].lower()
        if number is not None:
            _found(tx, actor, call, group, number)
        elif all(each.id != text for each in _implicit(tx, actor, directory, group)):
            raise _no_configuration(call)
        wanted_ones = WantedAlerts(workspace=actor.workspace, service=group)
        which = number if number is not None else text
        found = listing.of_configuration(tx, actor, wanted_ones, which, query, known=directory, now=call.now)
        scene = scene_of(tx, actor, call, directory, found.alerts)
        address = f"{group_path(group)}/alertConfigs/{text}/alerts"
        return listed(call, scene, found, query, address)

    return await call.ask(find)


def _made(
    tx: Tx,
    actor: Actor,
    call: Call,
    body: ConfigurationBody,
    place: tuple[Service, Directory],
    *,
    stored: Sequence[Stored] = (),
) -> list[Made]:
    """Read the notifications, and make the destinations that they need."""
    service, directory = place
    made: list[Made] = []
    for each in wanted(body.notifications or (), service, directory, stored=stored):
        targets: tuple[Target, ...] = each.targets
        if each.endpoint is not None:
            name = f"{each.said.type_name} of {body.event_type_name}, {service.name}"[:255]
            draft = each.endpoint.destination(name)
            destination = destinations.create(tx, actor, draft, now=call.now)
            targets = (DestinationTarget(destination=destination.id),)
        made.append(Made(each, targets))
    return made


def _kept(
    tx: Tx, actor: Actor, call: Call, written: tuple[AlertPolicy, ConfigurationBody, list[Made]]
) -> ConfigurationDocument:
    policy, body, made = written
    extras = extras_of(body, policy, made, call.now)
    kept_beside.keep(tx, actor, policy.id, extras, dialect=DIALECT, kind=KIND)
    return _shown(tx, actor, call, policy)


def _shown(tx: Tx, actor: Actor, call: Call, policy: AlertPolicy) -> ConfigurationDocument:
    group = group_of_policy(policy)
    directory, _ = known(tx, actor, call, group)
    ((_, found),) = configurations([policy], group)
    extras = _extras(tx, actor, [(policy, found)]).get(policy.id, {})
    return linked(show(policy, found, extras, directory), _address(call, group), alone=True)


def group_of_policy(policy: AlertPolicy) -> ServiceId:
    """Name the one project of a configuration."""
    (group,) = policy.scope.services
    return group


def _found(
    tx: Tx, actor: Actor, call: Call, group: ServiceId, number: AlertPolicyId
) -> tuple[AlertPolicy, list[Stored]]:
    """Read a configuration of *group*, with its notifications as they are kept."""
    try:
        policy = alert_policies.get(tx, actor, number)
    except NotFound:
        raise _no_configuration(call) from None
    found = configurations([policy], group)
    if not found:
        raise _no_configuration(call)
    return policy, stored_of(_extras(tx, actor, found).get(policy.id, {}))


def _policies(tx: Tx, actor: Actor) -> Iterable[AlertPolicy]:
    return alert_policies.list_(tx, actor, limit=alert_policies.POLICIES_MAX).items


def _extras(
    tx: Tx, actor: Actor, found: Sequence[tuple[AlertPolicy, Standing]]
) -> Mapping[int, Mapping[str, Any]]:
    ids = [policy.id for policy, _ in found]
    return kept_beside.kept(tx, actor, ids, dialect=DIALECT, kind=KIND)


def _implicit(tx: Tx, actor: Actor, directory: Directory, group: ServiceId) -> list[ConfigurationDocument]:
    """Write the configurations that stand for the newest alerts which none has opened."""
    since: dict[str, Any] = {}
    configured = standing_of(directory)
    for alert in alert_pages.newest(tx, actor, group):
        if configuration_of(alert, configured) is None:
            since[event_type_of(alert)] = alert.opened_at  # the oldest comes last, and stays
    return [implicit(group, name, since[name]) for name in sorted(since)]


def _forget(tx: Tx, actor: Actor, call: Call, stored: Iterable[Stored]) -> None:
    """Delete the destinations of notifications that are gone, unless others use them."""
    for each in stored:
        if each.destination is not None:
            with contextlib.suppress(InUse, NotFound):
                destinations.delete(tx, actor, each.destination, now=call.now)


def _target(stored: Stored) -> Target | None:
    return None if stored.destination is None else DestinationTarget(destination=stored.destination)


def _number(call: Call) -> AlertPolicyId | None:
    number = named(call, "configuration_id", "ALERT_CONFIG")
    return None if number is None else AlertPolicyId(number)


def _changeable(call: Call) -> AlertPolicyId:
    number = _number(call)
    if number is None:
        detail = "A configuration that stands for alerts without one cannot be changed; add one instead."
        raise bad("ATTRIBUTE_READ_ONLY", detail, call.params["configuration_id"])
    return number


def _no_configuration(call: Call) -> Exception:
    text = call.params["configuration_id"]
    return missing("ALERT_CONFIG_NOT_FOUND", f"No alert configuration with ID {text} exists.", text)


def _address(call: Call, group: ServiceId) -> str:
    return f"{root(call)}/groups/{to_hex_24(group)}/alertConfigs"
