"""Alerts of apps: listed as the vendor shows them, and told to those destinations that are assigned."""

import pytest

from droplet_office import ADMIN, CPU, FOREIGN, HOOK, OWNER, RECEIVER, RESPONDER, UNKNOWN, fault, spec

AGAIN = "https://hooks.slack.com/services/T1/B1/YYYY"


@pytest.fixture
def app(office):
    return office.app()["id"]


def test_a_fresh_alert_goes_to_the_owner_by_mail(office, app):
    alerts = office.alerts(app)

    assert set(alerts) == {"DEPLOYMENT_FAILED", "DOMAIN_LIVE", "web CPU_UTILIZATION"}
    assert all(each["emails"] == [OWNER] and each["slack_webhooks"] == [] for each in alerts.values())
    assert alerts["web CPU_UTILIZATION"]["spec"] == CPU
    assert alerts["DOMAIN_LIVE"]["spec"] == {"rule": "DOMAIN_LIVE", "disabled": True}
    assert "component_name" not in alerts["DOMAIN_LIVE"]
    assert all(each["phase"] == "ACTIVE" for each in alerts.values())
    (step,) = alerts["DOMAIN_LIVE"]["progress"]["steps"]
    assert (step["name"], step["status"]) == ("alert-configure-insight-alert", "SUCCESS")
    assert step["started_at"].endswith("Z")


def test_assigning_replaces_both_lists_and_no_other_alerts(office, app):
    before = office.alerts(app)
    alert = before["DEPLOYMENT_FAILED"]["id"]

    told = office.assign(
        app,
        alert,
        emails=[RESPONDER.upper(), ADMIN],
        slack_webhooks=[{"url": HOOK, "channel": "Channel Name"}],
    )

    assert told["emails"] == [RESPONDER, ADMIN]
    assert told["slack_webhooks"] == [{"url": HOOK, "channel": "Channel Name"}]
    after = office.alerts(app)
    assert after.pop("DEPLOYMENT_FAILED") == told
    before.pop("DEPLOYMENT_FAILED")
    assert after == before

    told = office.assign(app, alert, emails=[OWNER], slack_webhooks=None)
    assert (told["emails"], told["slack_webhooks"]) == ([OWNER], [])


@pytest.mark.parametrize("nothing", [{}, {"emails": None, "slack_webhooks": None}, {"emails": []}])
def test_what_is_absent_or_null_is_empty_and_the_alert_goes_nowhere(office, app, nothing):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]

    told = office.assign(app, alert, **nothing)

    assert (told["emails"], told["slack_webhooks"], told["phase"]) == ([], [], "ACTIVE")
    assert office.assign(app, alert, emails=[OWNER])["emails"] == [OWNER]


def test_assigning_the_same_again_changes_nothing_and_tests_no_webhook_twice(office, app):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]
    body = {"emails": [OWNER], "slack_webhooks": [{"url": HOOK, "channel": "#ops"}]}

    first = office.assign(app, alert, **body)
    second = office.assign(app, alert, **body)

    assert first == second
    assert len(office.api.get("/notifications", as_="admin")["notifications"]) == 1
    assert len(office.api.get("/destinations", as_="admin")["destinations"]) == 1


def test_two_webhooks_of_one_url_keep_their_channels_apart(office, app):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]
    webhooks = [{"url": HOOK, "channel": text} for text in ("#ops", "Größe 🔔 | x", "")]

    assert office.assign(app, alert, slack_webhooks=webhooks)["slack_webhooks"] == webhooks


def test_destinations_that_nothing_tells_any_more_are_gone(office, app):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]
    office.assign(app, alert, slack_webhooks=[{"url": HOOK, "channel": "#ops"}])

    office.assign(app, alert, slack_webhooks=[{"url": AGAIN, "channel": "#ops"}])

    (left,) = office.api.get("/destinations", as_="admin")["destinations"]
    assert left["address"].endswith("YYYY")


def test_a_webhook_on_a_host_that_the_operator_allows_is_taken(office, app):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]
    webhooks = [{"url": f"https://{RECEIVER}/hook", "channel": ""}]

    assert office.assign(app, alert, slack_webhooks=webhooks)["slack_webhooks"] == webhooks


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"emails": ["nobody@example.org"]}, "emails[0]"),
        ({"emails": [OWNER, "zoe@example.org"]}, "emails[1]"),
        ({"emails": ["ola@example.org\r\nBcc: x@example.org"]}, "emails[0]"),
        ({"emails": ["ola@example.org,rea@example.org"]}, "emails[0]"),
        ({"emails": [""]}, "emails[0]"),
        ({"emails": "ola@example.org"}, "emails"),
        ({"emails": [7]}, "emails[0]"),
        ({"emails": [OWNER] * 101}, "emails"),
        ({"slack_webhooks": {}}, "slack_webhooks"),
        ({"slack_webhooks": [{}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": None}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": HOOK.replace("https", "http")}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": "https://hooks.slack.com/x"}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": "https://hooks.slack.com:99/services/T/B/X"}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": "https://hooks.slack.com.evil.org/services/T/B/X"}]}, "url"),
        ({"slack_webhooks": [{"url": "https://evil.org/services/T/B/X"}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": "https://evil@hooks.slack.com/services/T/B/X"}]}, "url"),
        ({"slack_webhooks": [{"url": f"{HOOK[:9]}\n{HOOK[9:]}"}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": f"{HOOK}\tx"}]}, "slack_webhooks[0].url"),
        ({"slack_webhooks": [{"url": HOOK, "channel": 5}]}, "slack_webhooks[0].channel"),
        ({"slack_webhooks": [{"url": HOOK, "channel": "x" * 201}]}, "slack_webhooks[0].channel"),
        ({"slack_webhooks": [{"url": HOOK}] * 21}, "slack_webhooks"),
    ],
)
def test_destinations_that_cannot_be_are_refused_whole(office, app, body, field):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]

    answer = office.refused(app, alert, body)

    assert fault(answer) == (422, "unprocessable_entity")
    assert field in answer.json()["message"]


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_a_body_that_is_no_object_is_unreadable(office, app, body):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]

    assert fault(office.refused(app, alert, body)) == (400, "bad_request")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"emails": [', b'{"emails": NaN}', b"\xff", b"[" * 9_000, b'{"emails": ["\\ud800"]}']
)
def test_broken_json_is_unreadable(office, app, raw):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]
    path = f"/{app}/alerts/{alert}/destinations"

    answer = office.call("POST", path, content=raw, headers={"content-type": "application/json"})

    assert fault(answer) == (400, "bad_request")


def test_unknown_ids_are_not_found_before_the_body_is_looked_at(office, app):
    other = office.app(name="other")["id"]
    stranger = office.alerts(other)["DEPLOYMENT_FAILED"]["id"]
    known = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]

    for ids in [(app, stranger), (FOREIGN, known), (UNKNOWN, known), (app, UNKNOWN), ("12345", "24556")]:
        answer = office.call("POST", f"/{ids[0]}/alerts/{ids[1]}/destinations", {"emails": 5})
        assert fault(answer) == (404, "not_found")
        assert answer.json()["message"] == "The resource you requested could not be found."


def test_putting_destinations_is_the_same_as_posting_them(office, app):
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]

    answer = office.call("PUT", f"/{app}/alerts/{alert}/destinations", {"emails": [ADMIN]})

    assert answer.json()["alert"]["emails"] == [ADMIN]


def test_an_alert_whose_component_and_rule_stay_keeps_its_id_and_destinations(office, app):
    before = office.alerts(app)
    office.assign(app, before["web CPU_UTILIZATION"]["id"], emails=[ADMIN])
    other = dict(CPU, value=90.5)

    office.put(app, spec(alerts=[{"rule": "DOMAIN_FAILED"}], services=[{"name": "web", "alerts": [other]}]))

    after = office.alerts(app)
    assert set(after) == {"DOMAIN_FAILED", "web CPU_UTILIZATION"}
    assert after["web CPU_UTILIZATION"]["id"] == before["web CPU_UTILIZATION"]["id"]
    assert after["web CPU_UTILIZATION"]["spec"] == other
    assert after["web CPU_UTILIZATION"]["emails"] == [ADMIN]
    assert after["DOMAIN_FAILED"]["emails"] == [OWNER]


def event(**labels):
    return {"title": "It broke", "severity": "critical", "labels": labels}


def told_of(office, **fields):
    """Report an event and give the addresses of the messages that its page queued, and the rules that ran."""
    alert = office.api.alert(**fields)
    story = office.api.get(f"/alerts/{alert['id']}/timeline")["timeline"]
    return alert, story


@pytest.mark.parametrize(
    ("labels", "value", "who"),
    [
        ({"rule": "DEPLOYMENT_FAILED"}, None, {RESPONDER}),
        ({"rule": "DOMAIN_LIVE"}, None, set()),  # it is disabled
        ({"rule": "DOMAIN_FAILED"}, None, set()),  # the app is not alerted to it
        ({"rule": "CPU_UTILIZATION", "component": "web"}, 80.0, {ADMIN}),
        ({"rule": "CPU_UTILIZATION", "component": "web"}, 75.0, set()),
        ({"rule": "CPU_UTILIZATION", "component": "worker"}, 80.0, set()),
        ({"rule": "CPU_UTILIZATION"}, 80.0, {ADMIN}),
        ({"rule": "CPU_UTILIZATION", "component": "web"}, None, {ADMIN}),
    ],
)
@pytest.mark.parametrize("named_by", ["app_id", "app_name", "service"])
def test_an_event_that_names_app_and_rule_is_told_to_the_alerts_destinations(
    office, labels, value, who, named_by
):
    app = office.app()
    alerts = office.alerts(app["id"])
    office.assign(app["id"], alerts["DEPLOYMENT_FAILED"]["id"], emails=[RESPONDER])
    office.assign(app["id"], alerts["web CPU_UTILIZATION"]["id"], emails=[ADMIN])
    naming = {
        "app_id": {"labels": labels | {"app_id": app["id"]}},
        "app_name": {"labels": labels | {"app_name": "web-app"}},
        "service": {"labels": labels, "service": "web-app"},
    }[named_by]
    metric = {} if value is None else {"metric": {"name": "cpu", "value": value}}

    office.api.report(title="It broke", **naming, **metric)

    asked = {
        each["destination"]
        for each in office.api.get("/pages", as_="admin")["pages"]
        for each in [{"destination": each["plan"]["name"]}]
    }
    expected = {"DEPLOYMENT_FAILED": RESPONDER, "web CPU_UTILIZATION": ADMIN}
    assert {expected[name] for name in asked if name in expected} == who
