"""Send, who, page, explain and keys."""

import json

import pytest

from tocsin.core.spelling import to_uuid

ANA = {"id": "usr_00000000000a", "name": "Ana", "email": "ana@example.org"}
PRIMARY = {"id": "sch_00000000000a", "name": "Primary"}


def test_send_makes_an_event_of_its_options(tocsin, peer):
    peer.answers("POST", "/events", {"events": [{"id": "evt_1"}]}, status=202)

    result = tocsin(
        "send", "Disk full", "-s", "critical", "-k", "db-1/disk", "-l", "team=data", "-l", "zone=a=b",
        "--host", "db-1", "--metric", "free=0", "--link", "https://example.org",
        "--occurred-at", "2026-03-06T10:00:00+01:00",
    )  # fmt: skip

    assert (result.exit_code, result.output) == (0, "accepted evt_1\n")
    assert peer.bodies() == [
        {
            "title": "Disk full",
            "dedup_key": "db-1/disk",
            "severity": "critical",
            "labels": {"team": "data", "zone": "a=b"},
            "host": "db-1",
            "metric": {"name": "free", "value": 0.0},
            "links": ["https://example.org"],
            "occurred_at": "2026-03-06T09:00:00Z",
        }
    ]


def test_send_takes_whole_events_from_standard_input(tocsin, peer):
    peer.answers("POST", "/events", {"ids": ["evt_1", "evt_2"]}, status=202)
    body = {"events": [{"title": "a"}, {"title": "b"}]}

    result = tocsin("send", "-f", "-", stdin=json.dumps(body))

    assert result.output == "accepted evt_1\naccepted evt_2\n"
    assert peer.bodies() == [body]


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        ((), "", "an event must say something"),
        (("-f", "-"), "{", "is not JSON"),
        (("x", "-f", "-"), "{}", "--file holds the whole event"),
        (("x", "--metric", "free=much"), "", "the value must be a number"),
        (("x", "-l", "team"), "", "write it like team=database"),
        (("x", "-l", "=data"), "", "write it like team=database"),
    ],
)
def test_send_refuses_what_is_no_event(tocsin, peer, words, stdin, said):
    result = tocsin("send", *words, stdin=stdin)

    assert result.exit_code == 2
    assert said in result.output
    assert peer.asked == []


def test_who_asks_for_every_schedule(tocsin, peer):
    peer.answers(
        "GET", "/schedules", {"schedules": [PRIMARY, {**PRIMARY, "id": "sch_00000000000b", "name": "Night"}]}
    )
    shift = {"user": ANA, "starts_at": "2026-03-06T09:00:00Z", "ends_at": None}
    peer.answers("GET", "/schedules/sch_00000000000a/on-call", {"on_call": [shift]})
    peer.answers("GET", "/schedules/sch_00000000000b/on-call", {"on_call": []})

    result = tocsin("who", "--at", "2026-03-06T10:00:00Z")

    assert result.output.splitlines() == [
        "FOR      ON CALL  SINCE                    UNTIL",
        "Primary  Ana      2026-03-06 09:00:00 UTC  -",
        "Night    nobody   -                        -",
    ]
    assert peer.asked[1].query == [("at", "2026-03-06T10:00:00Z")]


@pytest.mark.parametrize("whose", ["primary", "sch_00000000000a"])
def test_who_takes_a_name_or_an_id(tocsin, peer, whose):
    peer.answers("GET", "/schedules", {"schedules": [PRIMARY]})
    peer.answers("GET", "/schedules/sch_00000000000a/on-call", {"on_call": [{"user": ANA}]})

    result = tocsin("who", whose)

    assert "Ana" in result.output


def test_who_takes_an_id_in_another_spelling(tocsin, peer):
    identifier = to_uuid(7)
    peer.answers("GET", "/schedules", {"schedules": [PRIMARY]})
    peer.answers("GET", f"/schedules/{identifier}/on-call", {"on_call": [{"user": ANA}]})

    result = tocsin("who", identifier)

    assert "Ana" in result.output


@pytest.mark.parametrize("words", [("--team", "database"), ("team_00000000000a",)])
def test_who_asks_for_a_team(tocsin, peer, words):
    peer.answers(
        "GET", "/teams", {"teams": [{"id": "team_00000000000a", "name": "DB", "handle": "database"}]}
    )
    peer.answers("GET", "/teams/team_00000000000a/on-call", {"on_call": [{"user": ANA}]})

    result = tocsin("who", *words, "--json")

    assert json.loads(result.output)["on_call"] == [{"user": ANA}]


@pytest.mark.parametrize(
    ("schedules", "said"),
    [
        ([], "there is no schedule 'Primary' (404)"),
        (
            [PRIMARY, {"id": "sch_00000000000b", "name": "PRIMARY"}],
            "give the id: sch_00000000000a, sch_00000000000b",
        ),
    ],
)
def test_who_says_when_a_name_is_nobody_or_not_the_only_one(tocsin, peer, schedules, said):
    peer.answers("GET", "/schedules", {"schedules": schedules})

    result = tocsin("who", "Primary")

    assert result.exit_code == 1
    assert said.removesuffix(" (404)") in result.output


def test_page_names_its_targets_by_id_or_by_kind_and_name(tocsin, peer):
    peer.answers("GET", "/users", {"users": [ANA]})
    policy = {"id": "esc_000000000001", "name": "Web"}
    peer.answers("GET", "/escalation-policies", {"escalation_policies": [policy]})
    peer.answers("POST", "/pages", {"id": "page_1", "status": "triggered"}, status=201)

    result = tocsin(
        "page", "Join the call", "-t", "user:ANA@example.org", "-t", "team_00000000000a",
        "-t", "escalation-policy:web", "-m", "now", "--important",
    )  # fmt: skip

    assert result.output == "page_1 is triggered: Join the call\n"
    assert peer.bodies() == [
        {
            "title": "Join the call",
            "targets": [
                {"type": "user", "id": "usr_00000000000a"},
                {"type": "team", "id": "team_00000000000a"},
                {"type": "escalation_policy", "id": "esc_000000000001"},
            ],
            "message": "now",
            "importance": "important",
        }
    ]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, 1),
        ({"responders": [{"user_id": "usr_00000000000a"}]}, 0),
        ({"destination_ids": ["dst_00000000000a"]}, 0),
        ({"next_at": "2026-03-06T09:00:00Z"}, 0),
    ],
)
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_page_that_reaches_nobody_is_a_failure(tocsin, peer, words, asked, code):
    made = {"id": "page_1", "responders": [], "destination_ids": [], "addresses": [], "next_at": None}
    peer.answers("POST", "/pages", made | asked, status=201)

    result = tocsin("page", "Join the call", "-t", "team:team_00000000000a", *words)

    assert result.exit_code == code, result.output
    assert "page_1" in result.stdout
    assert ("reaches nobody" in result.stderr) == bool(code)


@pytest.mark.parametrize("target", ["ana", "nobody:ana", "user:", "alrt_00000000000a"])
def test_page_refuses_a_target_that_names_nobody(tocsin, peer, target):
    result = tocsin("page", "Join", "--to", target)

    assert result.exit_code == 2
    assert "names nobody" in result.output
    assert peer.asked == []


def test_explain_asks_about_an_event_at_a_time(tocsin, peer):
    report = {"at": "2026-12-24T20:00:00Z", "policies": [{"policy": "Web", "because": "the filter matches"}]}
    peer.answers("POST", "/explain", report)

    result = tocsin("explain", "Disk full", "-s", "critical", "--at", "2026-12-24T20:00:00Z")

    assert peer.bodies() == [
        {"event": {"title": "Disk full", "severity": "critical"}, "at": "2026-12-24T20:00:00Z"}
    ]
    assert result.output == (
        "at: 2026-12-24T20:00:00Z\npolicies:\n  -\n    policy: Web\n    because: the filter matches\n"
    )


@pytest.mark.parametrize("words", [("alrt_00000000000a",), ("--alert", "alrt_00000000000a")])
def test_explain_asks_about_an_alert(tocsin, peer, words):
    peer.answers("POST", "/explain", {"text": "policy Web\n  step 1: asks Ana"})

    result = tocsin("explain", *words)

    assert peer.bodies() == [{"alert": "alrt_00000000000a"}]
    assert result.output == "policy Web\n  step 1: asks Ana\n"


def test_explain_takes_an_alert_or_an_event_not_both(tocsin, peer):
    result = tocsin("explain", "Disk full", "--alert", "alrt_00000000000a")

    assert result.exit_code == 2
    assert peer.asked == []


def test_a_new_key_is_printed_with_all_its_secrets(tocsin, peer):
    key = {
        "id": "key_1",
        "kind": "tocsin",
        "name": "ci",
        "key": "tk_new",
        "client_secret": "s3",
        "hint": "tk_n",
    }
    peer.answers("POST", "/api-keys", key, status=201)

    result = tocsin("keys", "create", "ci")

    assert peer.bodies() == [{"kind": "tocsin", "name": "ci"}]
    assert result.output == (
        "key_1 is made; keep what follows, it is not shown again\nkey            tk_new\nclient_secret  s3\n"
    )


def test_a_new_key_may_be_bound_to_networks(tocsin, peer):
    peer.answers("POST", "/api-keys", {"id": "key_1", "key": "tk_new"}, status=201)

    tocsin("keys", "create", "ci", "--network", "192.0.2.0/24", "--network", "2001:db8::/32")

    assert peer.bodies()[0]["networks"] == ["192.0.2.0/24", "2001:db8::/32"]


def test_keys_are_listed_and_revoked(tocsin, peer):
    key = {
        "id": "key_1",
        "kind": "tocsin",
        "hint": "tk_n",
        "created_at": "2026-03-06T09:00:00Z",
        "name": "ci",
    }
    peer.answers("GET", "/api-keys", {"api_keys": [key], "next": None, "total": 1})
    peer.answers("DELETE", "/api-keys/key_1", status=204)

    listed, revoked = tocsin("keys", "list"), tocsin("keys", "revoke", "key_1")

    assert "key_1  tocsin  tk_n  2026-03-06 09:00:00 UTC  -          ci" in listed.output
    assert revoked.output == "key_1 is revoked\n"
