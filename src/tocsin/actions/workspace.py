"""The workspace: how the first one begins, what it is called, and what catches alerts that nobody takes."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.actions import audit, escalation_policies, keys, people, services
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, begin, must_be_known
from tocsin.actions.key_kinds import Entropy, KeyKind
from tocsin.actions.passwords import hash_password
from tocsin.core import pace, reminders
from tocsin.core.credential import Key
from tocsin.core.errors import Conflict, check_text
from tocsin.core.escalation import (
    EscalationPlan,
    EscalationPolicy,
    NotifyTargets,
    RepeatSteps,
    Step,
    UserTarget,
)
from tocsin.core.ids import UNMADE, EscalationPolicyId, KeyId, PlanId, ServiceId, StepId, UserId, WorkspaceId
from tocsin.core.people import Role, User
from tocsin.core.service import Service
from tocsin.core.spelling import native, to_hex_24
from tocsin.core.workspace import Workspace
from tocsin.store import escalation_policies as stored_policies
from tocsin.store import workspaces
from tocsin.store.transaction import Tx

NAME_LENGTH_MAX = 255
DEFAULT_POLICY = "Default"
REPEAT_AFTER = timedelta(minutes=15)
REPEATS = 3
PASSWORD_BYTES = 15
_CALENDARS = {KeyKind.CALENDAR, KeyKind.SHIFT_CALENDAR}
FIRST_KEYS = tuple(kind for kind in KeyKind if kind not in _CALENDARS)  # one for each API


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The first workspace, with its owner and service, and secrets that nobody can read again."""

    workspace: Workspace
    owner: User
    password: str
    service: Service
    credentials: Mapping[str, Mapping[str, str]]

    def document(self) -> dict[str, object]:
        """Write it as the one JSON document that set-up programs read."""
        return {
            "workspace": {"id": native("workspace", self.workspace.id)},
            "owner": {
                "id": native("user", self.owner.id),
                "email": self.owner.email,
                "password": self.password,
            },
            "service": {"id": native("service", self.service.id)},
            "credentials": {kind: dict(parts) for kind, parts in self.credentials.items()},
        }


def init(
    tx: Tx,
    *,
    email: str,
    name: str = "",
    workspace_name: str = "Tocsin",
    service_name: str = "Default",
    password_hash: str = "",
    entropy: Entropy,
    now: datetime,
) -> Beginning:
    """Begin: a workspace, an owner with a password, a service, a key of each kind, and a catch-all.

    The catch-all is an escalation policy that asks the owner until somebody answers. The password is a new
    one, or that behind *password_hash*. Raise Conflict, and change nothing, when there is a workspace
    already.
    """
    workspaces.lock_all(tx)
    if workspaces.count(tx):
        raise Conflict("there is a workspace already; nothing was changed")
    check_text(workspace_name, "workspace_name", shortest=1, longest=NAME_LENGTH_MAX)
    workspace = Workspace(id=WorkspaceId(tx.new_id()), name=workspace_name, created_at=now)
    workspaces.add(tx, workspace)
    actor = Actor.of_server(workspace.id, how="command line")
    password = "" if password_hash else base64.urlsafe_b64encode(entropy(PASSWORD_BYTES)).decode()
    owner = people.create(
        tx,
        actor,
        User(id=UserId(UNMADE), workspace=workspace.id, email=email, name=name, role=Role.OWNER),
        password_hash=password_hash or hash_password(password, entropy),
        now=now,
    )
    service = services.create(
        tx,
        actor,
        Service(id=ServiceId(UNMADE), workspace=workspace.id, name=service_name, slug=""),
        now=now,
    )
    policy = escalation_policies.create(tx, actor, _asking(owner), now=now)
    workspaces.save(tx, replace(workspaces.get(tx, workspace.id), catch_all=policy.id))
    return Beginning(
        workspace=workspaces.get(tx, workspace.id),
        owner=owner,
        password=password,
        service=service,
        credentials=_one_of_each(tx, actor, owner, service, entropy=entropy, now=now),
    )


def get(tx: Tx, actor: Actor) -> Workspace:
    """Read the actor's workspace."""
    actor.must(Permission.READ)
    return workspaces.get(tx, actor.workspace)


def change(tx: Tx, actor: Actor, edit: Edit[Workspace], *, now: datetime) -> Workspace:
    """Change the workspace's name, its catch-all, and the reminders and pace by which people are asked."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = workspaces.get(tx, actor.workspace)
    edited = edit(was)
    new = replace(
        was, name=edited.name, catch_all=edited.catch_all, reminders=edited.reminders, pace=edited.pace
    )
    check_text(new.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    if new.reminders is not None:
        reminders.check(new.reminders, "reminders")
    pace.check(new.pace, "pace")
    if new.catch_all is not None and new.catch_all != was.catch_all:
        named = [(new.catch_all, "catch_all")]
        must_be_known(tx, actor, stored_policies.get_many, named, "escalation_policy")
    if new != was:
        workspaces.save(tx, new)
        audit.changed(tx, actor, "workspace", new, was=was, name=new.name, now=now)
    return workspaces.get(tx, actor.workspace)


def _asking(owner: User) -> EscalationPolicy:
    """Ask *owner*, again and again, until they answer."""
    ask = Step(id=StepId(UNMADE), action=NotifyTargets(targets=(UserTarget(user=owner.id),)))
    again = Step(id=StepId(UNMADE), after=REPEAT_AFTER, action=RepeatSteps(times=REPEATS))
    return EscalationPolicy(
        id=EscalationPolicyId(UNMADE),
        workspace=owner.workspace,
        name=DEFAULT_POLICY,
        description="Takes what no alert policy takes, and asks the workspace's first owner.",
        plan=EscalationPlan(id=PlanId(UNMADE), name=DEFAULT_POLICY, steps=(ask, again)),
    )


def _one_of_each(
    tx: Tx, actor: Actor, owner: User, service: Service, *, entropy: Entropy, now: datetime
) -> dict[str, Mapping[str, str]]:
    parts: dict[str, Mapping[str, str]] = {}
    for kind in FIRST_KEYS:
        draft = Key(
            id=KeyId(tx.new_id()),
            workspace=owner.workspace,
            kind=kind,
            name=f"first {kind.value} key",
            user=owner.id,
            service=service.id,
            created_at=now,
        )
        parts[kind.value] = keys.make(tx, actor, draft, entropy=entropy, now=now).secrets.parts
    parts[KeyKind.CLOUD_MANAGER] = {
        **{name: parts[KeyKind.CLOUD_MANAGER][name] for name in ("public_key", "private_key")},
        "project_id": to_hex_24(service.id),
        **{name: parts[KeyKind.CLOUD_MANAGER][name] for name in ("client_id", "client_secret")},
    }
    return parts
