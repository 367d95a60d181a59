"""Cloud Manager's clients against a real server: whatever answers digests can acknowledge alerts."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
from requests.auth import HTTPDigestAuth

from acceptance import node
from acceptance.peers import PATIENCE_S, MailCatcher
from acceptance.servers import Tocsin, tocsin
from tocsin.core.spelling import from_native, to_hex_24

UNTIL = "2099-01-01T00:00:00Z"


class Project:
    """A project of *server*, and the keys to it."""

    def __init__(self, server: Tocsin) -> None:
        keys = server.credentials["credentials"]["cloud_manager"]
        self.server, self.public, self.private = server, keys["public_key"], keys["private_key"]
        (service,) = server.call("GET", "services").json()["services"]
        self.id = to_hex_24(from_native(service["id"]))
        self.root = f"{server.url}/api/public/v1.0"
        self.alerts = f"{self.root}/groups/{self.id}/alerts"

    def report(self, key: str, **fields) -> str:
        """Send an event, and give the id of its alert."""
        event = {"dedup_key": key, "title": key, "project_id": self.id} | fields
        taken = make_event(self.server, event)
        found = self.server.call("GET", f"events/{taken}").json()
        return to_hex_24(from_native(found["alert_id"]))

    def alert_that_was_told_of(self, key: str) -> str:
        """Send an event of which somebody is told, and give its alert's id: some clients need one such."""
        auth = HTTPDigestAuth(self.public, self.private)
        notification = {"typeName": "EMAIL", "emailAddress": "ops@example.org", "delayMin": 0}
        config = {"eventTypeName": "HOST_DOWN", "enabled": True, "notifications": [notification]}
        made = requests.post(
            f"{self.root}/groups/{self.id}/alertConfigs", json=config, auth=auth, timeout=PATIENCE_S
        )
        assert made.status_code == 201, made.text
        alert = self.report(key, event_type="HOST_DOWN", host="db-1:27017")
        deadline = time.monotonic() + PATIENCE_S
        while (
            "lastNotified" not in requests.get(f"{self.alerts}/{alert}", auth=auth, timeout=PATIENCE_S).json()
        ):
            assert time.monotonic() < deadline, "nobody was told"
        return alert


def make_event(server: Tocsin, event) -> str:
    answer = server.call("POST", "events", event)
    assert answer.status == 202, answer.body
    return answer.json()["events"][0]["id"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mongo") / "tocsin"
    with MailCatcher() as mail, tocsin(folder, TOCSIN_SMTP_URL=mail.url) as server:
        yield Project(server)


def test_the_documents_own_command_works(project):
    alert = project.report("curl")
    command = """curl --user "{PUBLIC-KEY}:{PRIVATE-KEY}" --digest \\
     --header "Accept: application/json" \\
     --header "Content-Type: application/json" \\
     --include \\
     --request PATCH "{HOST}/api/public/v1.0/groups/{PROJECT-ID}/alerts/{ALERT-ID}" \\
     --data '
       {
         "acknowledgedUntil": "2096-04-15T00:00:00-0400",
         "acknowledgementComment": "This is normal. Please ignore."
       }'"""
    names = {
        "PUBLIC-KEY": project.public,
        "PRIVATE-KEY": project.private,
        "HOST": project.server.url,
        "PROJECT-ID": project.id,
        "ALERT-ID": alert,
    }
    for name, value in names.items():
        command = command.replace(f"{{{name}}}", value)

    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )

    first, second = re.findall(r"^HTTP/1.1 (\d+)", done.stdout, re.MULTILINE)
    said = json.loads(done.stdout.rpartition("\n\n")[2])
    assert (first, second) == ("401", "200")
    assert said["id"] == alert
    assert said["acknowledgedUntil"] == "2096-04-15T04:00:00Z"
    assert said["acknowledgementComment"] == "This is normal. Please ignore."


def test_curl_counts_on_over_several_addresses(project):
    addresses = [f"{project.alerts}?pretty=true", f"{project.alerts}?status=OPEN", project.root]
    command = [
        "curl",
        "-s",
        "-w",
        "\n%{http_code}\n",
        "--digest",
        "-u",
        f"{project.public}:{project.private}",
    ]

    done = subprocess.run(
        [*command, *addresses], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )

    assert re.findall(r"^(\d{3})$", done.stdout, re.MULTILINE) == ["200"] * 3


def test_requests_and_httpx_keep_their_nonce(project):
    alert = f"{project.alerts}/{project.report('requests')}"
    body = {"acknowledgedUntil": UNTIL, "acknowledgementComment": "mine"}
    with requests.Session() as session:
        session.auth = HTTPDigestAuth(project.public, project.private)
        held = [session.patch(alert, json=body, timeout=PATIENCE_S) for _ in range(3)]
        listed = session.get(f"{project.alerts}?status=OPEN&itemsPerPage=500", timeout=PATIENCE_S)
    auth = httpx.DigestAuth(project.public, project.private)
    with httpx.Client(auth=auth) as client:
        released = [client.patch(alert, json={}) for _ in range(3)]

    assert [each.status_code for each in (*held, listed, *released)] == [200] * 7
    assert [len(each.history) for each in held] == [1, 0, 0]
    assert held[0].json()["acknowledgementComment"] == "mine"
    assert "acknowledgedUntil" not in released[-1].json()


def test_aiohttp_answers_before_it_is_asked(project):
    alert = f"{project.alerts}/{project.report('aiohttp')}"

    async def hold():
        auth = aiohttp.DigestAuthMiddleware(project.public, project.private)
        async with aiohttp.ClientSession(middlewares=(auth,)) as session:
            found = []
            for _ in range(3):
                async with session.patch(alert, json={"acknowledgedUntil": UNTIL}) as answer:
                    found.append((answer.status, (await answer.json())["acknowledgedUntil"]))
            return found

    assert asyncio.run(hold()) == [(200, UNTIL)] * 3


def test_threads_may_share_one_nonce(project):
    auth, served = HTTPDigestAuth(project.public, project.private), threading.local()

    def ask(_):
        if not hasattr(served, "session"):
            served.session = requests.Session()
            served.session.auth = auth
        return served.session.get(project.alerts, timeout=PATIENCE_S).status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(60))) == [200] * 60


def test_an_access_token_opens_the_same(project):
    keys = project.server.credentials["credentials"]["cloud_manager"]
    given = requests.post(
        f"{project.server.url}/api/oauth/token",
        auth=(keys["client_id"], keys["client_secret"]),
        data={"grant_type": "client_credentials"},
        timeout=PATIENCE_S,
    )
    headers = {"authorization": f"Bearer {given.json()['access_token']}"}

    assert given.json()["token_type"] == "Bearer"
    assert requests.get(project.alerts, headers=headers, timeout=PATIENCE_S).status_code == 200


def test_atlasapi_lists_reads_and_takes_back(project):
    alert, over = project.report("atlasapi"), project.alert_that_was_told_of("over")
    make_event(project.server, {"dedup_key": "over", "status": "resolved", "project_id": project.id})
    script = Path(__file__).parent / "atlas_client.py"
    command = [sys.executable, "-W", "ignore", str(script), project.public, project.private]

    done = subprocess.run(
        [*command, project.id, alert, over],
        env={**os.environ, "BASE_URL": project.server.url},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert alert in said["listed"]
    assert alert in said["every"]
    assert (said["status"], said["held"]["id"]) == ("CLOSED", alert)
    assert said["resolved"] is not None  # it read the time, of which it knows one form only
    assert "acknowledgedUntil" not in said["held"]  # this client always sends a date of 2017


def test_three_javascript_clients_acknowledge(project):
    alert = project.report("javascript")
    env = {"PUBLIC_KEY": project.public, "PRIVATE_KEY": project.private}

    told = node.run("cloud_manager.cjs", project.server.url, project.id, alert, env=env)

    for listed, held, released, read in told.values():
        assert [listed[0], held[0], released[0], read[0]] == [200] * 4
        assert alert in [each["id"] for each in listed[1]["results"]]
        assert held[1]["acknowledgedUntil"] == "2098-12-31T23:00:00Z"
        assert "acknowledgedUntil" not in released[1]
        assert read[1]["id"] == alert


def test_nobody_is_told_until_the_time_and_then_somebody_is(tmp_path):
    with MailCatcher() as mail, tocsin(tmp_path / "data", TOCSIN_SMTP_URL=mail.url) as server:
        project = Project(server)
        auth = HTTPDigestAuth(project.public, project.private)
        config = {
            "eventTypeName": "HOST_DOWN",
            "enabled": True,
            "notifications": [{"typeName": "EMAIL", "emailAddress": "ops@example.org", "delayMin": 0}],
        }
        made = requests.post(
            f"{project.root}/groups/{project.id}/alertConfigs", json=config, auth=auth, timeout=PATIENCE_S
        )
        alert = project.report("db-1", event_type="HOST_DOWN", host="db-1:27017")
        mine = {"that": lambda each: each.recipients == ("ops@example.org",)}
        mail.mails.wait(1, **mine)
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
        before = time.monotonic()
        held = requests.patch(
            f"{project.alerts}/{alert}",
            json={"acknowledgedUntil": until.isoformat()},
            auth=auth,
            timeout=PATIENCE_S,
        )
        second = mail.mails.wait(2, **mine)[1]
        read = requests.get(f"{project.alerts}/{alert}", auth=auth, timeout=PATIENCE_S).json()

    assert (made.status_code, held.status_code) == (201, 200)
    assert second.at - before >= 1.9  # the time was cut to whole seconds
    assert "acknowledgedUntil" not in read
    assert read["alertConfigId"] == made.json()["id"]
    assert read["lastNotified"] >= read["created"]


def test_what_one_node_has_served_no_other_serves(tmp_path, postgresql_server):
    url = postgresql_server.create()
    with tocsin(tmp_path / "one", TOCSIN_DATABASE_URL=url, TOCSIN_NODE_NAME="one") as first:
        key = (first.data_dir / "secret.key").read_text().strip()
        second = Tocsin(
            data_dir=tmp_path / "two",
            env={"TOCSIN_DATABASE_URL": url, "TOCSIN_NODE_NAME": "two", "TOCSIN_SECRET_KEY": key},
            credentials=first.credentials,
        )
        second.data_dir.mkdir()
        second.start()
        try:
            project, auth = Project(first), HTTPDigestAuth("", "")
            auth = HTTPDigestAuth(project.public, project.private)
            asked = requests.Request("GET", project.alerts)
            with requests.Session() as session:
                session.auth = auth
                good = session.get(project.alerts, timeout=PATIENCE_S)
                elsewhere = session.get(project.alerts.replace(first.url, second.url), timeout=PATIENCE_S)
            replayed = {"authorization": good.request.headers["authorization"]}
            replay = requests.get(
                project.alerts.replace(first.url, second.url), headers=replayed, timeout=PATIENCE_S
            )

            def ask(place: str) -> int:
                return requests.get(place, headers=fresh, timeout=PATIENCE_S).status_code

            answered = requests.get(project.alerts, timeout=PATIENCE_S)
            prepared = asked.prepare()
            auth.init_per_thread_state()
            challenge = answered.headers["www-authenticate"]
            auth._thread_local.chal = requests.utils.parse_dict_header(challenge.removeprefix("Digest "))
            fresh = {"authorization": auth.build_digest_header("GET", prepared.url)}
            both = [project.alerts, project.alerts.replace(first.url, second.url)] * 8
            with ThreadPoolExecutor(16) as pool:
                statuses = sorted(pool.map(ask, both))
        finally:
            second.stop()

    assert (good.status_code, elsewhere.status_code, replay.status_code) == (200, 200, 401)
    assert len(elsewhere.history) == 0  # the other node knows the nonce
    assert "stale=true" in replay.headers["www-authenticate"]
    assert statuses == [200] + [401] * 15
