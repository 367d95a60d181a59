"""Configuration: nobody's change is overwritten unseen, and every change is seen by every node."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from store import samples
from store.samples import MINUTE, NOW, OTHER_WORKSPACE, WORKSPACE
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import compose
from tocsin.core.people import ContactMethod, Importance, NotificationRule
from tocsin.store import (
    alert_policies,
    credentials,
    destinations,
    directories,
    escalation_policies,
    extras,
    integrations,
    outbox,
    people,
    schedules,
    services,
    silences,
    teams,
    workspaces,
)
from tocsin.store.database import open_database
from tocsin.store.people import Code
from tocsin.store.secrets import Vault, VaultKey
from tocsin.store.statements import two_forms
from tocsin.store.workspaces import version


@pytest.fixture
def new_id():
    """Ids made at the time of the samples, so that nothing in them is long over."""
    numbers = iter(range(1, 1_000_000))
    return lambda: compose(int(NOW.timestamp() * 1000), next(numbers))


@pytest.fixture
def configured(populated):
    """A workspace with one of everything."""

    def configure(tx):
        teams.add(tx, samples.team)
        integrations.add(tx, samples.integration, token_hash="h")
        destinations.add(tx, samples.destination)
        schedules.add(tx, samples.schedule)
        escalation_policies.add(tx, samples.escalation_policy)
        alert_policies.add(tx, samples.alert_policy)
        silences.add(tx, samples.silence)

    populated.transact(configure)
    return populated


def current(database, workspace=WORKSPACE):
    return database.read_now(lambda tx: directories.current(tx, workspace))


def saved(database, repository, value, **changes):
    new = replace(value, **changes)
    database.transact(lambda tx: repository.save(tx, new, value))
    return database.transact(lambda tx: repository.find(tx, WORKSPACE, value.id)), new


MOTHER = ContactMethod(id=33, user=21, channel="email", address="mother@example.com")


@pytest.mark.parametrize(
    ("repository", "value", "changes"),
    [
        (people, samples.user, {"email": "anna@example.com", "name": "", "rules": ()}),
        (people, samples.user, {"contact_methods": (*samples.user.contact_methods, MOTHER)}),
        (
            people,
            samples.user,
            {
                "contact_methods": (samples.user.contact_methods[1], MOTHER),
                "rules": (replace(samples.user.rules[0], contact_method=33), *samples.user.rules[1:]),
            },
        ),
        (
            people,
            samples.user,
            {
                "rules": (
                    replace(samples.user.rules[1], position=0),
                    replace(samples.user.rules[0], position=5),
                    NotificationRule(
                        id=49, user=21, importance=Importance.IMPORTANT, position=3, wait=MINUTE
                    ),
                )
            },
        ),
        (teams, samples.team, {"members": (21,), "roles": {21: samples.team.roles[21]}, "name": "Ops"}),
        (services, samples.service, {"slug": "other", "team": None}),
        (integrations, samples.integration, {"mapping": {}, "revoked_at": None}),
        (destinations, samples.destination, {"address": "https://example.com/new", "options": {}}),
        (escalation_policies, samples.escalation_policy, {"plan": replace(samples.plan, id=99, steps=())}),
        (schedules, samples.schedule, {"overrides": samples.schedule.overrides[:0:-1], "tags": ()}),
        (
            schedules,
            samples.schedule,
            {
                "layers": (
                    replace(samples.schedule.layers[0], days=1, seconds=0),
                    replace(samples.schedule.layers[1], id=125),
                )
            },
        ),
        (schedules, samples.schedule, {"layers": samples.schedule.layers[::-1], "overrides": ()}),
        (alert_policies, samples.alert_policy, {"enabled": False, "rules": samples.alert_policy.rules[1:]}),
        (silences, samples.silence, {"ends_at": None, "recurring": None, "services": frozenset()}),
    ],
)
def test_a_change_is_stored_whole(configured, repository, value, changes):
    stored, wanted = saved(configured, repository, value, **changes)

    assert stored == wanted


def test_a_change_over_what_somebody_else_has_changed_is_a_conflict_and_changes_nothing(configured):
    theirs, _ = saved(configured, services, samples.service, name="Theirs")
    before = configured.read_now(lambda tx: version(tx, WORKSPACE))

    with pytest.raises(Conflict, match="changed by somebody else"):
        saved(configured, services, samples.service, name="Ours")

    assert configured.read_now(lambda tx: services.find(tx, WORKSPACE, samples.SERVICE)) == theirs
    assert configured.read_now(lambda tx: version(tx, WORKSPACE)) == before


def test_of_two_changes_at_once_one_wins_and_the_other_is_told(configured, open_another):
    both_have_read = threading.Barrier(2, timeout=10)
    outcomes = []

    def change(node, name):
        was = node.read_now(lambda tx: services.find(tx, WORKSPACE, samples.SERVICE))
        both_have_read.wait()
        try:
            node.transact(lambda tx: services.save(tx, replace(was, name=name), was))
            outcomes.append(name)
        except Conflict as conflict:
            outcomes.append(type(conflict))

    threads = [threading.Thread(target=change, args=(open_another(), name)) for name in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Conflict in outcomes
    assert current(configured).services[samples.SERVICE].name in outcomes


@pytest.mark.parametrize(
    ("repository", "value", "called"),
    [
        (people, replace(samples.second_user, id=29, email="ANA@example.COM"), "e-mail address"),
        (services, replace(samples.service, id=19), "slug"),
        (teams, replace(samples.team, id=59), "handle"),
    ],
)
def test_a_name_is_taken_once_in_a_workspace_and_free_in_another(configured, repository, value, called):
    with pytest.raises(Conflict, match=f"already a .* with the {called}"):
        configured.transact(lambda tx: repository.add(tx, value))

    elsewhere = replace(value, workspace=OTHER_WORKSPACE)
    if repository is teams:
        elsewhere = replace(elsewhere, members=(), roles={})
    configured.transact(lambda tx: repository.add(tx, elsewhere))


def test_what_belongs_to_another_workspace_is_not_there(configured):
    with pytest.raises(NotFound, match="there is no schedule 'sch_"):
        configured.transact(lambda tx: schedules.find(tx, OTHER_WORKSPACE, samples.schedule.id))
    assert configured.transact(lambda tx: schedules.all_(tx, OTHER_WORKSPACE)) == []


def test_what_is_deleted_goes_with_all_its_parts_and_is_not_found_again(configured):
    def delete(tx):
        schedules.delete(tx, samples.schedule)
        teams.delete(tx, samples.team)
        people.delete(tx, samples.user)
        integrations.delete(tx, samples.integration)

    configured.transact(delete)

    directory = current(configured)
    assert (directory.schedules, directory.teams, directory.integrations) == ({}, {}, {})
    assert set(directory.users) == {22}
    with pytest.raises(NotFound):
        configured.transact(lambda tx: schedules.delete(tx, samples.schedule))
    sql = "SELECT (SELECT count(*) FROM schedule_layers) + (SELECT count(*) FROM contact_methods)"
    leftovers = two_forms(sqlite=sql, postgresql=sql)
    assert configured.read_now(lambda tx: tx.scalar(leftovers)) == 0


def test_what_dialects_keep_beside_an_object_goes_with_it(configured):
    def delete(tx):
        extras.put(tx, "datadog", "service", samples.SERVICE, {"a": 1})
        extras.put(tx, "datadog", "service", 12, {"a": 2})
        services.delete(tx, samples.service)
        return extras.get_many(tx, "datadog", "service", [samples.SERVICE, 12])

    assert configured.transact(delete) == {12: {"a": 2}}


def test_configuration_is_listed_by_a_cursor_the_oldest_first(populated):
    extra = [replace(samples.service, id=100 + n, slug=f"s{n}") for n in range(5)]

    def add(tx):
        for service in extra:
            services.add(tx, service)

    populated.transact(add)

    first = populated.read_now(lambda tx: services.list_(tx, WORKSPACE, limit=4))
    rest = populated.read_now(lambda tx: services.list_(tx, WORKSPACE, after=first.next, limit=4))
    assert [service.id for service in first.items] == [11, 100, 101, 102]
    assert first.total == rest.total == 6
    assert ([service.id for service in rest.items], rest.next) == ([103, 104], None)


# --- the directory ------------------------------------------------------------------------------------


def test_the_directory_holds_the_whole_configuration(configured):
    directory = current(configured)

    assert directory.name == "Acme"
    assert directory.users == {21: samples.user, 22: samples.second_user}
    assert directory.teams == {51: samples.team}
    assert directory.services == {11: samples.service}
    assert directory.integrations == {61: samples.integration}
    assert directory.destinations == {71: samples.destination}
    assert directory.schedules == {111: samples.schedule}
    assert directory.escalation_policies == {81: samples.escalation_policy}
    assert directory.alert_policies == (samples.alert_policy,)
    assert directory.silences == (samples.silence,)
    assert directory.catch_all == 81


def test_the_directory_is_compiled_once_for_each_version(configured):
    first = current(configured)
    assert current(configured) is first

    saved(configured, services, samples.service, name="New")

    second = current(configured)
    assert second is not first
    assert second.version > first.version
    assert second.services[11].name == "New"
    assert current(configured) is second


def test_the_directory_is_at_hand_once_it_was_read_and_until_something_changes(configured):
    def at_hand():
        return configured.read_now(lambda tx: directories.at_hand(tx, WORKSPACE))

    assert at_hand() is None
    assert at_hand() is None, "asking for it does not read it"
    assert current(configured) is at_hand()

    saved(configured, services, samples.service, name="New")

    assert at_hand() is None
    assert current(configured) is at_hand()


def test_every_node_sees_a_change_at_once(configured, open_another):
    other = open_another()
    assert current(other).services[11].name == "Shop"

    saved(configured, services, samples.service, name="New")

    assert current(other).services[11].name == "New"


def test_a_transaction_sees_its_own_changes_and_nobody_sees_what_it_takes_back(configured):
    before = current(configured)
    seen = []

    def action(tx):
        services.save(tx, replace(samples.service, name="Never"), samples.service)
        seen.append(directories.current(tx, WORKSPACE).services[11].name)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        configured.transact(action)

    assert seen == ["Never"]
    assert current(configured) is before
    saved(configured, services, samples.service, name="New")
    assert current(configured).services[11].name == "New", "though it has the version that was taken back"


def test_every_kind_of_change_counts_the_version_up(configured):
    def changes(tx):
        before = version(tx, WORKSPACE)
        tx_changes = [
            lambda: services.save(tx, replace(samples.service, name="x"), samples.service),
            lambda: silences.delete(tx, samples.silence),
            lambda: integrations.set_token(tx, samples.integration, token_hash="new", hint="new"),
            lambda: workspaces.save(tx, replace(samples.workspace, name="y")),
        ]
        for number, change in enumerate(tx_changes, start=1):
            change()
            assert version(tx, WORKSPACE) == before + number
        return tx.wakes

    assert configured.transact(changes) == {"config"}
    assert configured.read_now(lambda tx: workspaces.get(tx, WORKSPACE)).name == "y"
    assert configured.read_now(lambda tx: integrations.by_token(tx, "h")) is None


def test_one_broken_row_does_not_take_the_rest_of_the_directory_with_it(configured, caplog):
    broken = replace(samples.alert_policy, id=142, rules=())
    configured.transact(lambda tx: alert_policies.add(tx, broken))
    sql = """UPDATE alert_policies SET definition = '{"scope":{"filter":"(((("}}' WHERE id = 142"""
    configured.transact(lambda tx: tx.run(two_forms(sqlite=sql, postgresql=sql)))
    sql = "UPDATE silences SET filter = '(((' WHERE id = 161"
    configured.transact(lambda tx: tx.run(two_forms(sqlite=sql, postgresql=sql)))
    configured.transact(lambda tx: workspaces.changed(tx, WORKSPACE))

    directory = current(configured)

    assert directory.alert_policies == (samples.alert_policy,)
    assert directory.silences == (), "so that it silences nothing"
    assert "alert policy with the id 142 cannot be read" in caplog.text
    assert "silence with the id 161 cannot be read" in caplog.text


def test_policies_that_are_off_and_silences_long_over_are_left_out(configured):
    saved(configured, alert_policies, samples.alert_policy, enabled=False)
    saved(configured, silences, samples.silence, starts_at=NOW, ends_at=NOW - timedelta(days=36))

    directory = current(configured)

    assert directory.alert_policies == ()
    assert directory.silences == ()


def test_a_workspace_that_is_not_there_has_no_directory(populated):
    with pytest.raises(NotFound):
        current(populated, 404)


# --- credentials and codes ----------------------------------------------------------------------------


def test_an_integration_is_found_by_the_hash_of_its_token(configured):
    assert configured.read_now(lambda tx: integrations.by_token(tx, "h")) == samples.integration
    assert configured.read_now(lambda tx: integrations.by_token(tx, "x")) is None


def test_a_key_remembers_its_latest_use_and_is_revoked_once(populated):
    key = replace(samples.key, last_used_at=None, revoked_at=None)

    def use(tx):
        credentials.add(tx, key, secret_hash="h")
        credentials.used(tx, key.id, NOW + MINUTE)
        credentials.used(tx, key.id, NOW)
        credentials.revoke(tx, key.id, NOW + 2 * MINUTE)
        credentials.revoke(tx, key.id, NOW + 3 * MINUTE)

    populated.transact(use)

    assert populated.read_now(lambda tx: credentials.find(tx, WORKSPACE, key.id)) == samples.key
    listed = populated.read_now(lambda tx: credentials.list_(tx, WORKSPACE, limit=5))
    assert listed.items == (samples.key,)
    with pytest.raises(NotFound):
        populated.read_now(lambda tx: credentials.find(tx, OTHER_WORKSPACE, key.id))


def test_a_code_is_sent_tried_and_forgotten_and_outlives_a_change_of_the_label(populated):
    code = Code(hash="h", expires_at=NOW, attempts=0)
    populated.transact(lambda tx: people.set_code(tx, 32, code))
    assert populated.transact(lambda tx: people.code(tx, 32)) == code
    assert populated.transact(lambda tx: people.count_code(tx, 32)) == 1
    methods = (samples.user.contact_methods[0], replace(samples.user.contact_methods[1], label="mine"))
    saved(populated, people, samples.user, contact_methods=methods)

    assert populated.transact(lambda tx: people.code(tx, 32)) == replace(code, attempts=1)

    populated.transact(lambda tx: people.set_code(tx, 32, None))
    assert populated.transact(lambda tx: people.code(tx, 32)) is None


def test_a_password_is_kept_beside_its_user_and_outlives_a_change(populated):
    assert populated.read_now(lambda tx: people.password_hash(tx, 21)) is None
    populated.transact(lambda tx: people.set_password_hash(tx, 21, "$argon2id$"))

    saved(populated, people, samples.user, name="Anna")

    assert populated.read_now(lambda tx: people.password_hash(tx, 21)) == "$argon2id$"


def test_people_are_found_by_their_address_in_any_case_of_its_letters(populated):
    populated.transact(
        lambda tx: people.add(tx, replace(samples.second_user, id=23, workspace=2, email="ANA@example.com"))
    )

    anywhere = populated.read_now(lambda tx: people.anywhere_with_email(tx, " Ana@EXAMPLE.com "))
    assert [user.id for user in anywhere] == [21, 23]


# --- secrets ------------------------------------------------------------------------------------------


def everything_stored(database, database_url):
    if database.engine == "sqlite":
        path = database_url.removeprefix("sqlite:///")
        return b"".join(Path(path + end).read_bytes() for end in ("", "-wal"))
    tables = two_forms(
        sqlite="",
        postgresql="SELECT string_agg(query_to_xml(format('SELECT * FROM %%I', table_name), true, false, '')"
        "::text, '') FROM information_schema.tables WHERE table_schema = 'public'",
    )
    return database.read_now(lambda tx: tx.scalar(tables)).encode()


def test_secrets_cannot_be_read_in_what_is_stored(configured, database_url):
    def store(tx):
        credentials.add(tx, samples.key, secret_hash="h")
        outbox.queue_many(tx, [samples.notification])

    configured.transact(store)
    stored = everything_stored(configured, database_url)

    assert b"War room" in stored, "what is no secret can be read"
    assert b"very-secret" not in stored


def test_nothing_sealed_opens_without_its_key(configured, database_url, new_id):
    other_vault = Vault([VaultKey(name="other", secret=b"o" * 32)])
    database = open_database(database_url, new_id=new_id, vault=other_vault)

    with pytest.raises(Exception, match="does not have"):
        database.read_now(lambda tx: destinations.find(tx, WORKSPACE, 71))
    assert database.read_now(lambda tx: services.find(tx, WORKSPACE, 11)) == samples.service
    database.close()
