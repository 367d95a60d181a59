"""The addresses that Grafana OnCall gives to integrations, through the real app."""

import json
from dataclasses import replace

import pytest

from api_world import API, Api
from tocsin.actions import paging
from tocsin.core.alert_policy import AlertPolicy, Mode, Rule, Scope
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import AlertPolicyId, IntegrationId, RuleId, ServiceId, WorkspaceId
from tocsin.core.payload_test import PayloadTest
from tocsin.core.service import Integration
from tocsin.sources.grafana_oncall import MAIL_PATH, oncall_address_door
from tocsin.sources.routes import integration_door
from tocsin.store import alert_policies, integrations
from tocsin.store.secrets import token_hash

TYPES = ("webhook", "formatted_webhook", "alertmanager", "grafana", "kapacitor", "inbound_email", "zabbix")
GROUP = {
    "receiver": "oncall",
    "status": "firing",
    "groupKey": '{}:{alertname="HighCPU"}',
    "groupLabels": {"alertname": "HighCPU", "region": "eu-1"},
    "commonLabels": {"alertname": "HighCPU", "region": "eu-1", "team": "data"},
    "alerts": [
        {"status": "firing", "labels": {"host": "a"}},
        {"status": "resolved", "labels": {"host": "b"}},
    ],
}


def key_of(type_: str) -> str:
    return f"{type_.replace('_', '')}key0000000000000"[:25]


def address(type_: str) -> str:
    return f"/integrations/v1/{type_}/{key_of(type_)}/"


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def api(database) -> Api:
    api = Api(database, doors=(oncall_address_door,))

    def make(tx):
        for number, type_ in enumerate(TYPES, 70):
            made = Integration(
                id=IntegrationId(number),
                workspace=WorkspaceId(1),
                service=ServiceId(3),
                kind="templated",
                name=f"from {type_}",
                mapping={"type": type_},
            )
            integrations.add(tx, made, token_hash=token_hash(key_of(type_)), shown=key_of(type_))

    api.transact(make)
    return api


def change(api: Api, type_: str, **fields) -> None:
    def save(tx):
        was = next(each for each in integrations.all_(tx, WorkspaceId(1)) if each.name == f"from {type_}")
        integrations.save(tx, replace(was, **fields), was)

    api.transact(save)


def send(api: Api, type_: str, payload) -> None:
    answer = api.call("POST", address(type_), payload, as_=None)
    assert (answer.status_code, answer.text) == (200, '"Ok."')


def standing(api: Api) -> list[tuple[str, str, int]]:
    """Tell how the alerts stand, the oldest first: title, status, events."""
    found = api.get("/alerts")["alerts"]
    return [(each["title"], each["status"], each["event_count"]) for each in reversed(found)]


def test_a_group_of_alertmanager_is_one_alert_whatever_it_holds(api):
    send(api, "alertmanager", GROUP)
    send(api, "alertmanager", GROUP)
    send(api, "alertmanager", GROUP | {"status": "resolved"})

    assert standing(api) == [("HighCPU (eu-1)", "resolved", 3)]
    event = api.get("/events")["events"][0]
    assert (event["details"]["numFiring"], event["details"]["numResolved"]) == (1, 1)
    assert event["labels"]["team"] == "data"


@pytest.mark.parametrize(
    ("type_", "firing", "over", "title"),
    [
        ("webhook", {"a": 1}, None, "Incident"),
        (
            "formatted_webhook",
            {"alert_uid": "1", "title": "Down", "state": "alerting"},
            {"alert_uid": "1", "state": "ok"},
            "Down",
        ),
        (
            "zabbix",
            {"alert_uid": "1", "title": "Down", "state": "alerting"},
            {"alert_uid": "1", "title": "Down", "state": "OK"},
            "Down",
        ),
        ("kapacitor", {"id": "cpu", "level": "CRITICAL"}, {"id": "cpu", "level": "OK"}, "cpu"),
        (
            "grafana",
            {"ruleName": "cpu", "title": "[Alerting] cpu", "state": "alerting"},
            {"ruleName": "cpu", "title": "[OK] cpu", "state": "ok"},
            "[Alerting] cpu",
        ),
    ],
)
def test_each_type_groups_names_and_resolves_in_its_own_way(api, type_, firing, over, title):
    send(api, type_, firing)
    send(api, type_, firing)
    if over is None:
        assert standing(api) == [(title, "firing", 2)]
        return

    send(api, type_, over)

    assert standing(api) == [(title, "resolved", 3)]


def test_what_has_no_uid_is_never_grouped(api):
    send(api, "formatted_webhook", {"title": "a"})
    send(api, "formatted_webhook", {"title": "a"})

    assert standing(api) == [("a", "firing", 1)] * 2


def test_a_resolve_joins_what_was_resolved_last_and_else_opens_what_is_over(api):
    over = {"alert_uid": "1", "title": "Down", "state": "ok"}

    send(api, "formatted_webhook", over)
    send(api, "formatted_webhook", over)
    assert standing(api) == [("Down", "resolved", 2)]
    send(api, "formatted_webhook", over | {"state": "alerting", "title": "Up again"})
    assert standing(api) == [("Down", "resolved", 2), ("Up again", "firing", 1)]


def test_templates_group_name_acknowledge_and_resolve(api):
    change(
        api,
        "webhook",
        mapping={
            "type": "webhook",
            "grouping_key": "{{ payload.host }}",
            "title": "{{ payload.host | upper }} is {{ payload.how }}",
            "message": "{{ payload.text }}",
            "acknowledge_signal": "{{ payload.how == 'taken' }}",
            "resolve_signal": "{{ payload.how == 'fine' }}",
            "source_link": "https://example.org/{{ payload.host }}",
        },
    )

    send(api, "webhook", {"host": "db", "how": "down", "text": "oh"})
    send(api, "webhook", {"host": "db", "how": "taken", "text": "mine"})

    assert standing(api) == [("DB is down", "acknowledged", 2)]
    (alert,) = api.get("/alerts")["alerts"]
    assert (alert["message"], alert["links"]) == ("oh", ["https://example.org/db"])
    assert alert["acknowledgement"]["by"] is None
    send(api, "webhook", {"host": "db", "how": "fine"})
    assert standing(api) == [("DB is down", "resolved", 3)]


def test_a_template_that_fails_groups_nothing_and_leaves_the_types_own_title(api):
    mapping = {"type": "formatted_webhook", "grouping_key": "{{ payload.a.b }}", "title": "{{ payload.a.b }}"}
    change(api, "formatted_webhook", mapping=mapping)

    send(api, "formatted_webhook", {"alert_uid": "1", "title": "Down"})
    send(api, "formatted_webhook", {"alert_uid": "1", "title": "Down"})

    assert standing(api) == [("Down", "firing", 1)] * 2


def test_the_older_grafana_is_over_when_all_label_sets_that_fired_are(api):
    def group(status, *hosts):
        alerts = [{"status": status, "labels": {"alertname": "cpu", "host": host}} for host in hosts]
        return {"alerts": alerts, "commonLabels": {"alertname": "cpu"}}

    send(api, "grafana", group("firing", "a", "b"))
    send(api, "grafana", group("resolved", "a"))
    assert standing(api) == [("cpu", "firing", 3)]
    send(api, "grafana", group("resolved", "b"))
    assert standing(api) == [("cpu", "resolved", 4)]


def test_a_list_and_a_form_are_payloads_too(api):
    send(api, "webhook", [1, 2])
    answer = api.call("POST", address("webhook"), as_=None, data={"state": "alerting"})

    assert answer.status_code == 200
    details = [event["details"] for event in api.get("/events")["events"]]
    assert details == [{"state": "alerting"}, {"tocsin/payload": [1, 2]}]


@pytest.mark.parametrize(
    ("media", "body", "payload"),
    [
        ("", b"", {}),
        ("application/json", b" \n", {}),
        ("application/x-www-form-urlencoded", b"", {}),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="disk"\r\n\r\nfull\r\n--x--\r\n',
            {"disk": "full"},
        ),
    ],
)
def test_whoever_only_knocks_or_sends_a_form_in_parts_is_heard(api, media, body, payload):
    answer = api.call("POST", address("webhook"), as_=None, content=body, headers={"content-type": media})

    assert (answer.status_code, answer.text) == (200, '"Ok."')
    (alert,) = api.get("/alerts")["alerts"]
    (event,) = api.get(f"/alerts/{alert['id']}/events")["events"]
    assert (alert["title"], event["details"]) == ("Incident", payload)


@pytest.mark.parametrize(
    ("path", "body", "headers", "refusal"),
    [
        ("/integrations/v1/webhook/nothing/", b"{}", {}, (403, "Integration key was not found")),
        (f"/integrations/v1/zabbix/{key_of('webhook')}/", b"{}", {}, (400, "integration with Webhook")),
        (address("webhook"), b'{"a":', {}, (400, "not JSON")),
        (address("webhook"), b'{"a": "\\ud800"}', {}, (400, "not JSON")),
        (address("webhook"), b"<a/>", {"content-type": "text/xml"}, (415, "text/xml")),
        (address("alertmanager"), b"[]", {}, (400, "not an object")),
        (address("webhook"), b"[" * 5_000, {}, (400, "nested")),
        (address("webhook"), b'"' + b"\xff" + b'"', {}, (400, "UTF-8")),
        (address("webhook"), b"{" + b" " * (1 << 20) + b"}", {}, (413, "")),
        (
            address("webhook"),
            b"no parts",
            {"content-type": "multipart/form-data; boundary=x"},
            (400, "multipart"),
        ),
        (
            address("webhook"),
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhi\r\n--x--\r\n',
            {"content-type": "multipart/form-data; boundary=x"},
            (400, "holds a file"),
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(api, path, body, headers, refusal):
    sent = {"content-type": "application/json"} | headers

    answer = api.call("POST", path, as_=None, content=body, headers=sent)

    status, said = refusal
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert api.get("/alerts")["alerts"] == []


@pytest.mark.parametrize(
    "payload",
    [
        {"alert_uid": "x" * 100_000, "title": "y" * 100_000},
        {"alert_uid": {"a": [None, 1e308, True]}, "title": ["z"]},
        {"alert_uid": 10**400},
        {"title": "a\0b"},
        {},
        7,
        None,
        "text",
    ],
)
def test_whatever_stands_in_a_payload_is_taken(api, payload):
    body = json.dumps(payload).encode()

    answer = api.call(
        "POST",
        address("formatted_webhook"),
        as_=None,
        content=body,
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 200, answer.text
    assert len(api.get("/alerts")["alerts"]) == 1


def test_a_slash_less_or_more_and_a_look_with_a_browser_are_fine(api):
    assert api.call("POST", address("webhook").rstrip("/"), {"a": 1}, as_=None).status_code == 200
    doubled = address("webhook").replace("/v1/", "//v1//")
    assert api.call("POST", doubled, {"a": 1}, as_=None).status_code == 200
    page = api.call("GET", address("webhook"), as_=None)
    assert page.headers["content-type"].startswith("text/html")
    assert "from webhook" in page.text
    assert api.call("PUT", address("webhook"), {"a": 1}, as_=None).status_code == 405


def test_an_integration_may_send_300_alerts_in_5_minutes_and_then_again(api):
    for number in range(300):
        send(api, "formatted_webhook", {"alert_uid": str(number)})

    refused = api.call("POST", address("formatted_webhook"), {"alert_uid": "x"}, as_=None)
    assert (refused.status_code, "from formatted_webhook" in refused.text) == (429, True)
    assert refused.headers["content-type"].startswith("text/html")
    assert "retry-after" not in refused.headers
    send(api, "zabbix", {"alert_uid": "1"})
    api.clock.pass_time(minutes=5)
    send(api, "formatted_webhook", {"alert_uid": "x"})


def test_a_heartbeat_that_is_missing_opens_an_alert_and_the_next_one_resolves_it(api):
    door = next(each for each in api.get("/integrations")["integrations"] if each["name"] == "from webhook")
    changed = api.call("PATCH", f"{API}/integrations/{door['id']}", {"heartbeat_s": 60}, as_="admin")
    assert changed.json()["heartbeat_s"] == 60

    def pass_time(seconds: int) -> None:
        api.clock.pass_time(seconds=seconds)
        api.transact(lambda tx: paging.turn(tx, now=api.clock()))

    pass_time(50)
    assert api.call("POST", f"{address('webhook')}heartbeat/", as_=None).text == '":)"'
    pass_time(50)
    assert standing(api) == []
    pass_time(20)
    assert standing(api) == [("from webhook: heartbeat expired", "firing", 1)]
    pass_time(600)
    assert api.call("GET", f"{address('webhook')}heartbeat", as_=None).text == '":)"'
    assert standing(api) == [("from webhook: heartbeat expired", "resolved", 1)]


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"recipient": "KEY@x", "subject": "Disk full", "body-plain": "on db-1", "sender": "a@b"}},
        {"json": {"To": "Ops <KEY@x>", "Subject": "Disk full", "TextBody": "on db-1", "From": "a@b"}},
        {
            "files": {
                "to": (None, "KEY@x"),
                "subject": (None, "Disk full"),
                "html": (None, "<style>p{}</style><p>on <b>db-1</b></p>"),
                "from": (None, "a@b"),
            }
        },
    ],
    ids=["mailgun", "postmark", "sendgrid"],
)
def test_a_mail_that_a_service_hands_on_is_an_alert_by_its_subject(api, sent):
    key = key_of("inbound_email")
    ((how, fields),) = sent.items()
    filled = {
        name: (None, value[1].replace("KEY", key)) if how == "files" else value.replace("KEY", key)
        for name, value in fields.items()
    }

    answer = api.call("POST", MAIL_PATH, as_=None, **{how: filled})

    assert answer.status_code == 200, answer.text
    (event,) = api.get("/events")["events"]
    assert event["details"] == {"subject": "Disk full", "message": "on db-1", "sender": "a@b"}
    assert standing(api) == [("Disk full", "firing", 1)]


def test_a_mail_to_nobody_is_refused(api):
    answer = api.call("POST", MAIL_PATH, as_=None, data={"recipient": "nobody00@x", "subject": "x"})

    assert (answer.status_code, answer.text) == (403, "Integration key was not found. Permission denied.")


def test_rules_try_payloads_of_every_kind_of_integration(database):

    api = Api(database, doors=(integration_door,))

    def make(tx):
        made = Integration(
            id=IntegrationId(70),
            workspace=WorkspaceId(1),
            service=ServiceId(3),
            kind="generic",
            name="generic",
            mapping={"title": "$.title"},
        )
        integrations.add(tx, made, token_hash=token_hash("generic-token"))
        plan = api.configuration.catch_all_plan
        rule = Rule(
            id=RuleId(501),
            name="eu",
            filter=EVERYTHING,
            payload=PayloadTest(text='"region": "eu'),
            escalation_policies=(plan.policy,),
        )
        policy = AlertPolicy(
            id=AlertPolicyId(500),
            workspace=WorkspaceId(1),
            name="By payload",
            scope=Scope(filter=EVERYTHING),
            mode=Mode.FIRST,
            rules=(rule,),
        )
        alert_policies.add(tx, policy)

    api.transact(make)
    for region in ("eu-1", "us-1"):
        body = {"title": region, "region": region}
        assert api.call("POST", "/integrations/generic/generic-token", body, as_=None).status_code == 202

    stories = [
        [told["code"] for told in api.get(f"/alerts/{alert['id']}/timeline")["timeline"]]
        for alert in api.get("/alerts")["alerts"]
    ]
    assert ["rule_matched" in story for story in stories] == [False, True]
