"""The Guance API in process: callers with keys, and one of each thing in a line each."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from api_world import ADA, NOW, PEOPLE, REA, STRANGER, VIC, Api, directory, person
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId, TeamId, WorkspaceId
from tocsin.core.people import Role, Team, TeamRole
from tocsin.core.spelling import to_hex_32
from tocsin.dialects.guance.door import guance_door
from tocsin.store import credentials
from tocsin.store.database import Database
from tocsin.store.secrets import token_hash

ROOT = "/api/v1"
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
MEMBERS = {who: to_hex_32("acnt_", user.id) for who, user in PEOPLE.items()}
REA_, ADA_, VIC_ = (to_hex_32("acnt_", user.id) for user in (REA, ADA, VIC))
OPS_ = to_hex_32("group_", OPS.id)
NOBODY = "nobody"  # whose key is made for no member
TRACE = re.compile(r"TRACE-[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")

CURL = (
    '{"name":"jj_test","ruleTimezone":"Asia/Shanghai","alertOpt":{"alertTarget":['
    '{"name":"Notification Configuration 1","targets":[{"status":"critical","tags":{"pod_name":'
    '["coredns-7769b554cf-w95fk"]},"to":["acnt_xxxx32"]}],"crontabDuration":600,'
    '"crontab":"0 9 * * 0,1,2,3,4"},'
    '{"name":"Notification Configuration 2","targets":[{"status":"error","to":["group_xxxx32"]}],'
    '"customDateUUIDs":["ndate_xxxx32"],"customStartTime":"09:30:10","customDuration":600},'
    '{"targets":[{"status":"warning","to":["notify_xxxx32"]}]}],"silentTimeout":21600,"aggInterval":120,'
    '"aggFields":["df_monitor_checker_id"]}}'
)
"""The body of the curl command on the vendor's own page."""


def headers(who: str) -> dict[str, str]:
    """Give the header by which *who* is known."""
    return {"df-api-key": f"{who}-guance"}


def target(*to: str, status: str = "critical,error,warning,nodata,info", **more: Any) -> dict[str, Any]:
    """Make a target."""
    return {"status": status, "to": list(to or (REA_,)), **more}


def opt(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Make an ``alertOpt`` of entries, or of one that tells the responder of everything at all times."""
    return {"silentTimeout": 60, "alertTarget": list(entries or ({"targets": [target()]},))} | changes


def strategy(**changes: Any) -> dict[str, Any]:
    """Make a request for a strategy."""
    return {"name": "Nights", "ruleTimezone": "Asia/Shanghai", "alertOpt": opt()} | changes


class Calls:
    """Whoever can send a request; what is sent is the same wherever the API runs."""

    def call(
        self, method: str, path: str, body: Any = None, *, as_: str | None = "admin", **more: Any
    ) -> httpx.Response:
        """Send one request; *path* is below the API's root unless it begins elsewhere."""
        raise NotImplementedError

    def get(self, path: str, **more: Any) -> Any:
        """Read; it must go well, and the content is given."""
        return content(self.call("GET", path, **more))

    def get_any(self, path: str) -> None:
        """Read, whatever comes; it must go well."""
        content(self.call("GET", path))

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Do; it must go well, and the content is given."""
        return content(self.call("POST", path, {} if body is None else body, **more))

    def rows(self, path: str, **more: Any) -> list[Any]:
        """List; it must go well, and the rows are given."""
        answer = self.call("GET", path, **more)
        rows = content(answer)["data"]
        assert answer.json()["pageInfo"]["count"] == len(rows)
        return rows

    def add(self, **changes: Any) -> Any:
        """Make a strategy and give its record."""
        return self.post("/alert_policy/add_v2", strategy(**changes))

    def add_as(self, who: str, **changes: Any) -> Any:
        """Make a strategy as somebody else."""
        return self.post("/alert_policy/add_v2", strategy(**changes), as_=who)


@dataclass
class Office(Calls):
    """The API over *database*; `call` sends one request, by default as an admin's client does."""

    database: Database
    per_s: float = 0
    caught: bool = True
    doors: tuple[Callable[..., Any], ...] = ()
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.api = Api(
            self.database,
            configuration=directory(teams={OPS.id: OPS, WEB.id: WEB}, caught=self.caught),
            doors=(*self.doors, guance_door),
            per_s=self.per_s,
        )
        self.database.transact(self._add_keys)

    def _add_keys(self, tx: Any) -> None:
        people = {**PEOPLE, STRANGER: person("Zoe", 90, Role.OWNER, workspace=9), NOBODY: None}
        for number, (who, user) in enumerate(people.items(), 700):
            key = Key(
                id=KeyId(number),
                workspace=user.workspace if user is not None else WorkspaceId(1),
                kind="guance",
                name=who,
                user=user.id if user is not None else None,
                created_at=NOW,
            )
            credentials.add(tx, key, secret_hash=token_hash(f"{who}-guance"))

    def call(
        self, method: str, path: str, body: Any = None, *, as_: str | None = "admin", **more: Any
    ) -> httpx.Response:
        """Send one request; *path* is below the API's root unless it begins elsewhere."""
        url = path if path.startswith("/api/") else ROOT + path
        sent = ({} if as_ is None else headers(as_)) | dict(more.pop("headers", {}))
        if isinstance(body, str | bytes):
            more["content"], body = body, None
        return self.api.call(method, url, body, as_=None, headers=sent, **more)

    def native(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Do the same thing natively, as an admin."""
        return self.api.call(method, path, body, as_="admin", **more)


def content(answer: httpx.Response) -> Any:
    """Give the content of an answer that went well; the envelope must be right."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert TRACE.fullmatch(body["traceId"]), body["traceId"]
    told = {name: value for name, value in body.items() if name not in ("content", "pageInfo", "traceId")}
    assert told == {"code": 200, "errorCode": "", "message": "", "success": True}
    return body["content"]


def refusal(answer: httpx.Response, code: int = 400, name: str = "ft.InvalidParameter") -> str:
    """Give the message of a refusal; the envelope must be right."""
    assert answer.status_code == code, (answer.status_code, answer.text)
    body = answer.json()
    assert TRACE.fullmatch(body.pop("traceId"))
    message = body.pop("message")
    assert body == {"code": code, "content": {}, "errorCode": name, "success": False}
    return message


def exactly(value: Any) -> str:
    """Write JSON with its keys in their order, to compare it to the letter."""
    return json.dumps(value, ensure_ascii=False)
