"""What is stored comes back as it was, on either engine."""

from dataclasses import replace

import pytest

from store import samples
from tocsin.core.ids import PlanId
from tocsin.store import (
    alert_policies,
    alerts,
    credentials,
    destinations,
    escalation_policies,
    events,
    integrations,
    outbox,
    pages,
    people,
    plans,
    schedules,
    services,
    silences,
    teams,
    workspaces,
)

WHOLE = [
    samples.workspace,
    samples.user,
    samples.team,
    samples.service,
    samples.integration,
    samples.destination,
    samples.plan,
    samples.escalation_policy,
    samples.schedule,
    samples.schedule.layers[0],
    samples.schedule.overrides[0],
    samples.silence,
    samples.key,
    samples.event,
    samples.alert,
    samples.alert.acknowledgement,
    samples.page,
    samples.page.responders[0],
    samples.notification,
]


@pytest.mark.parametrize("value", WHOLE, ids=lambda value: type(value).__name__)
def test_the_samples_leave_no_field_at_its_default(value):
    assert samples.unset(value) <= samples.ELSEWHERE


CONFIGURATION = [
    (people, samples.user, None),
    (services, samples.service, None),
    (teams, samples.team, {}),
    (destinations, samples.destination, {}),
    (escalation_policies, samples.escalation_policy, {}),
    (schedules, samples.schedule, {}),
    (alert_policies, samples.alert_policy, {}),
    (silences, samples.silence, {}),
    (integrations, samples.integration, {"token_hash": "h"}),
]


@pytest.mark.parametrize(
    ("repository", "value", "more"), CONFIGURATION, ids=[row[0].__name__ for row in CONFIGURATION]
)
def test_configuration_comes_back_as_it_was_stored(tx_in, repository, value, more):
    if more is not None:
        tx_in(lambda tx: repository.add(tx, value, **more))

    assert tx_in(lambda tx: repository.find(tx, samples.WORKSPACE, value.id)) == value
    assert value in tx_in(lambda tx: repository.all_(tx, samples.WORKSPACE))


def test_a_workspace_comes_back_as_it_was_stored(tx_in):
    stored = tx_in(lambda tx: workspaces.get(tx, samples.WORKSPACE))

    assert stored.settings == samples.workspace.settings
    assert stored.catch_all == samples.workspace.catch_all
    assert stored.version > samples.workspace.version, "three things were added since"


def test_a_key_comes_back_by_its_hash(tx_in):
    tx_in(lambda tx: credentials.add(tx, samples.key, secret_hash="h1"))

    assert tx_in(lambda tx: credentials.by_hash(tx, "h1")) == samples.key
    assert tx_in(lambda tx: credentials.by_hash(tx, "h2")) is None


def test_an_event_comes_back_as_it_was_stored(tx_in):
    tx_in(lambda tx: events.insert_many(tx, [(samples.event, samples.alert.id)]))

    assert tx_in(lambda tx: events.get_many(tx, [samples.event.id])) == [samples.event]


def test_an_alert_comes_back_as_it_was_stored(tx_in):
    tx_in(lambda tx: alerts.insert_many(tx, [samples.alert]))

    assert tx_in(lambda tx: alerts.get_many(tx, [samples.alert.id])) == [samples.alert]


def test_a_page_comes_back_as_it_was_stored_with_its_plan(tx_in):
    def store(tx):
        plans.add_many(tx, samples.WORKSPACE, [samples.plan])
        pages.insert_many(tx, [samples.page])

    tx_in(store)

    assert tx_in(lambda tx: pages.get_many(tx, [samples.page.id])) == [samples.page]
    assert tx_in(lambda tx: plans.get_many(tx, [PlanId(91)])) == {91: samples.plan}


def test_a_digest_comes_back_as_one(tx_in):
    digest = replace(samples.page, level=None, digest=True)

    def store(tx):
        plans.add_many(tx, samples.WORKSPACE, [samples.plan])
        pages.insert_many(tx, [digest])

    tx_in(store)

    assert tx_in(lambda tx: pages.get_many(tx, [digest.id])) == [digest]


def test_a_notification_comes_back_as_it_was_stored(tx_in):
    tx_in(lambda tx: outbox.queue_many(tx, [samples.notification]))

    assert tx_in(lambda tx: outbox.get_many(tx, [samples.notification.id])) == [samples.notification]
