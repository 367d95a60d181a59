"""The whole API in process, over a small workspace with people of every role, and a stranger next door."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

import builders
import stored
from configured import entropy
from front_builders import NoWire
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.credential import Key
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.ids import EscalationPolicyId, KeyId, ServiceId, UserId, WorkspaceId
from tocsin.core.people import ContactMethod, Role, User
from tocsin.core.service import Service
from tocsin.core.silence import Silence
from tocsin.dialects.native.door import native_door
from tocsin.dialects.native.events import express
from tocsin.httpkit.auth_token import Tokens
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.front import Front
from tocsin.httpkit.intake import Intake
from tocsin.httpkit.limits import Gate, Rates
from tocsin.httpkit.metrics import Metrics
from tocsin.sources import native
from tocsin.sources.registry import inlets
from tocsin.store import credentials
from tocsin.store.database import Database
from tocsin.world import World

API = "/api/tocsin/v1"
NOW = builders.NOW
SHOP, DEPOT = ServiceId(2), ServiceId(3)
STRANGER = "stranger"


def person(name: str, number: int, role: Role, *, workspace: int = 1) -> User:
    """Make somebody with a verified mailbox."""
    user = UserId(number)
    mailbox = ContactMethod(
        id=number + 1_000, user=user, channel="email", address=f"{name.lower()}@example.org", verified_at=NOW
    )
    return User(
        id=user,
        workspace=WorkspaceId(workspace),
        email=f"{name.lower()}@example.org",
        name=name,
        role=role,
        contact_methods=(mailbox,),
    )


OLA, ADA = person("Ola", 10, Role.OWNER), person("Ada", 11, Role.ADMIN)
REA, VIC = person("Rea", 12, Role.RESPONDER), person("Vic", 13, Role.VIEWER)
PEOPLE = {each.role.value: each for each in (OLA, ADA, REA, VIC)}
SERVICES = tuple(
    Service(id=number, workspace=WorkspaceId(1), name=name, slug=name.lower())
    for number, name in ((SHOP, "Shop"), (DEPOT, "Depot"))
)


def catch_all(*steps: builders.Step, name: str = "Everything") -> EscalationPolicy:
    """Make the escalation policy that takes what no alert policy takes; by default it asks the responder."""
    plan = builders.plan(*(steps or (builders.step(builders.target(REA)),)), name=name)
    number = EscalationPolicyId(40)
    return EscalationPolicy(id=number, workspace=WorkspaceId(1), name=name, plan=replace(plan, policy=number))


def directory(
    *,
    policies: Sequence[AlertPolicy] = (),
    silences: Sequence[Silence] = (),
    caught: bool = True,
    **more: Any,
) -> Directory:
    """Make the configuration of the workspace."""
    named = catch_all()
    values: dict[str, Any] = {
        "workspace": WorkspaceId(1),
        "name": "Example",
        "version": 1,
        "users": {each.id: each for each in PEOPLE.values()},
        "services": {each.id: each for each in SERVICES},
        "escalation_policies": {named.id: named},
        "alert_policies": tuple(policies),
        "silences": tuple(silences),
        "catch_all": named.id if caught else None,
    }
    return Directory(**(values | more))


@dataclass
class Clock:
    """A clock that goes on when it is told to."""

    now: datetime = NOW
    ids: Any = None  # what makes ids, which begin with the time

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **length: float) -> None:
        passed = timedelta(**length)
        self.now += passed
        if hasattr(self.ids, "pass_time"):
            self.ids.pass_time(max(passed, timedelta()))


@dataclass
class Api:
    """The API over *database*: `call` sends one request with the key of somebody with that role."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    configuration: Directory | None = field(default_factory=directory)
    doors: tuple[Any, ...] = ()
    per_s: float = 0
    key_service: ServiceId | None = None
    telephone: bool = True
    wire: Any = field(default_factory=NoWire)

    def __post_init__(self) -> None:
        self.clock.ids = self.database.new_id
        self.world = World(
            now=self.clock,
            chance=lambda: 0.5,
            new_id=self.database.new_id,
            database=self.database,
            wire=self.wire,
            entropy=entropy,
        )
        gate = Gate(100)
        self.kit = Kit(
            world=self.world,
            tokens=Tokens(self.world),
            gate=gate,
            rates=Rates(per_s=self.per_s, burst=1 if self.per_s else None),
            metrics=Metrics(gate),
            intake=Intake(self.world, native.parse),
            body_limit=1 << 20,
            public_url="http://tocsin.test",
            telephone=self.telephone,
        )
        doors: list[Door] = [
            native_door(self.kit, inlets=inlets(), public_url="http://tocsin.test"),
            *(door(self.kit) for door in self.doors),
        ]
        self._front, self._express = Front(self.kit, doors), express(self.kit)
        if self.configuration is not None:  # else nobody has set it up
            self.database.transact(self._fill)

    def _fill(self, tx) -> None:
        stored.put(tx, self.configuration, now=NOW)
        for number, (role, user) in enumerate(PEOPLE.items(), 60):
            self._add_key(tx, KeyId(number), role, user)
        stranger = person("Zoe", 90, Role.OWNER, workspace=9)
        other = Directory(
            workspace=WorkspaceId(9), name="Next door", version=1, users={stranger.id: stranger}
        )
        service = Service(id=ServiceId(91), workspace=WorkspaceId(9), name="Bar", slug="bar")
        stored.put(tx, replace(other, services={service.id: service}), now=NOW)
        self._add_key(tx, KeyId(92), STRANGER, stranger)

    def _add_key(self, tx, number: KeyId, token: str, user: User) -> None:
        key = Key(
            id=number,
            workspace=user.workspace,
            kind="tocsin",
            name=token,
            user=user.id,
            service=self.key_service if user.workspace == 1 else None,
            created_at=NOW,
        )
        credentials.add(tx, key, secret_hash=hashlib.sha256(token.encode()).hexdigest())

    async def __call__(self, scope, receive, send) -> None:
        """Serve as the app does: the express way first."""
        if self._express.takes(scope):
            await self._express(scope, receive, send)
        else:
            await self._front(scope, receive, send)

    def call(
        self, method: str, path: str, body: Any = None, *, as_: str | None = "responder", **options: Any
    ) -> httpx.Response:
        """Send one request; *path* is below the API's root unless it begins elsewhere."""
        headers = dict(options.pop("headers", {}))
        if as_ is not None:
            headers.setdefault("authorization", f"Bearer {as_}")
        if body is not None:
            options["json"] = body
        url = path if path.startswith(("/api/", "/integrations/", "/r/", "/v2/")) else API + path

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self)
            async with httpx.AsyncClient(transport=transport, base_url="http://tocsin.test") as client:
                return await client.request(method, url, headers=headers, **options)

        return asyncio.run(send())

    def get(self, path: str, **options: Any) -> Any:
        """Read; it must go well."""
        return self._well(self.call("GET", path, **options))

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """Do; it must go well."""
        return self._well(self.call("POST", path, {} if body is None else body, **options))

    def report(self, **fields: Any) -> str:
        """Send one event and give its id."""
        values = {"title": "Disk full", "severity": "critical"} | fields
        return self.post("/events", values)["events"][0]["id"]

    def alert(self, **fields: Any) -> Any:
        """Send one event and give the alert that it opened, or came to."""
        event = self.get(f"/events/{self.report(**fields)}")
        return self.get(f"/alerts/{event['alert_id']}")

    def transact(self, action) -> Any:
        return self.database.transact(action)

    def _well(self, answer: httpx.Response) -> Any:
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json() if answer.content else None
