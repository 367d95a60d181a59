"""The whole way, on real input: Alertmanager, Tocsin, a mail server, a webhook receiver, and a person."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from acceptance.company import destination, hire, integration, is_genuine, plan, read, step, user
from acceptance.peers import MailCatcher, Receiver, http
from acceptance.servers import alertmanager, tocsin

ESCALATES_AFTER_S = 10
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def alert(name, **times):
    return {
        "labels": {"alertname": name, "instance": "db-1:9100", "severity": "critical", "team": "data"},
        "annotations": {"summary": f"{name} on db-1", "description": "98 % of /var are used"},
        "generatorURL": "http://prometheus.example.org/graph",
        **times,
    }


@pytest.fixture
def mail():
    with MailCatcher() as catcher:
        yield catcher


@pytest.fixture
def hook():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path, mail):
    with tocsin(tmp_path / "tocsin", TOCSIN_SMTP_URL=mail.url) as server:
        yield server


def to(name):
    return lambda each: each.recipients == (f"{name}@example.org",)


def acknowledge_link(mail):
    return re.search(r"^Acknowledge: (http\S+)", mail.text, re.MULTILINE)[1]


def test_an_alert_of_alertmanager_is_acknowledged_by_mail_and_heard_to_be_over(tmp_path, server, mail, hook):
    ana, ben = hire(server, "Ana"), hire(server, "Ben")
    plan(
        server,
        step(user(ana), destination(server, f"{hook.url}/hook")),
        step(user(ben), after_s=ESCALATES_AFTER_S),
        name="Database",
    )
    door = integration(server, "alertmanager")

    with alertmanager(tmp_path / "alertmanager", door) as prometheus:
        prometheus.post(alert("DiskFull"))

        # It reaches a person and a machine, and says why.
        (asked,) = mail.mails.wait(that=to("ana"))
        (called,) = hook.requests.wait()
        assert asked.subject == "[Critical] DiskFull on db-1"
        assert "98 % of /var are used" in asked.text
        assert "step 1 of Database" in asked.text
        assert "If nobody answers, step 2 of 2 of Database follows in " in asked.text
        assert "DiskFull on db-1" in asked.html
        assert is_genuine(called)
        assert called.json()["data"]["title"] == "DiskFull on db-1"
        assert called.json()["data"]["alerts"][0]["labels"]["team"] == "data"

        # To look at the link changes nothing; to press its button acknowledges.
        address = acknowledge_link(asked)
        assert b"Do you have it?" in http("GET", address).body
        (firing,) = read(server, "alerts?status=firing")["alerts"]
        pressed = http("POST", address, "confirm=yes&comment=On+it", headers=FORM)
        assert pressed.status == 200
        assert b"You have it" in pressed.body
        held = read(server, f"alerts/{firing['id']}")
        assert (held["status"], held["acknowledgement"]["by_name"]) == ("acknowledged", "Ana")
        assert held["acknowledgement"]["comment"] == "On it"
        (page,) = read(server, f"alerts/{firing['id']}/pages")["pages"]
        assert (page["status"], page["next_at"]) == ("acknowledged", None)

        # The escalation has stopped: a page that began later and is left alone reaches the next person.
        prometheus.post(alert("Unanswered"))
        (escalated,) = mail.mails.wait(that=to("ben"))
        assert escalated.subject == "[Critical] Unanswered on db-1"

        # It is over, and whoever was asked hears of it.
        over = datetime.now(UTC) - timedelta(seconds=1)
        began = over - timedelta(minutes=5)
        prometheus.post(alert("DiskFull", startsAt=began.isoformat(), endsAt=over.isoformat()))
        mail.mails.wait(that=lambda each: each.subject == "[Resolved] DiskFull on db-1")
        (resolved,) = hook.requests.wait(that=lambda each: each.json()["type"] == "tocsin.resolved")
        assert is_genuine(resolved)
        assert read(server, f"alerts/{firing['id']}")["status"] == "resolved"

    told = [entry["sentence"] for entry in read(server, f"alerts/{firing['id']}/timeline")["timeline"]]
    assert any(sentence.startswith("Ana acknowledged the alert") for sentence in told)
    assert not [each for each in mail.mails if to("ben")(each) and "DiskFull" in each.subject]
