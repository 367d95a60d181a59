"""What is to come, what would have been, and drills, over the API."""

import pytest

from api_world import ADA
from tocsin.core.spelling import native


def test_a_proof_tells_who_is_reached_and_says_it_in_words(api):
    proof = api.post("/prove", {"days": 2})

    reached = [each["name"] for spell in proof["classes"][0]["spells"] for each in spell["reached"]]
    assert reached == ["Rea"]
    assert {"one way"} <= {each["kind"] for each in proof["findings"]}
    assert proof["whole"] is True
    assert "Rea at once by email" in proof["text"]


@pytest.mark.parametrize("days", [0, 93, "many"])
def test_a_proof_of_too_many_days_is_refused(api, days):
    answer = api.call("POST", "/prove", {"days": days})

    assert answer.status_code == 400
    assert "days" in answer.text


def test_a_replay_tells_who_would_have_been_woken_no_more(api):
    api.alert(title="Loud", severity="critical", dedup_key="a")
    quiet = api.alert(title="Quiet", severity="info", dedup_key="b")["id"]

    replay = api.post("/replay", {"days": 1, "silence": "severity = info"})

    assert (replay["alerts"], replay["changed"], replay["nobody"]) == (2, 1, 1)
    assert replay["people"] == [{"name": "Rea", "before": 2, "after": 1}]
    assert [(each["alert_id"], each["no_more"], each["newly"]) for each in replay["differences"]] == [
        (quiet, ["Rea"], [])
    ]
    assert "Rea: 2 before, 1 after (-1)" in replay["text"]


def test_a_replay_tries_an_alert_policy_that_is_not_there(api):
    api.alert(title="Loud", severity="critical", dedup_key="a")
    step_ = {"action": {"type": "notify", "targets": [{"type": "user", "id": native("user", ADA.id)}]}}
    tried = {"name": "Tried", "rules": [{"name": "All", "plans": [{"steps": [step_]}]}]}

    replay = api.post("/replay", {"days": 1, "alert_policies": [{"policy": tried}]})

    (difference,) = replay["differences"]
    assert (difference["no_more"], difference["newly"]) == (["Rea"], ["Ada"])
    assert api.get("/alert-policies")["alert_policies"] == []


def test_what_went_out_after_somebody_had_it_counts_for_neither(api):
    alert = api.alert(title="Loud", severity="critical", dedup_key="a")["id"]
    api.post(f"/alerts/{alert}/acknowledge", {})

    replay = api.post("/replay", {"days": 1, "silence": "severity = info"})

    assert replay["changed"] == 0


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"days": 1}, 400, "changes nothing"),
        ({"silence": "severity ="}, 400, "silence"),
        ({"without": [native("alert_policy", 10)]}, 404, "alert policy"),
        ({"without": ["nonsense"]}, 400, "without[0]"),
        ({"alert_policies": [{"policy": {"name": "x", "rules": [{"filter": "("}]}}]}, 400, "filter"),
    ],
)
def test_a_change_that_cannot_be_tried_is_refused(api, body, status, said):
    answer = api.call("POST", "/replay", body)

    assert answer.status_code == status
    assert said in answer.text


def test_a_drill_goes_the_real_way_and_tells_what_arrived(api):
    drill = api.post("/drills", {"event": {"title": "Can you hear me?", "severity": "critical"}})

    alert = api.get(f"/alerts/{drill['alert_id']}")
    assert (alert["drill"], alert["title"]) == (True, "Can you hear me?")
    assert [(each["name"], each["channel"], each["state"]) for each in drill["arrivals"]] == [
        ("Rea", "email", "queued")
    ]
    assert (drill["over"], drill["unreached"]) == (False, ["Rea"])

    api.post(f"/alerts/{drill['alert_id']}/acknowledge", {})
    report = api.get(f"/drills/{drill['alert_id']}")
    assert report["answered_by"]
    assert report["over"] is True


def test_a_drill_never_meets_real_trouble(api):
    real = api.alert(title="Real", dedup_key="same")["id"]

    drill = api.post("/drills", {"event": {"title": "Drill", "dedup_key": "same"}})

    assert drill["alert_id"] != real
    assert api.call("GET", f"/drills/{real}").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"), [({"event": {"status": "resolved", "dedup_key": "x"}}, "firing"), ({}, "event")]
)
def test_a_drill_of_nothing_is_refused(api, body, said):
    answer = api.call("POST", "/drills", body)

    assert answer.status_code == 400
    assert said in answer.text
