"""The Datadog API in process: callers with pairs of keys, and one of each thing in one line each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from api_world import ADA, NOW, OLA, PEOPLE, REA, STRANGER, Api, directory, person
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId, TeamId, UserId, WorkspaceId
from tocsin.core.people import Role, Team, TeamRole, User
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.door import datadog_door
from tocsin.store import credentials
from tocsin.store.database import Database
from tocsin.store.secrets import token_hash

ON_CALL = "/api/v2/on-call"
MEDIA = "application/vnd.api+json"
FOREIGN = "11111111-2222-3333-4444-555555555555"  # a UUID that no Tocsin made
UNKNOWN = to_uuid(424_242)  # one of ours, of nothing
OPS, WEB = (
    Team(
        id=TeamId(number),
        workspace=WorkspaceId(1),
        name=name,
        handle=name.lower(),
        description=f"{name} people",
        members=(REA.id, ADA.id),
        roles={REA.id: TeamRole.ADMIN, ADA.id: TeamRole.MEMBER},
    )
    for number, name in ((20, "Ops"), (21, "Web"))
)
ANA, BEN = to_uuid(REA.id), to_uuid(ADA.id)
SCOPES = ("on_call_read", "on_call_write", "on_call_respond", "on_call_admin")
MANY = 50  # further people, for things that are large


def crowd() -> dict[UserId, User]:
    """Make many people of the workspace."""
    people = [person(f"Person{number}", 200 + number, Role.RESPONDER) for number in range(MANY)]
    return {each.id: each for each in people}


def headers(who: str) -> dict[str, str]:
    """Give the headers by which *who* is known: a role, a scope, or the stranger next door."""
    return {"dd-api-key": f"{who}-api", "dd-application-key": f"{who}-app"}


def layer(**changes: Any) -> dict[str, Any]:
    """Make a layer of a request: Ana and Ben in turn, a day each."""
    return {
        "name": "Daily",
        "effective_date": "2026-03-01T00:00:00Z",
        "rotation_start": "2026-03-01T09:00:00Z",
        "interval": {"days": 1},
        "members": [{"user": {"id": ANA}}, {"user": {"id": BEN}}],
    } | changes


def links(*teams: Team) -> dict[str, Any]:
    """Make the relationships that name *teams*."""
    return {"teams": {"data": [{"id": to_uuid(team.id), "type": "teams"} for team in teams]}}


def schedule(*layers: dict[str, Any], teams: tuple[Team, ...] = (), **changes: Any) -> dict[str, Any]:
    """Make a request that creates a schedule."""
    attributes = {"name": "Primary", "time_zone": "UTC", "layers": list(layers or (layer(),))} | changes
    return {"data": {"type": "schedules", "attributes": attributes, "relationships": links(*teams)}}


def target(kind: str = "users", identifier: str = ANA, position: str | None = None) -> dict[str, Any]:
    """Make a target of a step."""
    config = {} if position is None else {"config": {"schedule": {"position": position}}}
    return {"type": kind, "id": identifier} | config


def step(*targets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Make a step of a request."""
    return {"targets": list(targets or (target(),))} | changes


def policy(*steps: dict[str, Any], teams: tuple[Team, ...] = (), **changes: Any) -> dict[str, Any]:
    """Make a request that creates an escalation policy."""
    attributes = {"name": "Backend", "steps": list(steps or (step(),))} | changes
    return {"data": {"type": "policies", "attributes": attributes, "relationships": links(*teams)}}


def replacing(body: dict[str, Any], identifier: str) -> dict[str, Any]:
    """Make a request that replaces the thing with this id."""
    return {"data": body["data"] | {"id": identifier}}


@dataclass
class Office:
    """The API over *database*; `call` sends one request, by default as an admin's client does."""

    database: Database
    per_s: float = 0
    doors: tuple[Callable[..., Any], ...] = ()
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        people = {each.id: each for each in PEOPLE.values()} | crowd()
        self.api = Api(
            self.database,
            configuration=directory(users=people, teams={OPS.id: OPS, WEB.id: WEB}),
            doors=(*self.doors, datadog_door),
            per_s=self.per_s,
        )
        self.database.transact(self._add_keys)

    def _add_keys(self, tx) -> None:
        number = 700
        for who, user in {**PEOPLE, STRANGER: person("Zoe", 90, Role.OWNER, workspace=9)}.items():
            self.add_key(tx, number, who, user)
            number += 1
        for scope in SCOPES:
            self.add_key(tx, number, scope, OLA, scopes=(scope,))
            number += 1

    def add_key(self, tx, number: int, who: str, user: User, **more: Any) -> Key:
        """Add a pair of keys."""
        key = Key(
            id=KeyId(number),
            workspace=user.workspace,
            kind="datadog",
            name=who,
            user=user.id,
            extra={"application_key_hash": token_hash(f"{who}-app")},
            created_at=NOW,
            **more,
        )
        credentials.add(tx, key, secret_hash=token_hash(f"{who}-api"))
        return key

    def call(self, method: str, path: str, body: Any = None, *, as_: str = "admin", **more: Any) -> Any:
        """Send one request; *path* is below the On-Call API's root unless it begins elsewhere."""
        url = path if path.startswith("/api/") else ON_CALL + path
        sent = headers(as_) | dict(more.pop("headers", {}))
        return self.api.call(method, url, body, as_=None, headers=sent, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Read; it must go well."""
        return _well(self.call("GET", path, **more))

    def post(self, path: str, body: Any, **more: Any) -> Any:
        """Make; it must go well."""
        return _well(self.call("POST", path, body, **more))

    def put(self, path: str, body: Any, **more: Any) -> Any:
        """Replace; it must go well."""
        return _well(self.call("PUT", path, body, **more))

    def schedule(self, *layers: dict[str, Any], **changes: Any) -> str:
        """Make a schedule and give its id."""
        return self.post("/schedules", schedule(*layers, **changes))["data"]["id"]

    def policy(self, *steps: dict[str, Any], **changes: Any) -> str:
        """Make a policy and give its id."""
        return self.post("/escalation-policies", policy(*steps, **changes))["data"]["id"]

    def everything(self) -> list[Any]:
        """Read all that there is of schedules and policies, to see that nothing was half-written."""
        kinds = ("schedules", "escalation-policies")
        return [
            self.get(f"/{kind}/{each['id']}?include=teams,{inner}")
            for kind, inner in zip(kinds, ("layers.members.user", "steps.targets"), strict=True)
            for each in self.get(f"/{kind}?page[size]=100")["data"]
        ]


def refusal(answer: httpx.Response) -> str:
    """Give the detail of an On-Call error, whose form must be right."""
    assert answer.headers["content-type"] == MEDIA
    (error,) = answer.json()["errors"]
    if answer.status_code == 400:
        assert error == {"status": "400", "title": "Bad Request", "detail": error["detail"]}
    else:
        assert error == {"title": "Generic Error", "detail": error["detail"]}
    return error["detail"]


def by_type(document: dict[str, Any]) -> dict[str, list[Any]]:
    """Sort what is included by its type; each thing must be there once."""
    found: dict[str, list[Any]] = {}
    for each in document.get("included", ()):
        found.setdefault(each["type"], []).append(each)
    for objects in found.values():
        assert len({each["id"] for each in objects}) == len(objects)
    return found


def _well(answer: httpx.Response) -> Any:
    assert answer.is_success, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == MEDIA
    return answer.json()
