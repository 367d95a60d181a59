"""Setting up a Tocsin under test through its native API: people, places and plans, in one line each."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from acceptance.peers import Request
from acceptance.servers import Tocsin

SECRET = "whsec_" + base64.b64encode(b"a secret between the two of us!!").decode()


def make(server: Tocsin, path: str, **values: Any) -> dict[str, Any]:
    """Make something, and return what the server says of it."""
    answer = server.call("POST", path, values)
    assert answer.status in {200, 201}, (path, answer.status, answer.body)
    return answer.json()


def read(server: Tocsin, path: str) -> Any:
    """Read something that is there."""
    answer = server.call("GET", path)
    assert answer.status == 200, (path, answer.status, answer.body)
    return answer.json()


def everything(server: Tocsin, path: str, name: str) -> list[Any]:
    """Read a list to its end."""
    found, cursor = [], ""
    while cursor is not None:
        sign = "&" if "?" in path else "?"
        answer = read(server, f"{path}{sign}limit=200{f'&cursor={cursor}' if cursor else ''}")
        found += answer[name]
        cursor = answer["next"]
    return found


def hire(server: Tocsin, name: str, **values: Any) -> str:
    """Add somebody with a mailbox, and return their id."""
    return make(server, "users", email=f"{name.lower()}@example.org", name=name, **values)["id"]


def destination(server: Tocsin, url: str, *, name: str = "Hook", secret: str = SECRET) -> dict[str, str]:
    """Add a webhook, and return it as a target of steps."""
    made = make(server, "destinations", name=name, channel="webhook", address=url, secret=secret)
    return {"type": "destination", "id": made["id"]}


def user(user_id: str) -> dict[str, str]:
    """Make a target of a person's id."""
    return {"type": "user", "id": user_id}


def step(*targets: Mapping[str, str], after_s: int = 0) -> dict[str, Any]:
    """Make a step that asks *targets*."""
    return {"after_s": after_s, "action": {"type": "notify", "targets": list(targets)}}


def plan(server: Tocsin, *steps: Mapping[str, Any], name: str = "Plan") -> str:
    """Make an escalation policy, and let it take all that no alert policy takes."""
    policy = make(server, "escalation-policies", name=name, steps=list(steps))["id"]
    answer = server.call("PATCH", "workspace", {"catch_all_policy_id": policy})
    assert answer.status == 200, answer.body
    return policy


def service(server: Tocsin) -> str:
    """Return the id of the first service."""
    return server.credentials["service"]["id"]


def integration(server: Tocsin, kind: str) -> str:
    """Open a door for events, and return its address."""
    made = make(server, "integrations", service_id=service(server), kind=kind, name=kind)
    assert made["url"].startswith(server.url)
    return made["url"]


def is_genuine(request: Request, secret: str = SECRET) -> bool:
    """Tell whether *request* was signed with *secret*, by the scheme of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    )
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return f"v1,{digest}" in request.headers["webhook-signature"].split()
