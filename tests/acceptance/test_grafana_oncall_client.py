"""The Go client that Terraform and others use, as it is in an MCP server, against a Tocsin that runs."""

import json
import os
import subprocess
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from grafana_oncall_mcp import get_binary_path

from acceptance.company import hire
from acceptance.peers import http
from acceptance.servers import Tocsin, tocsin
from tocsin.core.spelling import from_native
from tocsin.dialects.grafana_oncall.spelled import write


class Client:
    """The MCP server, spoken to by its standard input and output."""

    def __init__(self, server: Tocsin) -> None:
        token = server.credentials["credentials"]["grafana_oncall"]["token"]
        env = {**os.environ, "GRAFANA_ONCALL_API_URL": server.url, "GRAFANA_ONCALL_API_KEY": token}
        self._numbers = count(1)
        self._process = subprocess.Popen(
            [get_binary_path()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
        )
        about = {"name": "test", "version": "1"}
        self._ask("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=about)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def __call__(self, tool: str, **arguments: Any) -> Any:
        """Use a tool; it must go well."""
        answer = self._ask("tools/call", name=tool, arguments=arguments)
        assert not answer["result"].get("isError"), answer
        return json.loads(answer["result"]["content"][0]["text"])

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)

    def _ask(self, method: str, **params: Any) -> Any:
        self._send({"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params})
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()


@pytest.fixture
def server(tmp_path) -> Iterator[Tocsin]:
    with tocsin(tmp_path / "tocsin", TOCSIN_LOG_LEVEL="warning") as running:
        yield running


@pytest.fixture
def client(server) -> Iterator[Client]:
    made = Client(server)
    yield made
    made.close()


def call(server: Tocsin, method: str, path: str, body: object = None) -> Any:
    token = server.credentials["credentials"]["grafana_oncall"]["token"]
    answer = http(method, f"{server.url}/api/v1/{path}", body, headers={"authorization": token})
    assert answer.status in {200, 201}, (path, answer.status, answer.body)
    return answer.json()


def test_the_go_client_sees_who_is_there_and_acts_on_alert_groups(server, client):
    ana = write("user", from_native(hire(server, "Ana")) or 0)
    shift = {"type": "recurrent_event", "name": "Always", "start": "2026-01-01T00:00:00", "users": [ana]}
    shift |= {"duration": 86_400, "frequency": "daily", "time_zone": "UTC"}
    made = call(server, "POST", "on_call_shifts", shift)["id"]
    schedule = {"type": "calendar", "name": "Primary", "time_zone": "UTC", "shifts": [made]}
    primary = call(server, "POST", "schedules", schedule)["id"]
    group = call(server, "POST", "escalation", {"users": [{"id": ana}], "title": "Disk"})["id"]

    assert "ana@example.org" in [user["email"] for user in client("list_oncall_users")["items"]]
    assert client("list_oncall_teams")["items"] == []
    assert [each["id"] for each in client("list_oncall_schedules")["items"]] == [primary]
    assert client("get_oncall_shift", shift_id=made)["name"] == "Always"
    assert [each["id"] for each in client("list_alert_groups")["items"]] == [group]
    assert client("get_alert_group", alert_group_id=group)["id"] == group

    # It writes to /api/v1//alert_groups/..., with two slashes.
    for tool, state in (("acknowledge", "acknowledged"), ("resolve", "resolved"), ("unresolve", "firing")):
        client(f"{tool}_alert_group", alert_group_id=group)
        assert call(server, "GET", f"alert_groups/{group}")["state"] == state
