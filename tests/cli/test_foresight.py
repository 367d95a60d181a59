"""Prove, replay and drill."""

import pytest

REPORT = {
    "alert_id": "alrt_00000000000a",
    "arrivals": [{"name": "Ana", "channel": "sms", "state": "delivered", "after_s": 2.0, "error": ""}],
    "answered_by": "Ana",
    "over": True,
    "text": "1 of 1 messages went out, 0 failed.\n  Ana by sms: delivered after 2 seconds",
}


def test_prove_says_what_the_server_says(tocsin, peer):
    peer.answers("POST", "/prove", {"text": "From …\n  ! gap: nobody", "findings": [{"kind": "gap"}]})

    result = tocsin("prove", "--days", "30")

    assert (result.exit_code, result.output) == (0, "From …\n  ! gap: nobody\n")
    assert peer.bodies() == [{"days": 30}]


@pytest.mark.parametrize(("findings", "code"), [([], 0), ([{"kind": "gap", "text": "x"}], 1)])
def test_a_strict_proof_fails_when_anything_stands_in_the_way(tocsin, peer, findings, code):
    peer.answers("POST", "/prove", {"text": "", "findings": findings})

    assert tocsin("prove", "--strict").exit_code == code


def test_replay_sends_the_change(tocsin, peer):
    peer.answers("POST", "/replay", {"text": "2 alerts"})

    tocsin("replay", "--silence", "severity = info", "--without", "p1", "--instead", "a", "b", "--days", "7")

    assert peer.bodies() == [
        {"days": 7, "without": ["p1"], "instead": [{"of": "a", "run": "b"}], "silence": "severity = info"}
    ]


def test_a_drill_is_ended_once_somebody_has_answered(tocsin, peer):
    peer.answers("POST", "/drills", REPORT, status=201)
    peer.answers("POST", "/alerts/alrt_00000000000a/resolve", {})

    result = tocsin("drill", "Can you hear me?", "-s", "critical")

    assert (result.exit_code, "Ana by sms" in result.output) == (0, True)
    assert peer.bodies()[0] == {"event": {"title": "Can you hear me?", "severity": "critical"}}


def test_a_drill_of_which_nothing_arrived_fails(tocsin, peer):
    failed = [REPORT["arrivals"][0] | {"state": "failed"}]
    peer.answers("POST", "/drills", REPORT | {"arrivals": failed}, status=201)
    peer.answers("POST", "/alerts/alrt_00000000000a/resolve", {})

    assert tocsin("drill", "x").exit_code == 1
