"""Apps and their alerts in the domain: each function is one transaction over services and alert policies."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from tocsin.actions import alert_policies, extras, history, services
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import begin
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.escalation import DestinationTarget
from tocsin.core.ids import UNMADE, AlertPolicyId, ServiceId, WorkspaceId
from tocsin.core.instants import micros
from tocsin.core.people import Role, User, UserStatus
from tocsin.core.service import Service
from tocsin.core.spelling import from_uuid, to_uuid
from tocsin.dialects.digitalocean.assigning import people_of, webhooks_of
from tocsin.dialects.digitalocean.errors import Unprocessable
from tocsin.dialects.digitalocean.spec import (
    AppSpec,
    Entropy,
    TwiceError,
    Wanted,
    sealed,
    wanted_in,
    with_defaults,
)
from tocsin.dialects.digitalocean.subscriptions import (
    KeptAlert,
    KeptApp,
    Placed,
    extras_of,
    kept_app,
    new_policy,
    numbered,
    rules_of,
    scope_of,
    targets_of,
)
from tocsin.dialects.digitalocean.telling import DIALECT, Places, is_shown
from tocsin.dialects.digitalocean.wire import NewApp, NewDestinations
from tocsin.httpkit.faults import explain
from tocsin.world import Tx

KIND = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app: its service, what is kept beside it, and the policy that carries its alerts."""

    service: Service
    kept: KeptApp | None
    policy: AlertPolicy | None

    @property
    def alerts(self) -> list[tuple[KeptAlert, Wanted]]:
        """Its alerts, each with what the spec says of it."""
        if self.kept is None:
            return []
        wanted: dict[tuple[str, str], Wanted] = {
            (each.component, each.spec.rule): each for each in wanted_of(self.kept.spec)
        }
        pairs = [(alert, wanted.get((alert.component, alert.rule))) for alert in self.kept.alerts]
        return [(alert, found) for alert, found in pairs if found is not None]


def find(tx: Tx, actor: Actor, text: str) -> App:
    """Find the app whose id is *text*; raise NotFound, also for what is no id at all."""
    identifier = from_uuid(text)
    if identifier is None:
        raise NotFound("app", text)
    service = services.get(tx, actor, ServiceId(identifier))
    kept = kept_many(tx, actor, [service]).get(service.id)
    policy = None
    if kept is not None and kept.policy is not None:
        with suppress(NotFound):  # somebody deleted it by other ways
            policy = alert_policies.get(tx, actor, AlertPolicyId(kept.policy))
    return App(service=service, kept=kept, policy=policy)


def find_alert(app: App, text: str) -> tuple[KeptAlert, Wanted]:
    """Find the alert of *app* whose id is *text*."""
    found = (pair for pair in app.alerts if to_uuid(pair[0].id) == text.lower())
    pair = next(found, None)
    if pair is None:
        raise NotFound("alert", text)
    return pair


def kept_many(tx: Tx, actor: Actor, listed: Sequence[Service]) -> dict[ServiceId, KeptApp]:
    """Give what is kept beside each of these services."""
    ids = [service.id for service in listed]
    found = extras.kept(tx, actor, ids, dialect=DIALECT, kind=KIND)
    return {each: kept for each in ids if (kept := kept_app(dict(found.get(each, {})))) is not None}


def read_spec(spec: dict[str, Any]) -> AppSpec:
    """Read what alerts need of *spec*; raise Invalid, naming the field, for what cannot be."""
    try:
        return msgspec.convert(spec, AppSpec)
    except msgspec.ValidationError as error:
        fault = explain(error, spec, AppSpec)
        path = f"spec.{fault.path}" if fault.path else "spec"
        raise Invalid(path, fault.problem, fault.remedy) from None


def wanted_of(spec: dict[str, Any]) -> list[Wanted]:
    """List the alerts of *spec*; raise Unprocessable for two of one component and rule."""
    try:
        return wanted_in(spec, read_spec(spec))
    except TwiceError as twice:
        problem = "is for a component and a rule that have an alert already"
        raise Unprocessable(Invalid(twice.path, problem, "must be the only one of the two")) from None


def create(tx: Tx, actor: Actor, body: NewApp, entropy: Entropy, *, now: datetime) -> App:
    """Make an app: a service, and a policy with a rule for each alert, which tells the owner at first."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)  # what is read from here on stays true until the commit
    spec = _whole(body, entropy)
    name = spec["name"]
    draft = Service(id=ServiceId(UNMADE), workspace=WorkspaceId(UNMADE), name=name, slug=name)
    service = services.create(tx, actor, draft, now=now)
    app = App(service=service, kept=None, policy=None)
    return _written(tx, actor, app, KeptApp(spec=spec, project_id=body.project_id), now)


def update(tx: Tx, actor: Actor, text: str, body: NewApp, entropy: Entropy, *, now: datetime) -> App:
    """Give an app another spec; an alert whose component and rule stay keeps its id and destinations."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)  # what is read from here on stays true until the commit
    was = find(tx, actor, text)
    spec = _whole(body, entropy)
    name = spec["name"]

    def renamed(service: Service) -> Service:
        return service if service.slug == name else replace(service, name=name, slug=name)

    service = services.change(tx, actor, was.service.id, renamed, now=now)
    project = body.project_id or (was.kept.project_id if was.kept is not None else None)
    return _written(tx, actor, replace(was, service=service), KeptApp(spec=spec, project_id=project), now)


def delete(tx: Tx, actor: Actor, text: str, *, now: datetime) -> None:
    """Delete an app with its alerts, and the destinations that were theirs alone."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)  # what is read from here on stays true until the commit
    app = find(tx, actor, text)
    places = Places(tx, actor, history.directory(tx, actor), now)
    told = [target for alert, _ in app.alerts for target in targets_of(app.policy, alert)]
    if app.policy is not None:
        alert_policies.delete(tx, actor, app.policy.id, now=now)
    services.delete(tx, actor, app.service.id, now=now)
    places.forget(told)


def assign(
    tx: Tx, actor: Actor, ids: tuple[str, str], body: NewDestinations, hosts: Iterable[str], *, now: datetime
) -> tuple[App, KeptAlert]:
    """Let an alert, named by its app's id and its own, go to these places and to no others."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)  # what is read from here on stays true until the commit
    app = find(tx, actor, ids[0])
    alert, _ = find_alert(app, ids[1])
    directory = history.directory(tx, actor)
    people, webhooks = people_of(body, directory.users), webhooks_of(body, hosts)
    places = Places(tx, actor, directory, now)
    before = targets_of(app.policy, alert)
    posts = [places.slack(url, channel) for url, channel in webhooks]
    others = [target for target in before if not is_shown(target, places.there)]
    targets = tuple(dict.fromkeys((*(places.mail(user) for user in people), *posts, *others)))
    fresh = [each.destination for each in posts if isinstance(each, DestinationTarget) and each not in before]
    tests = places.test(fresh) if fresh else (alert.tests if posts else [])
    changed = msgspec.structs.replace(alert, since=micros(now), tests=tests)
    placed = [
        Placed(kept=changed, wanted=wanted, targets=targets)
        if each.id == alert.id
        else Placed(kept=each, wanted=wanted)
        for each, wanted in app.alerts
    ]
    kept = app.kept or KeptApp(spec={})
    after = _placed(tx, actor, app, kept, placed=placed, now=now)
    places.forget([target for target in before if target not in targets])
    written = next(each for each in after.kept.alerts if each.id == alert.id) if after.kept else changed
    return after, written


def _whole(body: NewApp, entropy: Entropy) -> dict[str, Any]:
    """Give the spec as it is kept, checked."""
    spec = with_defaults(body.spec, read_spec(body.spec))
    wanted_of(spec)
    return sealed(spec, entropy)


def _written(tx: Tx, actor: Actor, app: App, kept: KeptApp, now: datetime) -> App:
    """Bring the alerts of *app* to what the spec of *kept* wants."""
    directory = history.directory(tx, actor)
    places = Places(tx, actor, directory, now)
    owner = _owner(directory)
    old = {(each.component, each.rule): each for each in (app.kept.alerts if app.kept is not None else ())}
    placed: list[Placed] = []
    for wanted in wanted_of(kept.spec):
        was = old.pop((wanted.component, wanted.spec.rule), None)
        if was is not None:
            placed.append(Placed(kept=was, wanted=wanted))
            continue
        made = KeptAlert(id=tx.new_id(), component=wanted.component, rule=wanted.spec.rule, since=micros(now))
        targets = () if owner is None else (places.mail(owner),)
        placed.append(Placed(kept=made, wanted=wanted, targets=targets))
    told = [target for gone in old.values() for target in targets_of(app.policy, gone)]
    dated = msgspec.structs.replace(kept, updated_at=micros(now))
    after = _placed(tx, actor, app, dated, placed=placed, now=now)
    places.forget(told)
    return after


def _placed(tx: Tx, actor: Actor, app: App, kept: KeptApp, *, placed: Sequence[Placed], now: datetime) -> App:
    """Write the policy with the rules of *placed* alerts, and what is kept of them."""
    was = app.kept.alerts if app.kept is not None else ()
    known = frozenset(each.rule_id for each in was if each.rule_id is not None)
    name, service = app.service.slug, app.service.id

    def edit(policy: AlertPolicy) -> AlertPolicy:
        rules = rules_of(policy, known, placed)
        if policy.id == UNMADE:
            return replace(policy, rules=rules)
        return replace(policy, name=f"App {name}", scope=scope_of(service, name), rules=rules)

    if app.policy is None:
        policy = alert_policies.create(tx, actor, edit(new_policy(service, name)), now=now)
    else:
        policy = alert_policies.change(tx, actor, app.policy.id, edit, now=now)
    written = msgspec.structs.replace(kept, policy=policy.id, alerts=numbered(policy, placed))
    extras.keep(tx, actor, service, extras_of(written), dialect=DIALECT, kind=KIND)
    return replace(app, kept=written, policy=policy)


def _owner(directory: Directory) -> User | None:
    """Give the oldest active owner, to whom alerts go at first."""
    owners = (
        user
        for user in directory.users.values()
        if user.role is Role.OWNER and user.status is UserStatus.ACTIVE
    )
    return min(owners, key=lambda user: user.id, default=None)
