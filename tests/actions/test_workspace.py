from dataclasses import replace

import pytest

from builders import NOW
from configured import entropy
from tocsin.actions import tokens, workspace
from tocsin.actions.actor import Permission
from tocsin.actions.key_kinds import digest_ha1
from tocsin.actions.passwords import is_password
from tocsin.actions.workspace import Beginning
from tocsin.core.errors import Conflict, Forbidden, Invalid
from tocsin.core.escalation import NotifyTargets, UserTarget
from tocsin.core.ids import EscalationPolicyId
from tocsin.core.people import Role
from tocsin.core.spelling import from_hex_24, from_native
from tocsin.store import audit, credentials, directories, people, workspaces
from tocsin.store.secrets import token_hash


def begin(tx, email="olga@example.com") -> Beginning:
    return workspace.init(tx, email=email, entropy=entropy, now=NOW)


@pytest.fixture
def beginning(database) -> Beginning:
    return database.transact(begin)


def test_the_first_workspace_begins_with_all_that_is_needed_to_be_paged(beginning):
    document = beginning.document()

    assert set(document) == {"workspace", "owner", "service", "credentials"}
    assert document["owner"]["email"] == "olga@example.com"
    assert {kind: set(parts) for kind, parts in document["credentials"].items()} == {
        "tocsin": {"token"},
        "datadog": {"api_key", "application_key"},
        "grafana_oncall": {"token"},
        "cloud_manager": {"public_key", "private_key", "project_id", "client_id", "client_secret"},
        "guance": {"api_key"},
        "digitalocean": {"token"},
    }
    service = from_native(document["service"]["id"], "service")
    assert from_hex_24(document["credentials"]["cloud_manager"]["project_id"]) == service


def test_the_owner_can_log_in_and_the_token_acts_for_them(database, beginning):
    token = beginning.credentials["tocsin"]["token"]

    hashed = database.transact(lambda tx: people.password_hash(tx, beginning.owner.id))
    actor = database.transact(lambda tx: tokens.of_token(tx, token_hash(token)))

    assert hashed.startswith("$argon2id$")
    assert is_password(beginning.password, hashed)
    assert not is_password("a guess of mine", hashed)
    assert (actor.user, actor.service) == (beginning.owner.id, beginning.service.id)
    assert actor.may(Permission.OWN)


def test_what_nobody_takes_asks_the_owner(database, beginning):
    directory = database.transact(lambda tx: directories.current(tx, beginning.workspace.id))

    plan = directory.catch_all_plan
    assert plan.steps[0].action == NotifyTargets(targets=(UserTarget(user=beginning.owner.id),))
    assert directory.recipients(plan.steps[0].action.targets[0], NOW)[0].who.role is Role.OWNER


def test_a_second_beginning_is_refused_and_changes_nothing(database, beginning):
    before = database.transact(lambda tx: workspaces.get(tx, beginning.workspace.id))

    with pytest.raises(Conflict, match="there is a workspace already; nothing was changed"):
        database.transact(lambda tx: begin(tx, "eve@example.com"))

    assert database.transact(lambda tx: workspaces.get(tx, beginning.workspace.id)) == before
    assert database.transact(workspaces.count) == 1


def test_a_beginning_that_fails_leaves_an_empty_database(database):
    with pytest.raises(Invalid):
        database.transact(lambda tx: begin(tx, "nobody"))

    assert database.transact(workspaces.count) == 0


def test_a_digest_pair_is_kept_as_what_the_digest_needs_and_no_more(database, beginning):
    parts = beginning.credentials["cloud_manager"]

    key = database.transact(lambda tx: credentials.by_hash(tx, token_hash(parts["public_key"])))

    assert key.extra == {
        "ha1": digest_ha1(parts["public_key"], parts["private_key"]),
        "client_secret_hash": token_hash(parts["client_secret"]),
    }
    assert from_hex_24(parts["client_id"].removeprefix("mdb_sa_id_")) == key.id
    assert key.hint == parts["public_key"]


def test_the_digest_is_that_of_rfc_7616():
    # md5 of "abcdefgh:MMS Public API:secret"
    assert digest_ha1("abcdefgh", "secret") == "aeb7d4450bc463b4ae235889101c1fed"


def test_no_secret_is_in_the_audit_log(database, beginning):
    log = database.transact(lambda tx: audit.list_(tx, beginning.workspace.id, limit=200))

    parts = {name: part for kind in beginning.credentials.values() for name, part in kind.items()}
    shown = {"public_key", "project_id", "client_id"}
    secrets = [part for name, part in parts.items() if name not in shown]
    assert log.total > len(beginning.credentials)
    assert [secret for secret in [*secrets, beginning.password] if secret in str(log)] == []


def test_the_workspace_is_renamed_and_loses_its_catch_all(office):
    changed = office.do(workspace.change, lambda was: replace(was, name="Acme", catch_all=None))

    assert (changed.name, changed.catch_all) == ("Acme", None)
    (entry, *_) = office.log()
    assert (entry.action, entry.kind, entry.name) == ("changed", "workspace", "Acme")
    assert entry.changes == {"name": {"before": "Example", "after": "Acme"}}


def test_a_catch_all_must_be_an_escalation_policy_of_the_workspace(office):
    with pytest.raises(Invalid) as refused:
        office.do(workspace.change, lambda was: replace(was, catch_all=EscalationPolicyId(7)))

    assert refused.value.path == "catch_all"


def test_a_responder_does_not_rename_the_workspace(office):
    with pytest.raises(Forbidden):
        office.do(workspace.change, lambda was: was, by=office.hire("Rita"))
