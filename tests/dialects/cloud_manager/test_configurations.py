"""Alert configurations: made, read, replaced, toggled, deleted; and what they make of alerts."""

from typing import Any

import pytest

from mongo_office import FOREIGN, GROUP, OTHER_GROUP, UNKNOWN, refusal, well
from tocsin.actions import paging

CONFIGS = f"/groups/{GROUP}/alertConfigs"
EMAIL = {"typeName": "EMAIL", "emailAddress": "ops@example.org", "delayMin": 0, "intervalMin": 5}
METRIC = {"metricName": "ASSERT_REGULAR", "operator": "GREATER_THAN", "threshold": 99.5, "units": "RAW"}


def config(*notifications: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "eventTypeName": "NO_PRIMARY",
        "enabled": True,
        "notifications": list(notifications or (EMAIL,)),
    } | changes


def add(office, *notifications: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return well(office.call("POST", CONFIGS, config(*notifications, **changes)))


def alert(office, **fields: Any) -> dict[str, Any]:
    return office.get(office.report(**{"event_type": "NO_PRIMARY"} | fields))


def told(office) -> list[tuple[str, str]]:
    found = office.api.get("/notifications?limit=200")["notifications"]
    return sorted((each["channel"], each["address"]) for each in found)


def run(office, **length: float) -> None:
    office.api.clock.pass_time(**length)
    office.api.transact(lambda tx: paging.turn(tx, now=office.api.clock.now))


def test_what_is_made_is_read_listed_and_gone(office):
    body = config(
        EMAIL,
        eventTypeName="OUTSIDE_METRIC_THRESHOLD",
        metricThreshold=METRIC | {"mode": "AVERAGE"},
        matchers=[{"fieldName": "HOSTNAME_AND_PORT", "operator": "EQUALS", "value": "db-1:27017"}],
    )

    answer = office.call("POST", CONFIGS, body)
    made = well(answer)
    path = f"{CONFIGS}/{made['id']}"
    (listed,) = office.get(CONFIGS)["results"]
    gone = [office.call("DELETE", path).status_code for _ in range(2)]

    assert answer.status_code == 201
    for name in ("eventTypeName", "enabled", "metricThreshold", "matchers"):
        assert made[name] == body[name]
    (notification,) = made["notifications"]
    assert notification == EMAIL | {"notifierId": notification["notifierId"]}
    assert made["groupId"] == GROUP
    assert {**listed, "links": made["links"]} == made
    assert gone == [204, 404]
    assert office.get(CONFIGS)["results"] == []


def test_it_is_an_alert_policy_for_everybody_else(office):
    made = add(office)

    (policy,) = office.api.get("/alert-policies")["alert_policies"]

    assert policy["name"] == "NO_PRIMARY of Shop"
    assert policy["scope"]["filter"] == "event_type = NO_PRIMARY"
    changed = {"scope": {**policy["scope"], "filter": "event_type = RESYNC_REQUIRED and host = a"}}
    answer = office.api.call("PATCH", f"/alert-policies/{policy['id']}", changed, as_="admin")
    assert answer.is_success, answer.text
    seen = office.get(f"{CONFIGS}/{made['id']}")
    assert (seen["eventTypeName"], seen["matchers"]) == ("RESYNC_REQUIRED", [])


def test_absent_means_disabled(office):
    body = config()
    del body["enabled"]

    assert well(office.call("POST", CONFIGS, body))["enabled"] is False
    assert alert(office)["alertConfigId"] != office.get(CONFIGS)["results"][0]["id"]


def test_alerts_name_the_configuration_that_opened_them(office):
    made = add(office)

    opened, other = alert(office), alert(office, title="x", event_type="RESYNC_REQUIRED")
    of_made = office.get(f"{CONFIGS}/{made['id']}/alerts")
    (implicit,) = [each for each in office.get(CONFIGS)["results"] if each["id"] != made["id"]]
    of_implicit = office.get(f"{CONFIGS}/{implicit['id']}/alerts")

    assert opened["alertConfigId"] == made["id"]
    assert (implicit["id"], implicit["eventTypeName"]) == (other["alertConfigId"], "RESYNC_REQUIRED")
    assert [each["id"] for each in of_made["results"]] == [opened["id"]]
    assert [each["id"] for each in of_implicit["results"]] == [other["id"]]
    assert office.get(f"{CONFIGS}/{implicit['id']}")["notifications"] == []
    assert refusal(office.call("DELETE", f"{CONFIGS}/{implicit['id']}"))[1] == "ATTRIBUTE_READ_ONLY"


def test_each_notification_begins_after_its_delay_and_repeats_by_its_interval(office):
    late = {"typeName": "USER", "username": "rea@example.org", "delayMin": 10}
    add(office, EMAIL | {"delayMin": 5, "intervalMin": 15}, late)
    path = office.report(event_type="NO_PRIMARY")
    mail = ("email", "ops@example.org")
    rea = ("email", "rea@example.org")

    first = office.get(path)["status"]
    run(office, minutes=5)
    second, at_five = office.get(path)["status"], told(office)
    run(office, minutes=5)
    at_ten = told(office)
    run(office, minutes=10)
    at_twenty = told(office)

    assert (first, second) == ("TRACKING", "OPEN")
    assert (at_five, at_ten, at_twenty) == ([mail], [mail, rea], [mail, mail, rea])


def test_an_acknowledgement_stops_everybody_until_it_ends(office):
    add(office, EMAIL)
    path = office.report(event_type="NO_PRIMARY")
    office.acknowledge(path, "2026-03-06T10:00:00Z")
    before = told(office)
    for _ in range(3):
        run(office, minutes=15)
    held = told(office)

    run(office, minutes=15)

    assert len(held) == len(before)
    assert len(told(office)) == len(before) + 1


def test_lists_by_status_know_what_waits(office):
    made = add(office, EMAIL | {"delayMin": 10})
    waiting = alert(office)
    other = alert(office, title="x", event_type="HOST_DOWN")
    gone = office.report(title="y", event_type="HOST_DOWN")
    office.report(title="y", event_type="HOST_DOWN", status="resolved")

    def ids(status):
        found = office.get(f"/groups/{GROUP}/alerts?status={status}")
        assert found["totalCount"] == len(found["results"])
        return [each["id"] for each in found["results"]]

    assert ids("TRACKING") == [waiting["id"]]
    assert ids("OPEN") == [other["id"]]
    assert ids("CLOSED") == [gone.rpartition("/")[2]]
    office.api.clock.pass_time(minutes=10)
    assert ids("TRACKING") == []
    assert ids("OPEN") == [other["id"], waiting["id"]]
    office.call("DELETE", f"{CONFIGS}/{made['id']}")
    assert ids("CANCELLED") == [waiting["id"]]
    assert ids("OPEN") == [other["id"]]


@pytest.mark.parametrize("how", ["DELETE", "PATCH", "PUT"])
def test_without_its_configuration_an_alert_is_cancelled_and_nobody_is_told_any_more(office, how):
    made = add(office, EMAIL)
    path = office.report(event_type="NO_PRIMARY")
    body = {"DELETE": None, "PATCH": {"enabled": False}, "PUT": config(enabled=False)}[how]

    answer = office.call(how, f"{CONFIGS}/{made['id']}", body)
    office.report(event_type="NO_PRIMARY")  # the source goes on
    before = len(told(office))
    run(office, hours=2)

    said = office.get(path)
    assert answer.is_success, answer.text
    assert (said["status"], said["alertConfigId"]) == ("CANCELLED", made["id"])
    assert len(told(office)) == before
    assert refusal(office.call("PATCH", path, {})) == (400, "INVALID_ALERT_STATUS", ["CANCELLED"])


@pytest.mark.parametrize(
    ("matchers", "hosts"),
    [
        ([("HOSTNAME", "EQUALS", "db-1")], {"db-1:27017"}),
        ([("HOSTNAME", "STARTS_WITH", "db")], {"db-1:27017", "db-2:27018"}),
        ([("HOSTNAME", "ENDS_WITH", "-2")], {"db-2:27018"}),
        ([("HOSTNAME", "CONTAINS", "ng")], {"mongo.x"}),
        ([("PORT", "EQUALS", "27018")], {"db-2:27018"}),
        ([("PORT", "NOT_EQUALS", "27018")], {"db-1:27017", "mongo.x"}),
        ([("HOSTNAME_AND_PORT", "REGEX", "^(db|x).*7$")], {"db-1:27017"}),
        ([("HOSTNAME", "NOT_CONTAINS", "o.x"), ("PORT", "STARTS_WITH", "27")], {"db-1:27017", "db-2:27018"}),
        ([("HOSTNAME", "EQUALS", "mongoyx")], set()),
        ([("TYPE_NAME", "EQUALS", "PRIMARY")], {"db-1:27017"}),
        ([("REPLICA_SET_NAME", "NOT_EQUALS", "rs0")], {"mongo.x"}),
    ],
)
def test_matchers_choose_among_hosts(office, matchers, hosts):
    names = ("fieldName", "operator", "value")
    made = add(
        office,
        EMAIL,
        eventTypeName="HOST_DOWN",
        matchers=[dict(zip(names, each, strict=True)) for each in matchers],
    )
    for host, labels in {
        "db-1:27017": {"type_name": "PRIMARY", "replica_set": "rs0"},
        "db-2:27018": {"replica_set_name": "rs0"},
        "mongo.x": {},
    }.items():
        office.report(title=host, event_type="HOST_DOWN", host=host, labels=labels)

    found = office.get(f"{CONFIGS}/{made['id']}/alerts")["results"]

    assert {each["hostnameAndPort"] for each in found} == hosts


def test_a_threshold_is_a_bound(office):
    made = add(office, EMAIL, eventTypeName="OUTSIDE_METRIC_THRESHOLD", metricThreshold=METRIC)
    for value in (99.5, 99.6, 1e9):
        metric = {"name": "ASSERT_REGULAR", "value": value, "units": "raw"}
        office.report(title=f"{value}", metric=metric)
    office.report(title="other", metric={"name": "CONNECTIONS", "value": 500})

    found = office.get(f"{CONFIGS}/{made['id']}/alerts")["results"]

    assert {each["currentValue"]["number"] for each in found} == {99.6, 1e9}
    assert {each["currentValue"]["units"] for each in found} == {"RAW"}


@pytest.mark.parametrize(
    ("notification", "shown"),
    [
        ({"typeName": "SMS", "mobileNumber": "+14155550100"}, {}),
        ({"typeName": "USER", "username": "REA@example.org", "emailEnabled": True, "smsEnabled": False}, {}),
        ({"typeName": "GROUP", "emailEnabled": True}, {}),
        ({"typeName": "GROUP", "roles": ["GROUP_OWNER", "GROUP_READ_ONLY"]}, {}),
        ({"typeName": "ORG", "roles": ["ORG_OWNER"], "smsEnabled": True}, {}),
        (
            {"typeName": "SLACK", "apiToken": "xoxb-123456789", "channelName": "#ops"},
            {"apiToken": "********6789"},
        ),
        (
            {"typeName": "WEBHOOK", "webhookUrl": "https://hooks.example.org/abc", "webhookSecret": "sesame"},
            {"webhookUrl": "********/abc", "webhookSecret": "********"},
        ),
        ({"typeName": "PAGER_DUTY", "serviceKey": "0123456789abcdef"}, {"serviceKey": "********cdef"}),
        (
            {"typeName": "MICROSOFT_TEAMS", "microsoftTeamsWebhookUrl": "https://teams.example.org/x/12345"},
            {"microsoftTeamsWebhookUrl": "********2345"},
        ),
        (
            {"typeName": "DATADOG", "datadogApiKey": "0123456789abcdef", "datadogRegion": "EU"},
            {"datadogApiKey": "********cdef"},
        ),
        (
            {"typeName": "OPS_GENIE", "opsGenieApiKey": "0123456789abcdef", "opsGenieRegion": "EU"},
            {"opsGenieApiKey": "********cdef"},
        ),
        (
            {"typeName": "VICTOR_OPS", "victorOpsApiKey": "0123456789", "victorOpsRoutingKey": "night"},
            {"victorOpsApiKey": "********6789", "victorOpsRoutingKey": "********"},
        ),
    ],
)
def test_every_type_of_notification_is_taken_its_secrets_are_masked_and_stay_when_put_back(
    office, notification, shown
):
    made = add(office, notification | {"delayMin": 0})
    path = f"{CONFIGS}/{made['id']}"
    (said,) = made["notifications"]
    before = office.api.get("/destinations")["destinations"]

    put = well(office.call("PUT", path, config(said)))

    assert {name: said.get(name) for name in {**notification, **shown}} == notification | shown
    assert put["notifications"] == [said]
    assert office.api.get("/destinations")["destinations"] == before
    opened = office.report(event_type="NO_PRIMARY")
    run(office, seconds=1)
    assert told(office)
    assert office.get(opened)["status"] == "OPEN"
    assert office.call("DELETE", path).status_code == 204
    assert office.api.get("/destinations")["destinations"] == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"notifications": []}, (400, "MISSING_NOTIFICATIONS")),
        ({"notifications": None}, (400, "MISSING_NOTIFICATIONS")),
        ({"eventTypeName": None}, (400, "INVALID_JSON_ATTRIBUTE")),
        ({"eventTypeName": "no primary"}, (400, "INVALID_EVENT_TYPE_FOR_ALERT")),
        ({"eventTypeName": "OUTSIDE_METRIC_THRESHOLD"}, (400, "MISSING_METRIC_THRESHOLD")),
        ({"metricThreshold": METRIC}, (400, "METRIC_THRESHOLD_PRESENT")),
        ({"eventTypeName": "TOO_FEW_HEALTHY_MEMBERS"}, (400, "MISSING_THRESHOLD")),
        ({"threshold": {"operator": "LESS_THAN", "threshold": 1}}, (400, "THRESHOLD_PRESENT")),
        (
            {
                "eventTypeName": "TOO_FEW_HEALTHY_MEMBERS",
                "threshold": {"operator": "GREATER_THAN", "threshold": 1},
            },
            (400, "INVALID_OPERATOR_FOR_EVENT_TYPE"),
        ),
        (
            {"eventTypeName": "OUTSIDE_METRIC_THRESHOLD", "metricThreshold": METRIC | {"mode": "TOTAL"}},
            (400, "TOTAL_MODE_DEPRECATED"),
        ),
        (
            {"eventTypeName": "OUTSIDE_METRIC_THRESHOLD", "metricThreshold": METRIC | {"units": "PARSECS"}},
            (400, "INVALID_ENUM_VALUE"),
        ),
        (
            {"eventTypeName": "OUTSIDE_METRIC_THRESHOLD", "metricThreshold": METRIC | {"metricName": "a b"}},
            (404, "INVALID_METRIC_NAME"),
        ),
        (
            {"eventTypeName": "OUTSIDE_METRIC_THRESHOLD", "metricThreshold": METRIC | {"operator": "EQUALS"}},
            (400, "INVALID_ENUM_VALUE"),
        ),
        (
            {"matchers": [{"fieldName": "HOSTNAME", "operator": "EQUALS", "value": "a"}]},
            (400, "INVALID_ATTRIBUTE"),
        ),
        (
            {"matchers": [{"fieldName": "COLOUR", "operator": "EQUALS", "value": "a"}]},
            (400, "INVALID_ENUM_VALUE"),
        ),
        (
            {"matchers": [{"fieldName": "REPLICA_SET_NAME", "operator": "REGEX", "value": "("}]},
            (400, "INVALID_JSON_ATTRIBUTE"),
        ),
        ({"matchers": [{"fieldName": "REPLICA_SET_NAME", "operator": "REGEX"}]}, (400, "MISSING_ATTRIBUTE")),
        ({"id": UNKNOWN}, (400, "ATTRIBUTE_READ_ONLY")),
        ({"colour": "red"}, (400, "INVALID_ATTRIBUTE")),
        ({"enabled": "yes"}, (400, "INVALID_JSON_ATTRIBUTE")),
        (
            {"notifications": [{"typeName": "GROUP"}, {"typeName": "GROUP"}]},
            (400, "TOO_MANY_GROUP_NOTIFICATIONS"),
        ),
        ({"notifications": [EMAIL | {"intervalMin": 4}]}, (400, "NOTIFICATION_INTERVAL_OUT_OF_RANGE")),
        ({"notifications": [EMAIL | {"delayMin": -1}]}, (400, "INVALID_JSON_ATTRIBUTE")),
        ({"notifications": [EMAIL | {"emailAddress": "a@b\r\nBcc: c@d"}]}, (400, "INVALID_EMAIL_ADDRESS")),
        ({"notifications": [{"typeName": "EMAIL"}]}, (400, "INVALID_EMAIL_ADDRESS")),
        ({"notifications": [{"typeName": "SMS", "mobileNumber": "911"}]}, (400, "INVALID_JSON_ATTRIBUTE")),
        ({"notifications": [{"typeName": "USER"}]}, (400, "INVALID_USERNAME")),
        ({"notifications": [{"typeName": "USER", "username": "nobody"}]}, (400, "BAD_USERNAME_REF")),
        (
            {"notifications": [{"typeName": "USER", "username": "rea@example.org", "smsEnabled": False}]},
            (400, "EMAIL_OR_SMS_REQUIRED_FOR_USER_NOTIFICATION"),
        ),
        (
            {"notifications": [{"typeName": "GROUP", "smsEnabled": False, "emailEnabled": False}]},
            (400, "EMAIL_OR_SMS_REQUIRED_FOR_GROUP_NOTIFICATION"),
        ),
        (
            {"notifications": [{"typeName": "GROUP", "roles": []}]},
            (400, "MISSING_ROLES_FOR_GROUP_NOTIFICATION"),
        ),
        ({"notifications": [{"typeName": "TEAM", "teamId": FOREIGN}]}, (400, "INVALID_JSON_ATTRIBUTE")),
        ({"notifications": [{"typeName": "SNMP"}]}, (400, "NOTIFICATION_TYPE_IS_GLOBAL_ONLY")),
        ({"notifications": [{"typeName": "FLOWDOCK"}]}, (400, "UNSUPPORTED_NOTIFICATION_TYPE")),
        ({"notifications": [{"typeName": "PIGEON"}]}, (400, "INVALID_ENUM_VALUE")),
        ({"notifications": [{"typeName": "WEBHOOK"}]}, (400, "MISSING_ATTRIBUTE")),
        (
            {"notifications": [{"typeName": "WEBHOOK", "webhookUrl": "ftp://x"}]},
            (400, "INVALID_JSON_ATTRIBUTE"),
        ),
        (
            {"notifications": [{"typeName": "WEBHOOK", "webhookUrl": "https://a/\r\nX: y"}]},
            (400, "INVALID_JSON_ATTRIBUTE"),
        ),
        (
            {"notifications": [{"typeName": "PAGER_DUTY", "serviceKey": "********"}]},
            (400, "INVALID_JSON_ATTRIBUTE"),
        ),
        (
            {"notifications": [{"typeName": "OPS_GENIE", "opsGenieApiKey": "a\r\nb"}]},
            (400, "INVALID_JSON_ATTRIBUTE"),
        ),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_cannot_be_is_refused_under_its_code_and_changes_nothing(office, method, changes, said):
    made = add(office)
    before = office.get(CONFIGS)
    path = CONFIGS if method == "POST" else f"{CONFIGS}/{made['id']}"

    assert refusal(office.call(method, path, config(**changes)))[:2] == said
    assert office.get(CONFIGS) == before
    assert office.api.get("/destinations")["destinations"] == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{CONFIGS}/{UNKNOWN}", "ALERT_CONFIG_NOT_FOUND"),
        (f"{CONFIGS}/{FOREIGN}", "ALERT_CONFIG_NOT_FOUND"),
        (f"{CONFIGS}/{FOREIGN}/alerts", "ALERT_CONFIG_NOT_FOUND"),
        (f"{CONFIGS}/{UNKNOWN}/alerts", "ALERT_CONFIG_NOT_FOUND"),
        (f"{CONFIGS}/x", "INVALID_ALERT_CONFIG_ID"),
        (f"/groups/{FOREIGN}/alertConfigs", "GROUP_NOT_FOUND"),
        (f"/groups/x/alertConfigs/{UNKNOWN}", "INVALID_GROUP_ID"),
    ],
)
def test_what_is_not_there_is_not_found(office, path, said):
    assert refusal(office.call("GET", path))[:2] == (404, said)


def test_the_configuration_of_another_project_is_not_found(office):
    made = add(office)
    path = f"/groups/{OTHER_GROUP}/alertConfigs/{made['id']}"

    for method, body in (("GET", None), ("PUT", config()), ("PATCH", {"enabled": False}), ("DELETE", None)):
        assert refusal(office.call(method, path, body))[1] == "ALERT_CONFIG_NOT_FOUND"


def test_the_fields_of_matchers_are_listed(office):
    assert "HOSTNAME_AND_PORT" in office.get("/alertConfigs/matchers/fieldNames")


def test_a_toggle_takes_nothing_else(office):
    made = add(office)

    assert refusal(office.call("PATCH", f"{CONFIGS}/{made['id']}", config()))[1] == "INVALID_ATTRIBUTE"
    assert well(office.call("PATCH", f"{CONFIGS}/{made['id']}", {"enabled": True}))["enabled"] is True
