"""The command line against a real server: what is typed, what is printed, how it ends."""

import json
import re
import subprocess

import pytest

from acceptance.company import everything, hire, make, plan, read, step, user
from acceptance.peers import HOST, MailCatcher, free_port
from acceptance.servers import Tocsin, tocsin
from servers import Postgresql


@pytest.fixture(scope="module")
def mail():
    with MailCatcher() as catcher:
        yield catcher


@pytest.fixture(scope="module")
def server(tmp_path_factory, mail):
    """A server with Ana on call, whom everything is routed to."""
    with tocsin(tmp_path_factory.mktemp("tocsin"), TOCSIN_SMTP_URL=mail.url) as server:
        ana, cem = hire(server, "Ana"), hire(server, "Cem")
        hire(server, "Ben")
        team = make(server, "teams", name="Database", members=[{"user_id": cem}])["id"]
        layer = {
            "name": "Daily",
            "effective_date": "2026-01-01T09:00:00Z",
            "rotation_start": "2026-01-01T09:00:00Z",
            "interval": {"days": 1},
            "members": [{"user_id": ana}],
        }
        schedule = make(server, "schedules", name="Primary", layers=[layer], team_ids=[team])["id"]
        plan(server, step({"type": "schedule", "id": schedule}), step(user(ana), after_s=3600))
        yield server


@pytest.fixture
def cli(server):
    """Run a command as the owner."""

    def run(*words: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        own = {**server.env, "TOCSIN_URL": server.url, "TOCSIN_TOKEN": server.token, **env}
        elsewhere = Tocsin(data_dir=server.data_dir, env=own)
        return elsewhere.run(*words, stdin=stdin)

    return run


@pytest.fixture
def printed(cli):
    """Run a command that must go well, with ``--json``, and read what it prints."""

    def run(*words: str, **options: str):
        done = cli(*words, "--json", **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def fire(printed, title):
    """Send an event, and give the alert that it opened."""
    (event,) = printed("send", title, "-s", "critical", "-k", title, "-l", "team=data")["events"]
    (alert,) = [each for each in printed("alerts", "--all")["alerts"] if each["title"] == title]
    assert event["id"].startswith("evt_")
    return alert


def test_an_event_is_sent_listed_acknowledged_and_resolved(cli, printed, mail):
    alert = fire(printed, "Disk full on db-1")
    mail.mails.wait(that=lambda each: each.subject == "[Critical] Disk full on db-1")

    assert "Disk full on db-1" in cli("alerts", "--status", "firing", "-l", "team=data").stdout
    assert alert["id"] in cli("alerts", alert["id"]).stdout
    held = printed("ack", alert["id"], "--for", "2h", "-c", "On it")
    assert (held["status"], held["acknowledgement"]["comment"]) == ("acknowledged", "On it")
    assert printed("ack", alert["id"], "--undo")["status"] == "firing"
    assert printed("resolve", "last")["status"] == "resolved"
    mail.mails.wait(that=lambda each: each.subject == "[Resolved] Disk full on db-1")
    assert "no alerts" in cli("alerts", "--status", "open", "--service", "default").stdout


def test_the_source_s_own_ok_resolves(cli, printed):
    alert = fire(printed, "Load on web-1")

    done = cli("send", "-k", "Load on web-1", "-s", "ok")

    assert (done.returncode, done.stdout[:9]) == (0, "accepted ")
    assert printed("alerts", alert["id"])["status"] == "resolved"


def test_events_come_from_standard_input(printed):
    body = {"events": [{"title": "One", "status": "resolved", "dedup_key": "1"}, {"title": "Two"}]}

    answer = printed("send", "-f", "-", stdin=json.dumps(body))

    assert len(answer["events"]) == 2
    printed("resolve", "last")


def test_who_says_who_is_on_call(cli, printed):
    (primary,) = printed("who")
    team = printed("who", "--team", "database")

    assert [shift["user"]["name"] for shift in primary["on_call"]] == ["Ana"]
    assert [shift["user"]["name"] for shift in team["on_call"]] == ["Ana"]
    assert "Ana" in cli("who", "Primary", "--at", "2027-01-01T12:00:00Z").stdout
    assert "nobody" in cli("who", "Primary", "--at", "2020-01-01T12:00:00Z").stdout


def test_somebody_is_paged_by_hand_and_the_page_is_acknowledged(printed, mail):
    page = printed("page", "Please join the call", "--to", "user:ben@example.org", "--important")

    mail.mails.wait(that=lambda each: "Please join the call" in each.subject)
    assert printed("ack", page["id"])["status"] == "acknowledged"
    assert printed("resolve", page["id"])["status"] == "resolved"


def test_a_whole_team_is_paged_by_its_handle(printed, mail):
    page = printed("page", "All hands", "-t", "team:database")

    mail.mails.wait(that=lambda each: "All hands" in each.subject)
    printed("resolve", page["id"])


def test_explain_says_who_would_be_asked_and_why_and_sends_nothing(cli, printed, server):
    before = len(everything(server, "events", "events"))

    told = cli("explain", "Disk full", "-s", "critical", "-l", "team=data")
    document = printed("explain", "Disk full", "-s", "critical")

    assert told.returncode == 0, told.stderr
    assert "Ana" in told.stdout
    assert "Plan" in told.stdout
    assert "Ana" in json.dumps(document)
    assert len(everything(server, "events", "events")) == before


def test_explain_tells_of_an_alert_that_is_there(cli, printed):
    alert = fire(printed, "Explain me")

    told = cli("explain", alert["id"])

    assert told.returncode == 0, told.stderr
    assert "Ana" in told.stdout
    printed("resolve", alert["id"])


def test_a_key_is_made_listed_used_and_revoked(cli, printed):
    made = printed("keys", "create", "laptop")

    assert printed("alerts", TOCSIN_TOKEN=made["key"])["alerts"] is not None
    listed = cli("keys", "list")
    assert "laptop" in listed.stdout
    assert made["key"] not in listed.stdout
    assert printed("keys", "revoke", made["id"])["revoked"] is True
    refused = cli("alerts", TOCSIN_TOKEN=made["key"])
    assert refused.returncode == 1
    assert "(401)" in refused.stderr


@pytest.mark.parametrize("kind", ["datadog", "grafana_oncall", "cloud_manager", "guance", "digitalocean"])
def test_keys_for_other_apis_come_with_all_their_parts(server, printed, kind):
    made = printed("keys", "create", f"for {kind}", "--kind", kind)

    parts = server.credentials["credentials"][kind].keys() - {"project_id"}
    assert made["kind"] == kind
    assert made["key"]
    assert len(parts) == 1 or parts <= made.keys(), made


def test_check_says_that_all_is_well_and_names_what_is_missing(cli, server):
    done = cli("check")
    document = json.loads(cli("check", "--json").stdout)

    assert done.returncode == 0, done.stdout
    checks = {each["what"]: each["good"] for each in document["checks"]}
    assert (checks["database"], checks["mail"]) == (True, True)
    assert server.token not in done.stdout


def test_what_is_wrong_is_said_in_words_and_by_the_exit_code(cli):
    unknown = cli("alerts", "alrt_000000000000")
    misused = cli("ack")
    nobody = cli("page", "Hello", "--to", "user:nobody@example.org")
    lost = cli("alerts", TOCSIN_URL=f"http://{HOST}:{free_port()}")
    bad = cli("send", "Disk full", "-s", "terrible")

    assert [unknown.returncode, misused.returncode, nobody.returncode, lost.returncode, bad.returncode] == [
        1,
        2,
        1,
        3,
        1,
    ]
    assert "severity" in bad.stderr
    assert "nobody@example.org" in nobody.stderr
    assert "cannot reach" in lost.stderr
    assert not re.search(
        "Traceback", unknown.stderr + misused.stderr + nobody.stderr + lost.stderr + bad.stderr
    )


# --- the beginning ----------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def beginner(request, tmp_path) -> Tocsin:
    """A Tocsin whose database is empty."""
    env = {}
    if request.param == "postgresql":
        server: Postgresql = request.getfixturevalue("postgresql_server")
        env = {"TOCSIN_DATABASE_URL": server.create()}
    return Tocsin(data_dir=tmp_path / "data", env=env)


def test_init_prints_the_one_document_and_a_second_one_refuses(beginner):
    first = beginner.run("init", "--json", "--email", "ana@example.org")
    second = beginner.run("init", "--json")
    third = beginner.run("init", "--if-needed")

    document = json.loads(first.stdout)
    assert list(document) == ["workspace", "owner", "service", "credentials"]
    assert {name: list(document[name]) for name in ("workspace", "owner", "service")} == {
        "workspace": ["id"],
        "owner": ["id", "email", "password"],
        "service": ["id"],
    }
    assert {kind: list(parts) for kind, parts in document["credentials"].items()} == {
        "tocsin": ["token"],
        "datadog": ["api_key", "application_key"],
        "grafana_oncall": ["token"],
        "cloud_manager": ["public_key", "private_key", "project_id", "client_id", "client_secret"],
        "guance": ["api_key"],
        "digitalocean": ["token"],
    }
    assert (second.returncode, second.stdout) == (1, "")
    assert "nothing was changed" in second.stderr
    assert (third.returncode, third.stdout) == (0, "")


def test_a_server_on_an_empty_database_says_how_to_set_it_up_and_init_still_can(beginner):
    beginner.data_dir.mkdir()
    beginner.start()
    try:
        assert re.search(r"/setup code=\w{5}-\w{5}", beginner.log)
    finally:
        beginner.stop()

    assert beginner.init()["owner"]["email"] == "owner@localhost"


def test_what_init_has_printed_opens_the_server(beginner):
    beginner.init("--workspace", "Acme")
    try:
        beginner.start()
        workspace = read(beginner, "workspace")
        me = read(beginner, "users/me")
    finally:
        beginner.stop()

    assert (workspace["id"], workspace["name"]) == (beginner.credentials["workspace"]["id"], "Acme")
    assert me["id"] == beginner.credentials["owner"]["id"]
