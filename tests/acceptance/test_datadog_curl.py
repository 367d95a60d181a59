"""The vendor's own curl examples, but for the host, and for ids of things that are there."""

import json
import os
import shutil
import subprocess
from typing import Any

import pytest

from acceptance.company import hire, make
from acceptance.datadog_client import uuid
from acceptance.servers import Tocsin, tocsin

SEND = """ -H "Accept: application/json" -H "Content-Type: application/json" \\
-H "DD-API-KEY: ${DD_API_KEY}" -H "DD-APPLICATION-KEY: ${DD_APP_KEY}" -d @- << EOF
"""
ASK = ' -H "Accept: application/json" -H "DD-API-KEY: ${DD_API_KEY}" -H "DD-APPLICATION-KEY: ${DD_APP_KEY}"'
DROP = ' -H "DD-API-KEY: ${DD_API_KEY}" -H "DD-APPLICATION-KEY: ${DD_APP_KEY}"'
LAYER = {
    "effective_date": "2021-11-01T11:11:11+00:00",
    "end_date": "2021-11-21T11:11:11+00:00",
    "interval": {"days": 1},
    "members": [{"user": {"id": "USER"}}],
    "name": "Layer 1",
    "restrictions": [
        {"end_day": "friday", "end_time": "17:00:00", "start_day": "monday", "start_time": "09:00:00"}
    ],
    "rotation_start": "2021-11-06T11:11:11+00:00",
}
TEAMS = {"teams": {"data": [{"id": "TEAM", "type": "teams"}]}}
SCHEDULE = {
    "data": {
        "attributes": {
            "layers": [LAYER],
            "name": "Example-On-Call",
            "tags": ["tag1", "tag2"],
            "time_zone": "America/New_York",
        },
        "relationships": TEAMS,
        "type": "schedules",
    }
}
POLICY = {
    "data": {
        "attributes": {
            "description": "Escalation Policy 1 description",
            "name": "Example-On-Call",
            "resolve_page_on_policy_end": True,
            "retries": 2,
            "steps": [
                {
                    "assignment": "default",
                    "escalate_after_seconds": 3600,
                    "targets": [
                        {"id": "USER", "type": "users"},
                        {"id": "SCHEDULE", "type": "schedules"},
                        {"id": "TEAM", "type": "teams"},
                    ],
                },
                {
                    "assignment": "round-robin",
                    "escalate_after_seconds": 3600,
                    "targets": [{"id": "TEAM", "type": "teams"}],
                },
            ],
        },
        "relationships": TEAMS,
        "type": "policies",
    }
}


class Shell:
    """A shell with curl, the keys and the ids in its environment."""

    def __init__(self, server: Tocsin, **ids: str) -> None:
        keys = server.credentials["credentials"]["datadog"]
        self.server, self.ids = server, ids
        self.env = {
            "PATH": os.environ["PATH"],
            "DD_API_KEY": keys["api_key"],
            "DD_APP_KEY": keys["application_key"],
        }

    def curl(self, method: str, path: str, body: Any = None, **variables: str) -> tuple[int, Any]:
        """Run one of the examples, and return the status and the answer."""
        rest = ASK if method == "GET" else DROP
        if body is not None:
            text = json.dumps(body, indent=2)
            for name, value in self.ids.items():
                text = text.replace(f'"{name}"', f'"{value}"')
            rest = f"{SEND}{text}\nEOF"
        command = (
            f'curl -s -w "\\n%{{http_code}}" -X {method} "{self.server.url}/api/v2/on-call/{path}"{rest}'
        )
        done = subprocess.run(
            ["sh", "-c", command],
            env={**self.env, **variables},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        answer, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(answer) if answer else None


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    assert shutil.which("curl") is not None
    with tocsin(tmp_path_factory.mktemp("curl") / "tocsin") as server:
        ana = hire(server, "Ana")
        team = make(server, "teams", name="Ops", members=[{"user_id": ana}])["id"]
        yield Shell(server, USER=uuid(ana), TEAM=uuid(team))


def test_the_examples_of_schedules_work_as_they_stand(shell):
    status, made = shell.curl("POST", "schedules", SCHEDULE)
    schedule = made["data"]["id"]
    name = {"schedule_id": schedule}
    found, read = shell.curl("GET", "schedules/${schedule_id}", **name)
    _, whole = shell.curl("GET", "schedules/${schedule_id}?include=layers", **name)
    layer = LAYER | {"id": whole["included"][0]["id"], "interval": {"seconds": 300}}
    attributes = SCHEDULE["data"]["attributes"] | {"layers": [layer], "tags": ["tag1", "tag2", "tag3"]}
    body = {"data": SCHEDULE["data"] | {"id": schedule, "attributes": attributes}}
    changed, put = shell.curl("PUT", "schedules/${schedule_id}", body, **name)
    gone, nothing = shell.curl("DELETE", "schedules/${schedule_id}", **name)
    again, error = shell.curl("DELETE", "schedules/${schedule_id}", **name)

    assert (status, found, changed, gone, again) == (201, 200, 200, 204, 404)
    assert made == read
    assert put["data"]["attributes"]["tags"] == ["tag1", "tag2", "tag3"]
    assert put["data"]["relationships"]["layers"]["data"][0]["id"] == layer["id"]
    assert nothing is None
    assert error["errors"][0]["detail"] == f"schedule[{schedule}] not found"


def test_the_examples_of_escalation_policies_work_as_they_stand(shell):
    _, schedule = shell.curl("POST", "schedules", SCHEDULE)
    shell.ids["SCHEDULE"] = schedule["data"]["id"]

    status, made = shell.curl("POST", "escalation-policies", POLICY)
    name = {"policy_id": made["data"]["id"]}
    found, read = shell.curl("GET", "escalation-policies/${policy_id}", **name)
    first = made["data"]["relationships"]["steps"]["data"][0]["id"]
    step = {
        "assignment": "default",
        "escalate_after_seconds": 3600,
        "id": first,
        "targets": [{"id": "USER", "type": "users"}],
    }
    attributes = {
        "description": "Example-On-Call",
        "name": "Example-On-Call-updated",
        "resolve_page_on_policy_end": False,
        "retries": 0,
        "steps": [step],
    }
    body = {"data": POLICY["data"] | {"id": made["data"]["id"], "attributes": attributes}}
    changed, put = shell.curl("PUT", "escalation-policies/${policy_id}", body, **name)
    gone, _ = shell.curl("DELETE", "escalation-policies/${policy_id}", **name)
    again, _ = shell.curl("DELETE", "escalation-policies/${policy_id}", **name)

    assert (status, found, changed, gone, again) == (201, 200, 200, 204, 404)
    assert made == read
    assert put["data"]["attributes"]["name"] == "Example-On-Call-updated"
    assert [each["id"] for each in put["data"]["relationships"]["steps"]["data"]] == [first]
