"""What an operator relies on: TLS, health, metrics, logs, and plain words when the database is away."""

import json
import re
import ssl
import subprocess
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from acceptance.company import SECRET, destination, hire, integration, make, plan, step, user
from acceptance.peers import HOST, PATIENCE_S, MailCatcher, Receiver, http, wait_for
from acceptance.servers import Tocsin, tocsin
from acceptance.tls import certificate_in
from servers import postgresql

OPERATE = Path(__file__).parents[2] / "docs" / "operate" / "index.md"
QUICKLY_S = 10.0  # a long time for a person, and less than a hang


# --- TLS --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate of this machine's own, and its key."""
    return certificate_in(tmp_path_factory.mktemp("tls"))


def test_the_server_speaks_https_with_the_operator_s_certificate(tmp_path, certificate):
    chain, key = certificate
    server = Tocsin(data_dir=tmp_path, env={"SSL_CERT_FILE": str(chain)})
    server.init()
    context = ssl.create_default_context(cafile=str(chain))
    words = ("--tls-cert", str(chain), "--tls-key", str(key), "--port", str(server.port))
    with (tmp_path / "serve.log").open("wb") as log:
        child = subprocess.Popen(server.command("serve", *words), env=server.environment(), stderr=log)

    def ready():
        try:
            with urllib.request.urlopen(f"https://{HOST}:{server.port}/readyz", context=context) as answer:
                return answer.status == 200
        except OSError:
            return False

    try:
        wait_for(ready, what=lambda: server.log)
        url = f"https://{HOST}:{server.port}"
        sent = server.run("send", "Disk full", "--url", url, "--token", server.token)
        with pytest.raises((OSError, HTTPException)):
            http("GET", f"http://{HOST}:{server.port}/readyz")
    finally:
        child.terminate()
        ended = child.wait(PATIENCE_S)

    assert (sent.returncode, sent.stdout[:9]) == (0, "accepted "), sent.stderr
    assert ended == 0


def test_a_server_whose_certificate_is_missing_says_so_and_does_not_start(tmp_path):
    server = Tocsin(data_dir=tmp_path)
    server.init()

    done = server.run("serve", "--tls-cert", "/nowhere/chain.pem", "--tls-key", "/nowhere/key.pem")

    assert done.returncode == 1
    assert "TOCSIN_TLS_CERT" in done.stderr
    assert "Traceback" not in done.stderr


# --- health -----------------------------------------------------------------------------------------------


def test_while_the_database_is_away_nothing_hangs_and_afterwards_all_goes_on(tmp_path):
    with (
        postgresql() as database,
        MailCatcher() as mail,
        tocsin(tmp_path, TOCSIN_DATABASE_URL=database.create(), TOCSIN_SMTP_URL=mail.url) as server,
    ):
        plan(server, step(user(hire(server, "Ana"))))

        database.stop()
        away = wait_for(lambda: _refusal(server), what="it is ready without a database")
        began = time.monotonic()
        event = server.call("POST", "events", {"title": "Disk full"})
        listed = server.call("GET", "alerts")
        alive = server.call("GET", "/healthz")
        waited = time.monotonic() - began

        database.start()
        wait_for(lambda: server.call("GET", "/readyz").status == 200, what="it did not come round")
        again = server.call("POST", "events", {"title": "Disk full"})
        mail.mails.wait(that=lambda each: each.recipients == ("ana@example.org",))

    assert away.headers["retry-after"]
    assert "database" in away.json()["problems"]
    assert (event.status, listed.status, alive.status) == (503, 503, 200)
    assert event.headers["retry-after"]
    assert event.json()["type"] == "urn:tocsin:problem:overloaded"
    assert waited < 3 * QUICKLY_S
    assert again.status == 202


def _refusal(server):
    answer = server.call("GET", "/readyz")
    return answer if answer.status == 503 else None


# --- metrics ----------------------------------------------------------------------------------------------


def test_the_metrics_are_those_that_the_documentation_lists(tmp_path):
    table = re.search(r"^## Metrics$(.*?)^## ", OPERATE.read_text(), re.MULTILINE | re.DOTALL)[1]
    documented = set(re.findall(r"^\| `(tocsin_\w+)`", table, re.MULTILINE))
    with tocsin(tmp_path) as server:
        make_some_noise(server)
        answer = server.call("GET", "/metrics", headers={"Accept": "text/plain"})

    families = {family.name: family for family in text_string_to_metric_families(answer.body.decode())}
    shown = {f"{name}_total" if family.type == "counter" else name for name, family in families.items()}
    shown = {"tocsin_build_info" if name == "tocsin_build" else name for name in shown}
    shown = {name for name in shown if not name.endswith("_created")}
    assert documented
    assert documented - shown == set()
    assert {name for name in shown if name.startswith("tocsin_")} - documented == set()
    assert all(family.documentation for family in families.values())
    taken = [sample for sample in families["tocsin_events_taken"].samples if sample.name.endswith("_total")]
    assert [sample.value for sample in taken] == [1.0]


def make_some_noise(server):
    assert server.call("POST", "events", {"title": "Disk full"}).status == 202


# --- logs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_comes_into_the_logs_whatever_is_logged(tmp_path, form):
    with MailCatcher() as mail, Receiver() as hook:
        settings = {
            "TOCSIN_SMTP_URL": mail.url,
            "TOCSIN_LOG_LEVEL": "debug",
            "TOCSIN_LOG_FORMAT": form,
            "TOCSIN_METRICS_TOKEN": "the-metrics-token-0123456789",
        }
        with tocsin(tmp_path, **settings) as server:
            hidden = stir_up(server, hook, mail)
        log = server.log

    assert log.count("\n") > 5
    leaked = {name for name, secret in hidden.items() if secret in log}
    assert leaked == set(), log


def test_a_server_that_was_told_so_when_it_was_started_logs_in_json(tmp_path):
    server = Tocsin(data_dir=tmp_path, flags=("--json",))
    server.start()
    server.stop()

    events = [json.loads(line)["event"] for line in server.log.splitlines()]
    assert {"started", "stopped"} <= set(events)


def stir_up(server, hook, mail) -> dict[str, str]:
    """Do and refuse all sorts of things, and return the secrets that were used, by what they are."""
    hook.answers = [500, 404]
    ana = hire(server, "Ana", password="a-password-for-ana-alone")
    plan(server, step(user(ana), destination(server, f"{hook.url}/services/T0SECRET/B0SECRET/x0SECRETx0")))
    door = integration(server, "alertmanager")
    key = make(server, "api-keys", kind="tocsin", name="another")["key"]
    refused = [
        http("POST", door, "this is no JSON"),
        http("POST", f"{door}x", {"alerts": []}),
        server.call("GET", "alerts", token="tocsin_0123456789012345678901234567890123456789"),
        server.call("POST", "events", {"title": "x", "service": "nowhere"}),
        server.call("POST", "pages", {"nothing": "right"}, token=key),
        server.call("GET", "/metrics", token="the-wrong-token-0123456789"),
    ]
    assert [answer.status for answer in refused] == [400, 404, 401, 400, 400, 401]
    assert server.call("POST", "events", {"title": "Disk full", "severity": "critical"}).status == 202
    (asked,) = mail.mails.wait()
    hook.requests.wait()
    links = re.findall(r"/r/([\w-]+)", asked.text)
    assert links
    http("POST", f"{server.url}/r/{links[0]}", "confirm=yes", headers={"Content-Type": "text/plain"})
    http("GET", f"{server.url}/r/{links[0]}x")
    secrets = {
        f"{kind} {part}": secret
        for kind, parts in server.credentials["credentials"].items()
        for part, secret in parts.items()
        if part not in {"public_key", "project_id", "client_id"}
    }
    return secrets | {
        "the owner's password": server.credentials["owner"]["password"],
        "Ana's password": "a-password-for-ana-alone",
        "an integration's token": door.rpartition("/")[2],
        "a new key": key,
        "the secret key": (server.data_dir / "secret.key").read_text().partition(":")[2].strip(),
        "a webhook's secret": SECRET.removeprefix("whsec_"),
        "a webhook's address": "x0SECRETx0",
        "a wrong token": "tocsin_0123456789012345678901234567890123456789",
        "the metrics' token": "the-metrics-token-0123456789",
        **{f"link {number}": link for number, link in enumerate(links)},
    }
