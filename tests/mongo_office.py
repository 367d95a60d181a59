"""The Cloud Manager API in process: callers whose clients answer digests, and alerts in one line each."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from api_world import DEPOT, NOW, OLA, PEOPLE, SHOP, STRANGER, Api, directory, person
from tocsin.actions.key_kinds import digest_ha1
from tocsin.core.credential import Key
from tocsin.core.directory import Directory
from tocsin.core.ids import KeyId
from tocsin.core.people import Role, User
from tocsin.core.spelling import from_native, to_hex_24
from tocsin.dialects.cloud_manager.door import cloud_manager_door
from tocsin.store import credentials
from tocsin.store.database import Database
from tocsin.store.secrets import token_hash

BASE = "/api/public/v1.0"
GROUP, OTHER_GROUP = to_hex_24(SHOP), to_hex_24(DEPOT)
UNKNOWN, FOREIGN = to_hex_24(424_242), "5c6a1d2e8d7f4b0011223344"
PRIVATE = "a private key"
KEYS = {**PEOPLE, STRANGER: person("Zoe", 90, Role.OWNER, workspace=9)}


def public(who: str) -> str:
    """Name the public key of *who*."""
    return f"{who}-key"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def answer(
    challenge: str,
    method: str,
    target: str,
    *,
    who: str = "owner",
    private: str = PRIVATE,
    nc: str = "00000001",
    cnonce: str = "0a4f113b",
    template: str = "",
    **changes: str,
) -> str:
    """Answer a *challenge* as clients do; *changes* replace what stands in the header, not what is signed."""
    nonce = re.search(r'nonce="([^"]*)"', challenge)[1]
    ha1, ha2 = digest_ha1(public(who), private), md5(f"{method}:{target}")
    values = {
        "username": public(who),
        "realm": "MMS Public API",
        "nonce": nonce,
        "uri": target,
        "algorithm": "MD5",
        "qop": "auth",
        "nc": nc,
        "cnonce": cnonce,
        "response": md5(f"{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"),
    } | changes
    if template:
        return template.format(**values)
    bare = {"algorithm", "qop", "nc"}
    said = (f"{name}={value}" if name in bare else f'{name}="{value}"' for name, value in values.items())
    return "Digest " + ", ".join(said)


@dataclass
class MongoOffice:
    """The API over *database*; `call` sends one request, by default as the owner's client does."""

    database: Database
    configuration: Directory = field(default_factory=directory)
    options: dict[str, Any] = field(default_factory=dict)
    doors: tuple[Callable[..., Any], ...] = ()
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.api = Api(
            self.database,
            configuration=self.configuration,
            doors=(*self.doors, lambda kit: cloud_manager_door(self._kit(kit))),
        )
        self.database.transact(self._add_keys)

    def _kit(self, kit):
        for name, value in self.options.items():
            object.__setattr__(kit, name, value)
        return kit

    def _add_keys(self, tx) -> None:
        for number, (who, user) in enumerate(KEYS.items(), 700):
            self.add_key(tx, number, who, user)

    def add_key(self, tx, number: int, who: str, user: User | None = OLA, **more: Any) -> Key:
        """Add a pair of keys, whose public one is the name of *who*, and a client with its secret."""
        extra = {"ha1": digest_ha1(public(who), PRIVATE), "client_secret_hash": token_hash(f"{who}-secret")}
        key = Key(
            id=KeyId(number),
            workspace=user.workspace if user is not None else OLA.workspace,
            kind="cloud_manager",
            name=f"{who}'s key",
            user=user.id if user is not None else None,
            hint=public(who),
            extra=extra,
            created_at=NOW,
            **more,
        )
        credentials.add(tx, key, secret_hash=token_hash(public(who)))
        return key

    def bare(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request as it is, without credentials."""
        url = path if path.startswith("/api/") else BASE + path
        return self.api.call(method, url, as_=None, **more)

    def call(self, method: str, path: str, body: Any = None, *, as_: str = "owner", **more: Any):
        """Send one request by a client that answers challenges."""
        if body is not None:
            more["json"] = body
        return self.bare(method, path, auth=httpx.DigestAuth(public(as_), PRIVATE), **more)

    def get(self, path: str, **more: Any) -> Any:
        """Read; it must go well."""
        return well(self.call("GET", path, **more))

    def report(self, **fields: Any) -> str:
        """Send one event, and give the path of the alert that it opened, or came to."""
        values = {"service": "shop", "dedup_key": fields.get("title", "db-1")} | fields
        alert = self.api.alert(**values)
        group = {"shop": GROUP, "depot": OTHER_GROUP}[values["service"]]
        return f"/groups/{group}/alerts/{spelled(alert['id'])}"

    def acknowledge(self, path: str, until: str | None = "2027-01-01T00:00:00Z", **more: Any) -> Any:
        """Acknowledge an alert; it must go well."""
        body = {"acknowledgedUntil": until} if until is not None else {}
        return well(self.call("PATCH", path, body | more))


def spelled(native_id: str) -> str:
    """Spell an id of ours as this API does."""
    return to_hex_24(from_native(native_id))


def well(answer: httpx.Response) -> Any:
    assert answer.is_success, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def refusal(answer: httpx.Response) -> tuple[int, str | None, list[str] | None]:
    """Give what an error says, whose form must be right."""
    said = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert said["error"] == answer.status_code
    assert said["reason"] == httpx.codes.get_reason_phrase(answer.status_code)
    assert said["detail"].endswith(".")
    assert set(said) <= {"error", "reason", "detail", "errorCode", "parameters"}
    return answer.status_code, said.get("errorCode"), said.get("parameters")
