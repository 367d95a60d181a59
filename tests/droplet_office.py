"""The App Platform API in process: callers with bearer tokens, apps and alerts in one line each."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from api_world import ADA, NOW, OLA, PEOPLE, REA, STRANGER, Api, directory, person
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId
from tocsin.core.people import Role, User
from tocsin.core.spelling import to_uuid
from tocsin.dialects.digitalocean.door import digitalocean_door
from tocsin.store import credentials
from tocsin.store.database import Database
from tocsin.store.secrets import token_hash

APPS = "/v2/apps"
FOREIGN = "11111111-2222-3333-4444-555555555555"  # a UUID that no Tocsin made
UNKNOWN = to_uuid(424_242)  # one of ours, of nothing
HOOK = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
RECEIVER = "hooks.example.org:8443"
OWNER, ADMIN, RESPONDER = OLA.email, ADA.email, REA.email
CPU = {"rule": "CPU_UTILIZATION", "operator": "GREATER_THAN", "value": 75, "window": "FIVE_MINUTES"}


def spec(name: str = "web-app", **more: Any) -> dict[str, Any]:
    """Make the spec of an app with two alerts of its own and one of a service."""
    alerts = [{"rule": "DEPLOYMENT_FAILED"}, {"rule": "DOMAIN_LIVE", "disabled": True}]
    services = [{"name": "web", "instance_count": 2, "alerts": [dict(CPU)]}]
    return {"name": name, "region": "ams", "alerts": alerts, "services": services} | more


@dataclass
class Office:
    """The API over *database*; `call` sends one request, by default with an admin's token."""

    database: Database
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.api = Api(
            self.database,
            configuration=directory(),
            doors=(lambda kit: digitalocean_door(kit, webhook_hosts=(RECEIVER,)),),
        )
        self.database.transact(self._add_keys)

    def _add_keys(self, tx) -> None:
        everybody = {**PEOPLE, STRANGER: person("Zoe", 90, Role.OWNER, workspace=9)}
        for number, (who, user) in enumerate(everybody.items(), 700):
            self.add_key(tx, number, who, user)

    def add_key(self, tx, number: int, who: str, user: User, **more: Any) -> Key:
        """Add a token."""
        key = Key(
            id=KeyId(number),
            workspace=user.workspace,
            kind="digitalocean",
            name=who,
            user=user.id,
            created_at=NOW,
            **more,
        )
        credentials.add(tx, key, secret_hash=token_hash(f"dop_v1_{who}"))
        return key

    def call(self, method: str, path: str, body: Any = None, *, as_: str = "admin", **more: Any) -> Any:
        """Send one request; *path* is below ``/v2/apps``."""
        sent = {"authorization": f"Bearer dop_v1_{as_}"} | dict(more.pop("headers", {}))
        url = path if path.startswith("/v2/") else APPS + path
        return self.api.call(method, url, body, as_=None, headers=sent, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Read; it must go well."""
        return _well(self.call("GET", path, **more))

    def app(self, **more: Any) -> Any:
        """Make an app."""
        return _well(self.call("POST", "", {"spec": spec(**more)}))["app"]

    def put(self, app: str, body: dict[str, Any]) -> Any:
        """Give an app another spec."""
        return _well(self.call("PUT", f"/{app}", {"spec": body}))["app"]

    def alerts(self, app: str) -> dict[str, Any]:
        """Give the alerts of an app by component and rule: "web CPU_UTILIZATION"."""
        listed = self.get(f"/{app}/alerts")["alerts"]
        return {f"{each.get('component_name', '')} {each['spec']['rule']}".strip(): each for each in listed}

    def assign(self, app: str, alert: str, **body: Any) -> Any:
        """Assign destinations; it must go well."""
        return _well(self.call("POST", f"/{app}/alerts/{alert}/destinations", body))["alert"]

    def refused(self, app: str, alert: str, body: Any) -> httpx.Response:
        """Try to assign destinations; it must be refused and change nothing."""
        before = self.alerts(app)
        answer = self.call("POST", f"/{app}/alerts/{alert}/destinations", body)
        assert answer.status_code >= 400, answer.text
        assert self.alerts(app) == before
        return answer


def fault(answer: httpx.Response) -> tuple[int, str]:
    """Give status and id of an error, whose form must be right."""
    body = answer.json()
    assert set(body) == {"id", "message", "request_id"}
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["message"]
    return answer.status_code, body["id"]


def _well(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/json"
    return answer.json()
