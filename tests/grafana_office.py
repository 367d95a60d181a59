"""Grafana OnCall's API in process: callers with tokens, and one of each thing in one line each."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from api_world import ADA, NOW, OLA, PEOPLE, REA, VIC, Api, directory, person
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId, TeamId, UserId, WorkspaceId
from tocsin.core.people import Role, Team, TeamRole, User
from tocsin.dialects.grafana_oncall.door import grafana_oncall_door
from tocsin.dialects.grafana_oncall.spelled import write
from tocsin.store import credentials
from tocsin.store.database import Database
from tocsin.store.secrets import token_hash

PREFIX = "/api/v1/"
OPS, WEB = (
    Team(
        id=TeamId(number),
        workspace=WorkspaceId(1),
        name=name,
        handle=name.lower(),
        members=(REA.id, ADA.id),
        roles={REA.id: TeamRole.ADMIN, ADA.id: TeamRole.MEMBER},
    )
    for number, name in ((20, "Ops"), (21, "Web"))
)
OLA_ID, ADA_ID, REA_ID, VIC_ID = (write("user", user.id) for user in (OLA, ADA, REA, VIC))
OPS_ID, WEB_ID = write("team", OPS.id), write("team", WEB.id)
UNKNOWN = 424_242  # the number of nothing
STRANGER = person("Zoe", 90, Role.OWNER, workspace=9)


def unknown(kind: str) -> str:
    """Spell an id of that kind that is of nothing here."""
    return write(kind, UNKNOWN)


@dataclass
class Office:
    """The API over *database*; `call` sends one request, by default with an admin's token."""

    database: Database
    more: dict[UserId, User] = field(default_factory=dict)
    doors: tuple[Callable[..., Any], ...] = ()
    limits: bool = False
    telephone: bool = True
    wire: Any = None
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        people = {each.id: each for each in PEOPLE.values()} | self.more
        self.api = Api(
            self.database,
            telephone=self.telephone,
            configuration=directory(users=people, teams={OPS.id: OPS, WEB.id: WEB}),
            **({} if self.wire is None else {"wire": self.wire}),
            doors=(
                *self.doors,
                lambda kit: grafana_oncall_door(replace(kit, vendor_limits=self.limits)),
            ),
        )
        self.database.transact(self._add_keys)

    def _add_keys(self, tx) -> None:
        callers: dict[str, User | None] = {**PEOPLE, "stranger": STRANGER, "robot": None}
        for number, (who, user) in enumerate(callers.items(), 700):
            self.add_key(tx, number, who, user)

    def add_key(self, tx, number: int, who: str, user: User | None) -> None:
        """Add a token, "<who>-token"; without a user it is a service account's."""
        key = Key(
            id=KeyId(number),
            workspace=WorkspaceId(1) if user is None else user.workspace,
            kind="grafana_oncall",
            name=who,
            user=None if user is None else user.id,
            created_at=NOW,
        )
        credentials.add(tx, key, secret_hash=token_hash(f"{who}-token"))

    def call(self, method: str, path: str, body: Any = None, *, as_: str = "admin", **more: Any) -> Any:
        """Send one request; *path* is below the API's root unless it begins with a slash."""
        url = path if path.startswith("/") else PREFIX + path
        sent = {"authorization": f"{as_}-token"} | dict(more.pop("headers", {}))
        return self.api.call(method, url, body, as_=None, headers=sent, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Read; it must go well."""
        return _well(self.call("GET", path, **more), 200)

    def list(self, path: str, **more: Any) -> Any:
        """Read the results of the first page of a list."""
        return self.get(path, **more)["results"]

    def post(self, path: str, body: Any = None, *, status: int = 201, **more: Any) -> Any:
        """Make; it must go well."""
        return _well(self.call("POST", path, {} if body is None else body, **more), status)

    def put(self, path: str, body: Any, **more: Any) -> Any:
        """Change; it must go well."""
        return _well(self.call("PUT", path, body, **more), 200)

    def delete(self, path: str, **more: Any) -> None:
        """Delete; it must go well."""
        _well(self.call("DELETE", path, **more), 204)

    def refusal(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Send a request that is refused; give its status and what is said."""
        answer = self.call(method, path, body, **more)
        assert answer.is_client_error, (answer.status_code, answer.text)
        return answer.status_code, answer.json()


def _well(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json() if answer.content else None
