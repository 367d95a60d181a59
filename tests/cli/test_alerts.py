import json

import pytest
from click.shell_completion import ShellComplete

from tocsin.cli.main import cli

DISK = {
    "id": "alrt_00000000000a",
    "service": {"id": "svc_00000000000b", "name": "Database", "slug": "db"},
    "status": "firing",
    "severity": "critical",
    "title": "Disk full",
    "message": "only 2 % left",
    "labels": {"team": "data"},
    "links": ["https://example.org/runbook"],
    "opened_at": "2026-03-06T09:00:00Z",
    "last_seen_at": "2026-03-06T09:05:00Z",
    "event_count": 3,
    "acknowledgement": None,
    "resolved_at": None,
    "dedup_key": "db-1/disk",
}
HELD = {**DISK, "acknowledgement": {"by_name": "Ana", "until": "2026-03-06T11:00:00Z", "comment": "on it"}}


def listed(*alerts, following=None):
    return {"alerts": list(alerts), "next": following, "total": 7}


def test_a_page_is_acknowledged_with_all_its_alerts(tocsin, peer):
    page = "page_06cq3x1k2m4p"
    peer.answers(
        "POST", f"/pages/{page}/acknowledge", {"id": page, "status": "acknowledged", "title": "Disk"}
    )

    result = tocsin("ack", page)

    assert (result.exit_code, result.output) == (0, f"{page} is acknowledged: Disk\n")


def test_alerts_are_listed_as_a_table(tocsin, peer):
    peer.answers("GET", "/alerts", listed(DISK, HELD, following="c2"))

    result = tocsin("alerts")

    assert result.stdout.splitlines() == [
        "ID                 STATUS        SEVERITY  OPENED                   EVENTS  SERVICE   TITLE",
        "alrt_00000000000a  firing        critical  2026-03-06 09:00:00 UTC  3       Database  Disk full",
        "alrt_00000000000a  acknowledged  critical  2026-03-06 09:00:00 UTC  3       Database  Disk full",
    ]
    assert result.stderr == "2 of 7; go on with --cursor c2\n"


def test_filters_reach_the_server_as_it_names_them(tocsin, peer):
    peer.answers("GET", "/alerts", listed())

    result = tocsin(
        "alerts",
        "--status",
        "open",
        "--service",
        "db",
        "-l",
        "team=data",
        "-l",
        "a:b",
        "-n",
        "5",
        "--cursor",
        "c",
    )

    assert result.output == "no alerts\n"
    assert peer.asked[0].query == [
        ("status", "open"),
        ("service", "db"),
        ("label", "team:data"),
        ("label", "a:b"),
        ("limit", "5"),
        ("cursor", "c"),
    ]


def test_all_follows_the_list_to_its_end(tocsin, peer):
    peer.answers("GET", "/alerts", listed(DISK, following="c2"))
    peer.answers("GET", "/alerts", listed(HELD))

    result = tocsin("alerts", "--all", "--json")

    assert json.loads(result.output) == {"alerts": [DISK, HELD], "next": None, "total": 2}
    assert ("cursor", "c2") in peer.asked[1].query


def test_one_alert_is_shown_whole_and_with_its_story(tocsin, peer):
    told = {"at": "2026-03-06T09:00:00Z", "code": "told", "sentence": "Ana is on call for Primary."}
    peer.answers("GET", "/alerts/alrt_00000000000a", HELD)
    peer.answers("GET", "/alerts/alrt_00000000000a/timeline", {"timeline": [told], "next": None, "total": 1})

    result = tocsin("alerts", "alrt_00000000000a")

    assert result.exit_code == 0
    assert "2026-03-06 09:00:00 UTC  Ana is on call for Primary." in result.output
    for words in (
        "Disk full",
        "acknowledged",
        "Ana",
        "2026-03-06 11:00:00 UTC",
        "on it",
        "https://example.org/runbook",
    ):
        assert words in result.output
    assert "resolved" not in result.output


def test_a_title_cannot_steer_the_terminal(tocsin, peer):
    peer.answers("GET", "/alerts", listed({**DISK, "title": "a\x1b]0;pwned\x07\nb\x9b1m\u202e"}))

    result = tocsin("alerts")

    assert not any(sign in result.output for sign in "\x1b\x07\x9b\u202e")
    assert len(result.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ((), {}),
        (("--for", "2h"), {"for_s": 7200}),
        (("--for", "1h30m", "-c", "on it"), {"for_s": 5400, "comment": "on it"}),
        (("--until", "2026-03-06T12:00:00+01:00"), {"until": "2026-03-06T11:00:00Z"}),
        (("--until", "2026-03-06 11:00"), {"until": "2026-03-06T11:00:00Z"}),
    ],
)
def test_ack_says_until_when_and_with_what_comment(tocsin, peer, words, body):
    peer.answers("POST", "/alerts/alrt_00000000000a/acknowledge", HELD)

    result = tocsin("ack", "alrt_00000000000a", *words)

    assert result.output == "alrt_00000000000a is acknowledged until 2026-03-06 11:00:00 UTC: Disk full\n"
    assert peer.bodies() == [body]


@pytest.mark.parametrize(
    "words",
    [
        ("--for", "2"),
        ("--for", "2 fortnights"),
        ("--for", "0s"),
        ("--for", ""),
        ("--for", "-2h"),
        ("--until", "tomorrow"),
        ("--until", "0001-01-01T00:00:00+10:00"),
        ("--for", "2h", "--until", "2026-03-06T09:00:00Z"),
        ("--undo", "--for", "2h"),
    ],
)
def test_an_end_that_makes_no_sense_is_wrong_use_and_nothing_is_sent(tocsin, peer, words):
    result = tocsin("ack", "last", *words)

    assert result.exit_code == 2
    assert peer.asked == []


@pytest.mark.parametrize(
    ("words", "status", "verb"),
    [
        (("ack", "last"), "firing", "acknowledge"),
        (("ack", "last", "--undo"), "acknowledged", "unacknowledge"),
        (("resolve", "last"), "open", "resolve"),
    ],
)
def test_last_is_the_newest_alert_to_which_it_can_be_done(tocsin, peer, words, status, verb):
    peer.answers("GET", "/alerts", listed(DISK))
    peer.answers("POST", f"/alerts/alrt_00000000000a/{verb}", DISK)

    result = tocsin(*words)

    assert result.exit_code == 0
    assert peer.asked[0].query == [("status", status), ("limit", "1")]


def test_last_without_any_says_so(tocsin, peer):
    peer.answers("GET", "/alerts", listed())

    result = tocsin("ack", "last")

    assert (result.exit_code, result.output) == (1, "Error: no alert is firing\n")


def test_one_refusal_does_not_keep_the_others_from_being_resolved(tocsin, peer):
    peer.answers("POST", "/alerts/alrt_1/resolve", {"detail": "it is resolved already"}, status=409)
    peer.answers("POST", "/alerts/alrt_2/resolve", {**DISK, "status": "resolved"})

    result = tocsin("resolve", "alrt_1", "alrt_2")

    assert result.exit_code == 1
    assert result.stdout == "alrt_00000000000a is resolved: Disk full\n"
    assert result.stderr == "Error: it is resolved already (409)\n"


def test_an_id_is_one_part_of_the_path_whatever_is_in_it(tocsin, peer):
    tocsin("ack", "a/b?c#d")

    assert peer.asked[0].path == "/api/tocsin/v1/alerts/a%2Fb%3Fc%23d/acknowledge"


def test_the_shell_completes_open_alerts(peer, monkeypatch):
    monkeypatch.setenv("TOCSIN_URL", peer.url)
    monkeypatch.setenv("TOCSIN_TOKEN", "tk_1")
    peer.answers("GET", "/alerts", listed(DISK))

    items = ShellComplete(cli, {}, "tocsin", "_TOCSIN_COMPLETE").get_completions(["ack"], "al")

    assert [(item.value, item.help) for item in items] == [("alrt_00000000000a", "Disk full")]


def test_the_shell_completes_nothing_when_the_server_does_not_answer(peer, monkeypatch):
    monkeypatch.setenv("TOCSIN_URL", peer.url)
    monkeypatch.setenv("TOCSIN_TOKEN", "tk_1")
    peer.answers("GET", "/alerts", {"detail": "no"}, status=500)

    items = ShellComplete(cli, {}, "tocsin", "_TOCSIN_COMPLETE").get_completions(["ack"], "")

    assert items == []
