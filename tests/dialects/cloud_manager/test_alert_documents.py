"""What an alert says, by what its events said."""

import pytest

from mongo_office import GROUP
from tocsin.dialects.cloud_manager.words import type_name, units_of, upper_snake

HOST = {"hostId", "hostnameAndPort"}
CLUSTER = {"clusterId", "clusterName"}
EVERYTHING = {
    "host": "[2001:db8::1]:27017",
    "labels": {"replica_set": "rs0", "cluster": "shop", "source_type": "SHARDED_CLUSTER"},
}


@pytest.mark.parametrize(
    ("event_type", "fields", "class_name"),
    [
        ("HOST_DOWN", HOST | {"replicaSetName"}, "HOST"),
        ("OUTSIDE_METRIC_THRESHOLD", HOST | {"replicaSetName"}, "HOST_METRIC"),
        ("NO_PRIMARY", HOST | CLUSTER | {"replicaSetName"}, "REPLICA_SET"),
        ("CLUSTER_MONGOS_IS_MISSING", CLUSTER, "CLUSTER"),
        ("OPLOG_BEHIND", CLUSTER | {"replicaSetName", "sourceTypeName"}, "BACKUP"),
        ("MONITORING_AGENT_DOWN", set(), "AGENT"),
        ("CREDIT_CARD_ABOUT_TO_EXPIRE", set(), "OTHER"),
        ("ORG_DAILY_BILL_OVER_THRESHOLD", set(), "OTHER"),
        ("USERS_WITHOUT_MULTI_FACTOR_AUTH", set(), "OTHER"),
        ("SOMETHING_OF_OURS", HOST | CLUSTER | {"replicaSetName"}, "OTHER"),
    ],
)
def test_which_fields_there_are_depends_on_what_it_is_about(office, event_type, fields, class_name):
    said = office.get(office.report(event_type=event_type, **EVERYTHING))

    optional = HOST | CLUSTER | {"replicaSetName", "sourceTypeName"}
    assert optional & set(said) == fields
    assert (said["eventTypeName"], said["typeName"]) == (event_type, class_name)
    assert said["tags"] == ["replica_set:rs0", "cluster:shop", "source_type:SHARDED_CLUSTER"]
    assert None not in said.values()


@pytest.mark.parametrize(
    ("fields", "event_type"),
    [
        ({"metric": {"name": "CONNECTIONS", "value": 3}, "host": "a"}, "OUTSIDE_METRIC_THRESHOLD"),
        ({"host": "a"}, "HOST_DOWN"),
        ({"monitor_name": "HighLatency p99"}, "HIGH_LATENCY_P99"),
        ({"labels": {"alertname": "KubePodCrashLooping"}}, "KUBE_POD_CRASH_LOOPING"),
        ({"title": "Größe: too much!"}, "GR_E_TOO_MUCH"),
        ({"title": "***"}, "NEW_ALERT"),
    ],
)
def test_an_event_without_a_type_gets_one_of_what_it_is_about(office, fields, event_type):
    assert office.get(office.report(**fields))["eventTypeName"] == event_type


def test_a_project_may_be_named_by_its_id(office):
    event = {"title": "x", "dedup_key": "x", "project_id": GROUP}

    assert office.api.alert(**event)["service"]["slug"] == "shop"


def test_an_alert_that_is_over_says_when_and_no_more_who_had_it(office):
    path = office.report(event_type="HOST_DOWN")
    office.acknowledge(path)
    office.report(status="resolved")

    said = office.get(path)

    assert (said["status"], said["resolved"]) == ("CLOSED", "2026-03-06T09:00:00Z")
    assert "acknowledgedUntil" not in said


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", "RAW"),
        ("MEGABYTES", "MEGABYTES"),
        ("megabytes", "MEGABYTES"),
        ("ms", "MILLISECONDS"),
        ("x", "RAW"),
    ],
)
def test_units_are_those_that_the_vendor_has(text, units):
    assert units_of(text) == units


def test_words_are_cut_where_case_turns():
    assert upper_snake("DBHostDown-9") == "DB_HOST_DOWN_9"
    assert type_name("NO_SUCH_TYPE") == "OTHER"
