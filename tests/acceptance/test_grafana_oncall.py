"""Grafana OnCall's documented requests against a Tocsin that runs, and the way from one server to another."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from acceptance.company import hire
from acceptance.peers import MailCatcher, http
from acceptance.servers import Tocsin, tocsin
from tocsin.core.spelling import from_native
from tocsin.dialects.grafana_oncall.spelled import write

HEADERS = '  --header "Authorization: meowmeowmeow" \\\n  --header "Content-Type: application/json"'
CREATE = f"""curl "{{{{API_URL}}}}/api/v1/personal_notification_rules/" \\
  --request POST \\
{HEADERS} \\
  --data '{{
    "user_id": "U4DNY931HHJS5",
    "type": "notify_by_sms"
  }}'
"""
READ = f"""curl "{{{{API_URL}}}}/api/v1/personal_notification_rules/ND9EHN5LN1DUU/" \\
  --request GET \\
{HEADERS}
"""
LIST = f"""curl "{{{{API_URL}}}}/api/v1/personal_notification_rules/" \\
  --request GET \\
{HEADERS}
"""
DELETE = f"""curl "{{{{API_URL}}}}/api/v1/personal_notification_rules/NWAL6WFJNWDD8/" \\
  --request DELETE \\
{HEADERS}
"""


@pytest.fixture
def server(tmp_path) -> Iterator[Tocsin]:
    with tocsin(tmp_path / "tocsin", TOCSIN_LOG_LEVEL="warning") as running:
        yield running


def token_of(server: Tocsin) -> str:
    return server.credentials["credentials"]["grafana_oncall"]["token"]


def curl(server: Tocsin, command: str, **ids: str) -> tuple[int, Any]:
    """Run the vendor's command, but for the host, the token and ids of things that are there."""
    assert shutil.which("curl"), "curl is not installed: scripts/test-needs.sh does it"
    told = {"{{API_URL}}": server.url, "meowmeowmeow": token_of(server), **ids}
    for word, here in told.items():
        command = command.replace(word, here)
    done = subprocess.run(
        ["sh", "-c", command.rstrip() + " --silent --write-out '\\n%{http_code}'"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env=dict(os.environ),
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None


def call(server: Tocsin, method: str, path: str, body: object = None) -> Any:
    """Send one request as the vendor's clients do, which must go well."""
    url, headers = f"{server.url}/api/v1/{path}", {"authorization": token_of(server)}
    answer = http(method, url, body, headers=headers)
    assert answer.status in {200, 201, 204}, (path, answer.status, answer.body)
    return answer.json() if answer.body else None


def lettered(kind: str, native_id: str) -> str:
    return write(kind, from_native(native_id) or 0)


def test_the_documented_requests_have_the_documented_answers(server):
    user = lettered("user", hire(server, "Ana"))

    status, first = curl(server, CREATE, U4DNY931HHJS5=user)
    assert status == 201
    assert first == {
        "id": first["id"],
        "user_id": user,
        "position": 0,
        "important": False,
        "type": "notify_by_sms",
    }
    assert list(first) == ["id", "user_id", "position", "important", "type"]

    rules = "personal_notification_rules"
    wait = call(server, "POST", rules, {"user_id": user, "type": "wait", "duration": 300})
    phone = call(server, "POST", f"{rules}/", {"user_id": user, "type": "notify_by_phone_call"})
    loud = {"user_id": user, "type": "notify_by_phone_call", "important": True}
    important = call(server, "POST", rules, loud)

    status, read = curl(server, READ, ND9EHN5LN1DUU=wait["id"])
    assert (status, read) == (200, wait)
    assert list(read) == ["id", "user_id", "position", "duration", "important", "type"]
    assert (read["position"], read["duration"]) == (1, 300)

    status, listed = curl(server, LIST)
    assert status == 200
    assert listed == {
        "count": 4,
        "next": None,
        "previous": None,
        "results": [first, wait, phone, important],
        "current_page_number": 1,
        "page_size": 50,
        "total_pages": 1,
    }
    assert [each["position"] for each in listed["results"]] == [0, 1, 2, 0]

    assert curl(server, DELETE, NWAL6WFJNWDD8=important["id"]) == (204, None)
    assert curl(server, DELETE, NWAL6WFJNWDD8=important["id"]) == (404, {"detail": "Not found."})
    assert curl(server, LIST.replace("meowmeowmeow", "wrong")) == (403, {"detail": "Invalid token."})


def test_a_list_of_rules_made_here_reaches_a_person_by_mail_in_that_order(tmp_path):
    with (
        MailCatcher() as mail,
        tocsin(tmp_path / "tocsin", TOCSIN_SMTP_URL=mail.url, TOCSIN_LOG_LEVEL="warning") as server,
    ):
        user = lettered("user", hire(server, "Ana"))
        for rule in (
            {"type": "wait", "duration": 60},
            {"type": "notify_by_email"},
            {"type": "notify_by_sms", "position": 0},
        ):
            call(server, "POST", "personal_notification_rules", {"user_id": user, **rule})
        last = call(server, "GET", f"personal_notification_rules/?user_id={user}")["results"][2]
        call(server, "PUT", f"personal_notification_rules/{last['id']}", {"position": 1})

        body = {"users": [{"id": user}], "title": "Database is down", "message": "Please look"}
        group = call(server, "POST", "escalation", body)

        (sent,) = mail.mails.wait(1)
        assert "Database is down" in sent.subject
        assert "rule 2 of 3 of their rules, email" in sent.text
        page = server.call("GET", "pages").json()["pages"][0]
        (asked,) = page["responders"]
        assert asked["next_at"] is not None  # the wait, which comes third
        call(server, "POST", f"alert_groups/{group['id']}/acknowledge")
        assert server.call("GET", "pages").json()["pages"][0]["responders"][0]["next_at"] is None

        chain = call(server, "POST", "escalation_chains", {"name": "Backend"})["id"]
        step = {"escalation_chain_id": chain, "type": "notify_person_next_each_time"}
        people = {"persons_to_notify_next_each_time": [user, lettered("user", hire(server, "Ben"))]}
        call(server, "POST", "escalation_policies", step | people)
        door = {"type": "formatted_webhook", "default_route": {"escalation_chain_id": chain}}
        link = call(server, "POST", "integrations", door)["link"]
        for number in ("1", "2"):
            alert = {"alert_uid": number, "title": f"Disk {number}", "state": "alerting"}
            assert http("POST", link, alert).status == 200
            mail.mails.wait(int(number) + 1)
        assert [each.recipients for each in mail.mails][1:] == [("ana@example.org",), ("ben@example.org",)]


def test_one_server_moves_into_another(tmp_path):
    quiet = {"TOCSIN_LOG_LEVEL": "warning"}
    with tocsin(tmp_path / "old", **quiet) as old, tocsin(tmp_path / "new", **quiet) as new:
        ana = lettered("user", hire(old, "Ana"))
        call(old, "POST", "personal_notification_rules", {"user_id": ana, "type": "notify_by_email"})
        late = {"user_id": ana, "type": "wait", "duration": 900, "position": 7}
        call(old, "POST", "personal_notification_rules", late)
        chain = call(old, "POST", "escalation_chains", {"name": "Backend"})["id"]
        step = {"escalation_chain_id": chain, "type": "notify_persons", "persons_to_notify": [ana]}
        call(old, "POST", "escalation_policies", step)
        door = {"type": "alertmanager", "name": "Prometheus", "default_route": {"escalation_chain_id": chain}}
        link = call(old, "POST", "integrations", door)["link"]

        def move(*options: str) -> Any:
            source = ("--url", old.url, "--token", token_of(old))
            here = ("--tocsin-url", new.url, "--tocsin-token", new.token, "--json")
            done = new.run("import", "grafana-oncall", *source, *here, *options)
            assert done.returncode == 0, done.stderr + done.stdout
            return json.loads(done.stdout)

        planned = move("--plan")
        assert "Backend" not in [each["name"] for each in call(new, "GET", "escalation_chains")["results"]]
        first, second = move(), move()

        names = [each["kind"] for each in first["items"] if each["outcome"] == "create"]
        assert sorted(names) == ["chain", "integration", "rules", "rules", "step", "user"]
        assert [each for each in planned["items"] if each["outcome"] == "create"] == [
            each for each in first["items"] if each["outcome"] == "create"
        ]
        assert "create" not in second["counts"]
        rules = call(new, "GET", "personal_notification_rules")["results"]
        assert [(rule["type"], rule["position"]) for rule in rules] == [("notify_by_email", 0), ("wait", 7)]
        (moved,) = call(new, "GET", "integrations?name=Prometheus")["results"]
        assert moved["link"] == link.replace(old.url, new.url)
        alert = {"status": "firing", "groupKey": "k", "groupLabels": {"alertname": "Disk"}, "alerts": []}
        assert http("POST", moved["link"], alert).status == 200
        keys = new.call("GET", "api-keys").json()["api_keys"]
        assert [key["revoked_at"] for key in keys if key["name"].startswith("import")].count(None) == 0
