"""The event as Guance's receivers know it."""

import msgspec

from message_builders import AT, a_page, alert_line, of_kind
from tocsin.channels.guance import GuanceHttpChannel
from tocsin.core.alert import AlertStatus
from tocsin.core.notification import NotificationKind
from tocsin.core.spelling import native, to_hex_32

ONE = alert_line(
    id=native("alert", 7),
    dimensions={"pod_name": "coredns-1", "a": "b"},
    labels={"team": "ops"},
    monitor_id="rul_1",
    monitor_name="Pods",
    monitor_labels=("k8s", "prod"),
    source="watcher",
    value=97.0,
    dedup_key="pods/1",
    last_seen_at=AT,
    first_event=native("event", 71),
    last_event=native("event", 72),
)


def body(**changes):
    changes = {"workspace_id": native("workspace", 1), "policy_id": native("alert_policy", 5)} | changes
    message = a_page(policy="Nights", **({"alerts": (ONE,)} | changes))
    return msgspec.json.decode(GuanceHttpChannel().render(message, {}).body)


def test_one_event_is_one_object_of_df_fields():
    event = body()

    at = int(AT.timestamp())
    assert event == {
        "team": "ops",
        "pod_name": "coredns-1",
        "a": "b",
        "timestamp": at,
        "date": at,
        "df_status": "critical",
        "df_event_id": to_hex_32("event-", 72),
        "df_event_link": ONE.url,
        "df_title": "Disk full on db-1",
        "df_message": "/var is 97 % full\nand fills in 42 min",
        "df_dimension_tags": '{"a":"b","pod_name":"coredns-1"}',
        "df_label": ["k8s", "prod"],
        "df_source": "monitor",
        "source": "watcher",
        "df_monitor_checker_id": "rul_1",
        "df_monitor_checker_name": "Pods",
        "df_monitor_checker_event_ref": "pods/1",
        "df_monitor_checker_value": "97",
        "Result": 97.0,
        "df_fault_id": to_hex_32("event-", 71),
        "df_fault_status": "fault",
        "df_fault_start_time": at,
        "df_fault_duration": 0,
        "df_workspace_uuid": to_hex_32("wksp_", 1),
        "df_workspace_name": "Example",
        "workspace_uuid": to_hex_32("wksp_", 1),
        "workspace_name": "Example",
        "df_monitor_id": to_hex_32("altpl_", 5),
        "df_monitor_name": "Nights",
        "df_alert_policy_ids": [to_hex_32("altpl_", 5)],
        "df_alert_policy_names": ["Nights"],
        "df_is_silent": "false",
    }


def test_what_is_resolved_is_ok():
    event = body(alerts=(alert_line(status=AlertStatus.RESOLVED, resolved_at=AT),))

    assert (event["df_status"], event["df_fault_status"]) == ("ok", "ok")


def test_gathered_events_are_the_worst_of_them_and_all_of_them():
    many = tuple(alert_line(number) for number in range(300))

    event = body(alerts=many, total=300)

    assert event["df_title"] == "[300 events] Disk full on db-0"
    assert event["df_event_count"] == 300
    assert [each["df_title"] for each in event["df_events"]] == [alert.title for alert in many]
    assert "df_events" not in event["df_events"][0]


def test_an_upgrade_says_so():
    assert body(escalated=True)["df_alert_upgrade"] is True
    assert "df_alert_upgrade" not in body()


def test_a_test_is_an_event_too():
    message = of_kind(NotificationKind.TEST)

    event = msgspec.json.decode(GuanceHttpChannel().render(message, {}).body)

    assert (event["df_status"], event["df_message"]) == ("info", message.body)


def test_labels_cannot_take_the_place_of_fields():
    assert body(alerts=(alert_line(labels={"df_status": "ok"}),))["df_status"] == "critical"
