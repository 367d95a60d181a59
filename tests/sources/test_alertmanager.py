"""Payloads as Alertmanager sends them, with what its versions, its users and its imitators do differently."""

import copy
import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.core.event import EventStatus, Severity
from tocsin.core.ids import EventId, ServiceId, WorkspaceId
from tocsin.sources.alertmanager import fingerprint, parse

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
OWNER = {"id": EventId(1), "workspace": WorkspaceId(2), "service": ServiceId(3)}

# Alertmanager 0.28: one group of two alerts, one of them already over.
GROUP = json.loads("""
{
  "receiver": "tocsin",
  "status": "firing",
  "alerts": [
    {
      "status": "firing",
      "labels": {
        "alertname": "DiskWillFillIn4Hours",
        "device": "/dev/vda1",
        "instance": "db-1.example.org:9100",
        "job": "node",
        "severity": "critical",
        "team": "data"
      },
      "annotations": {
        "description": "At this pace /var/lib/postgresql is full at 13:00.",
        "runbook_url": "https://runbooks.example.org/disk",
        "summary": "Disk on db-1 fills up"
      },
      "startsAt": "2026-03-06T08:59:44.262Z",
      "endsAt": "0001-01-01T00:00:00Z",
      "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=predict_linear&g0.tab=1",
      "fingerprint": "b1a7ba5a3c4e6f20"
    },
    {
      "status": "resolved",
      "labels": {
        "alertname": "DiskWillFillIn4Hours",
        "instance": "db-2.example.org:9100",
        "severity": "warning"
      },
      "annotations": {"description": "It was /tmp."},
      "startsAt": "2026-03-06T07:00:00.123456789+01:00",
      "endsAt": "2026-03-06T09:58:44.262+01:00",
      "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=predict_linear&g0.tab=1",
      "fingerprint": "c2a7ba5a3c4e6f21"
    }
  ],
  "groupLabels": {"alertname": "DiskWillFillIn4Hours"},
  "commonLabels": {"alertname": "DiskWillFillIn4Hours"},
  "commonAnnotations": {},
  "externalURL": "http://alertmanager.example.org:9093",
  "version": "4",
  "groupKey": "{}/{team=\\"data\\"}:{alertname=\\"DiskWillFillIn4Hours\\"}",
  "truncatedAlerts": 0
}
""")

# kube-prometheus-stack: the dead man's switch, of severity "none", with the annotations of older rules.
WATCHDOG = {
    "receiver": "tocsin",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Watchdog", "prometheus": "monitoring/k8s", "severity": "none"},
            "annotations": {"message": "This alert is always firing."},
            "startsAt": "2026-03-01T00:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
        }
    ],
    "externalURL": "http://monitoring-alertmanager.monitoring:9093",
    "version": "4",
    "groupKey": "{}:{}",
}


def read(payload):
    written = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse(written, received_at=NOW)


def one(alert, **group):
    (draft,) = read({**GROUP, "alerts": [alert], **group})
    return draft


def alert(**labels):
    return {**GROUP["alerts"][0], "labels": labels}


def test_each_alert_of_a_group_becomes_an_event():
    disk, over = read(GROUP)

    assert (disk.dedup_key, disk.status, disk.severity) == (
        "b1a7ba5a3c4e6f20",
        EventStatus.FIRING,
        Severity.CRITICAL,
    )
    assert disk.title == "Disk on db-1 fills up"
    assert disk.message == "At this pace /var/lib/postgresql is full at 13:00."
    assert disk.labels == GROUP["alerts"][0]["labels"]
    assert disk.host == "db-1.example.org"
    assert disk.source == "alertmanager"
    assert disk.monitor_name == "DiskWillFillIn4Hours"
    assert disk.occurred_at == datetime(2026, 3, 6, 8, 59, 44, 262_000, tzinfo=UTC)
    assert disk.links == (
        "https://runbooks.example.org/disk",
        "http://prometheus.example.org:9090/graph?g0.expr=predict_linear&g0.tab=1",
        "http://alertmanager.example.org:9093",
    )
    assert (over.dedup_key, over.status, over.severity) == (
        "c2a7ba5a3c4e6f21",
        EventStatus.RESOLVED,
        Severity.WARNING,
    )
    assert over.title == "DiskWillFillIn4Hours on db-2.example.org:9100"
    assert over.occurred_at == datetime(2026, 3, 6, 8, 58, 44, 262_000, tzinfo=UTC)


def test_what_has_no_field_of_its_own_is_kept():
    disk, _ = read({**GROUP, "notificationReason": "first"})

    kept = disk.details
    assert kept["annotations"] == GROUP["alerts"][0]["annotations"]
    assert kept["startsAt"] == "2026-03-06T08:59:44.262Z"
    assert kept["group"]["groupKey"] == GROUP["groupKey"]
    assert kept["group"]["receiver"] == "tocsin"
    assert kept["group"]["commonAnnotations"] == {}
    assert kept["group"]["notificationReason"] == "first"


def test_a_dead_mans_switch_is_information():
    (draft,) = read(WATCHDOG)

    assert (draft.severity, draft.title) == (Severity.INFO, "Watchdog")
    assert draft.message == "This alert is always firing."
    assert draft.links == ("http://monitoring-alertmanager.monitoring:9093",)
    assert draft.host == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda found, _: found.update(labels=dict(reversed(found["labels"].items()))),
        lambda found, _: found.update(annotations={"summary": "changed", "value": "99"}),
        lambda found, _: found.pop("annotations"),
        lambda found, _: found.update(generatorURL="http://other:9090"),
        lambda found, _: found.update(startsAt="2026-03-06T01:00:00Z"),
        lambda found, _: found.pop("fingerprint"),
        lambda _, group: group.pop("groupKey"),
        lambda _, group: group.update(groupKey="{}:{}", receiver="other", groupLabels={}, version="5"),
    ],
)
def test_a_resolve_names_the_alert_that_fired_whatever_else_changed(change):
    fired = copy.deepcopy(GROUP)
    fired["alerts"] = fired["alerts"][:1]
    fired["alerts"][0]["fingerprint"] = fingerprint(fired["alerts"][0]["labels"])
    over = copy.deepcopy(fired)
    over["alerts"][0] |= {"status": "resolved", "endsAt": "2026-03-06T09:00:00Z"}
    change(over["alerts"][0], over)

    (firing,), (resolved,) = read(fired), read(over)

    assert resolved.status is EventStatus.RESOLVED
    assert resolved.dedup_key == firing.dedup_key


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        # as Alertmanager 0.25 sent it
        ({"alertname": "X", "instance": "db-2:9100"}, 0x90CE34539F81C822),
        # prometheus/common, model/signature_test.go
        ({}, 14695981039346656037),
        ({"name": "garland, briggs", "fear": "love is not enough"}, 5799056148416392346),
    ],
)
def test_a_missing_fingerprint_is_computed_as_prometheus_does(labels, expected):
    assert fingerprint(labels) == f"{expected:016x}"
    assert one({"labels": labels}).dedup_key == f"{expected:016x}"


@given(labels=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=6), data=st.data())
def test_the_order_of_labels_never_changes_the_dedup_key(labels, data):
    names = data.draw(st.permutations(list(labels)))

    shuffled = one({"labels": {name: labels[name] for name in names}})

    assert shuffled.dedup_key == one({"labels": labels}).dedup_key


@given(
    one_set=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
    other=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
)
def test_other_labels_are_another_alert(one_set, other):
    assert (fingerprint(one_set) == fingerprint(other)) is (one_set == other)


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "page"}, Severity.CRITICAL),
        ({"severity": "CRITICAL"}, Severity.CRITICAL),
        ({"severity": "high"}, Severity.ERROR),
        ({"severity": "major"}, Severity.ERROR),
        ({"severity": "warning"}, Severity.WARNING),
        ({"severity": "minor"}, Severity.WARNING),
        ({"severity": "info"}, Severity.INFO),
        ({"severity": "none"}, Severity.INFO),
        ({"priority": "P1"}, Severity.CRITICAL),
        ({"severity": "info", "priority": "P1"}, Severity.INFO),
        ({"severity": "purple"}, Severity.ERROR),
        ({"severity": ""}, Severity.ERROR),
        ({}, Severity.ERROR),
    ],
)
def test_severity_comes_from_the_labels_and_an_unknown_one_still_pages(labels, severity):
    assert one(alert(**labels)).severity is severity


@pytest.mark.parametrize(
    ("instance", "host"),
    [
        ("db-1:9100", "db-1"),
        ("10.0.0.7:9100", "10.0.0.7"),
        ("[2001:db8::1]:9100", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("https://Shop.example.org:8443/health", "Shop.example.org"),
        ("namespace/pod", "namespace/pod"),
        ("", ""),
    ],
)
def test_the_host_is_the_instance_without_its_port(instance, host):
    assert one(alert(instance=instance)).host == host


@pytest.mark.parametrize(
    ("labels", "annotations", "title"),
    [
        ({"alertname": "Down", "instance": "a:1"}, {"summary": "A is down"}, "A is down"),
        ({"alertname": "Down", "instance": "a:1"}, {}, "Down on a:1"),
        ({"alertname": "Down"}, None, "Down"),
        ({"b": "2", "a": "1"}, {}, "a=1, b=2"),
        ({}, {}, "an alert without labels"),
    ],
)
def test_the_title_is_what_says_most(labels, annotations, title):
    assert one({"labels": labels, "annotations": annotations}).title == title


@pytest.mark.parametrize(
    ("times", "status", "occurred"),
    [
        ({"startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}, "firing", NOW),
        (
            {"startsAt": "2026-03-06T08:00:00Z", "endsAt": "2026-03-06T12:00:00Z"},
            "firing",
            NOW.replace(hour=8),
        ),
        ({"startsAt": "2026-03-06T08:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}, "resolved", NOW),
        (
            {"startsAt": "2026-03-06T07:00:00Z", "endsAt": "2026-03-06T08:00:00Z"},
            "resolved",
            NOW.replace(hour=8),
        ),
        ({"startsAt": None}, "firing", NOW),
        ({}, "firing", NOW),
    ],
)
def test_it_occurred_when_it_began_or_ended_if_that_is_known(times, status, occurred):
    assert one({"labels": {"alertname": "x"}, "status": status, **times}).occurred_at == occurred


def test_an_alert_without_a_status_has_that_of_its_group():
    assert one({"labels": {}}, status="resolved").status is EventStatus.RESOLVED


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 more alert of this group"), (40, "40 more alerts of this group")]
)
def test_alerts_that_were_left_out_are_told_with_every_alert_that_was_not(count, words):
    for draft in read({**GROUP, "truncatedAlerts": count}):
        assert words in draft.message
        assert "http://alertmanager.example.org:9093" in draft.message
        assert draft.labels["tocsin/truncated-alerts"] == str(count)
        assert draft.details["group"]["truncatedAlerts"] == count


def test_alerts_that_were_left_out_are_told_even_after_a_message_without_end():
    long = {**GROUP["alerts"][0], "annotations": {"description": "x" * 100_000}}

    event = one(long, truncatedAlerts=3).event(**OWNER)

    assert event.message.endswith("all of them are at http://alertmanager.example.org:9093.")


def test_that_alerts_were_left_out_does_not_change_which_alert_it_is():
    bare = {key: value for key, value in GROUP["alerts"][0].items() if key != "fingerprint"}

    assert one(bare, truncatedAlerts=3).dedup_key == one(bare).dedup_key


def test_labels_that_are_no_text_become_text():
    draft = one({"labels": {"alertname": "x", "shard": 7, "primary": True, "none": None, "list": [1]}})

    assert draft.labels == {"alertname": "x", "shard": "7", "primary": "true", "list": "[1]"}


def test_addresses_that_are_not_safe_to_follow_are_not_linked():
    draft = one({"labels": {}, "generatorURL": "javascript:alert(1)"}, externalURL="alertmanager:9093")

    assert draft.links == ()
    assert draft.details["generatorURL"] == "javascript:alert(1)"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "the body is empty"),
        (b"{", "the body is not JSON that can be read"),
        ([], "the body is not an object; it must be a webhook message of Alertmanager"),
        ({}, "alerts is missing or empty; it must be the list of the group's alerts"),
        ({"alerts": []}, "alerts is missing or empty"),
        ({"alerts": None}, "alerts is missing or empty"),
        ({"alerts": {"a": 1}}, "alerts is missing or empty"),
        ({"alerts": [{"labels": {}}, 5]}, "alerts[1] is not an object; it must be an alert"),
        (
            {"alerts": [{"labels": ["a"]}]},
            "alerts[0].labels is not an object; it must be an object of names and texts",
        ),
        ({"alerts": [{"annotations": "a"}]}, "alerts[0].annotations is not an object"),
        ({"alerts": [{"status": "sideways"}]}, "alerts[0].status is sideways; it must be firing or resolved"),
        ({"alerts": [{"status": 5}]}, "alerts[0].status is 5; it must be firing or resolved"),
        ({"status": "sideways", "alerts": [{}]}, "status is sideways; it must be firing or resolved"),
        (
            {"alerts": [{"startsAt": "yesterday"}]},
            "alerts[0].startsAt is 'yesterday'; it must be an RFC 3339 time",
        ),
        ({"alerts": [{}], "truncatedAlerts": -1}, "truncatedAlerts is no count"),
        ({"alerts": [{}], "truncatedAlerts": "many"}, "truncatedAlerts is no count"),
    ],
)
def test_what_is_no_message_of_alertmanager_is_refused(payload, said):
    with pytest.raises(Invalid) as refusal:
        read(payload)

    assert said in str(refusal.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=4), below, max_size=4),
    max_leaves=12,
)
ALERTS = st.dictionaries(st.sampled_from([*GROUP["alerts"][0], "other"]), JSON)
GROUPS = st.dictionaries(st.sampled_from([*GROUP, "other"]), JSON)


@given(
    payload=JSON
    | st.builds(lambda group, alerts: {**group, "alerts": alerts}, GROUPS, st.lists(ALERTS, max_size=3))
)
def test_any_json_is_taken_or_refused(payload):
    try:
        drafts = read(payload)
    except Invalid:
        return

    for draft in drafts:
        assert draft.dedup_key
        msgspec.json.encode(draft.event(**OWNER))
