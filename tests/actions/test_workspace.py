from dataclasses import replace

import pytest

from builders import NOW
from configured import entropy
from tocsin.actions import audit, tokens, workspace
from tocsin.actions.actor import Permission
from tocsin.actions.key_kinds import digest_ha1
from tocsin.actions.passwords import is_password
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.escalation import NotifyTargets, UserTarget
from tocsin.core.ids import EscalationPolicyId
from tocsin.core.people import Role
from tocsin.core.spelling import from_hex_24, from_native
from tocsin.store import audit as stored_audit
from tocsin.store import credentials, directories, people, workspaces
from tocsin.store.secrets import token_hash


def test_the_first_workspace_begins_with_all_that_is_needed_to_be_paged(office):
    document = office.beginning.document()

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


def test_the_owner_can_log_in_and_the_token_acts_for_them(office):
    document = office.beginning.document()
    owner = office.beginning.owner

    hashed = office.database.transact(lambda tx: people.password_hash(tx, owner.id))
    token = document["credentials"]["tocsin"]["token"]
    actor = office.database.transact(lambda tx: tokens.of_token(tx, token_hash(token)))

    assert hashed.startswith("$argon2id$")
    assert is_password(document["owner"]["password"], hashed)
    assert not is_password("a guess of mine", hashed)
    assert (actor.user, actor.service) == (owner.id, office.beginning.service.id)
    assert actor.may(Permission.OWN)


def test_what_nobody_takes_asks_the_owner(office):
    directory = office.database.transact(lambda tx: directories.current(tx, office.workspace))

    plan = directory.catch_all_plan
    assert plan.steps[0].action == NotifyTargets(targets=(UserTarget(user=office.beginning.owner.id),))
    assert directory.recipients(plan.steps[0].action.targets[0], NOW)[0].who.role is Role.OWNER


def test_a_second_beginning_is_refused_and_changes_nothing(office):
    before = office.database.transact(lambda tx: workspaces.get(tx, office.workspace))

    with pytest.raises(Conflict, match="there is a workspace already; nothing was changed"):
        office.database.transact(
            lambda tx: workspace.init(tx, email="eve@example.com", entropy=entropy, now=NOW)
        )

    assert office.database.transact(lambda tx: workspaces.get(tx, office.workspace)) == before
    assert office.database.transact(workspaces.count) == 1


def test_a_beginning_that_fails_leaves_an_empty_database(database):
    with pytest.raises(Invalid):
        database.transact(lambda tx: workspace.init(tx, email="nobody", entropy=entropy, now=NOW))

    assert database.transact(workspaces.count) == 0


def test_a_digest_pair_is_kept_as_what_the_digest_needs_and_no_more(office):
    parts = office.beginning.credentials["cloud_manager"]

    key = office.database.transact(lambda tx: credentials.by_hash(tx, token_hash(parts["public_key"])))

    assert key.extra["ha1"] == digest_ha1(parts["public_key"], parts["private_key"])
    assert key.extra["client_secret_hash"] == token_hash(parts["client_secret"])
    assert from_hex_24(parts["client_id"].removeprefix("mdb_sa_id_")) == key.id
    assert key.hint == parts["public_key"]


def test_the_digest_is_that_of_rfc_7616():
    # md5 of "abcdefgh:MMS Public API:secret"
    assert digest_ha1("abcdefgh", "secret") == "aeb7d4450bc463b4ae235889101c1fed"


def test_no_secret_is_in_the_audit_log(office):
    told = office.run(audit.list_, limit=200)

    text = str(told)
    secrets = [part for parts in office.beginning.credentials.values() for part in parts.values()]
    assert told.total > 6
    assert not [
        secret for secret in [*secrets, office.beginning.password] if secret in text and len(secret) > 24
    ]


def test_the_workspace_is_renamed_and_loses_its_catch_all(office):
    changed = office.do(workspace.change, lambda was: replace(was, name="Example", catch_all=None))

    assert (changed.name, changed.catch_all) == ("Example", None)
    entry = office.database.transact(lambda tx: stored_audit.list_(tx, office.workspace, limit=1)).items[0]
    assert (entry.action, entry.kind, entry.name) == ("changed", "workspace", "Example")
    assert entry.changes["name"] == {"before": "Tocsin", "after": "Example"}


def test_a_catch_all_must_be_an_escalation_policy_of_the_workspace(office):
    with pytest.raises(Invalid) as refused:
        office.do(workspace.change, lambda was: replace(was, catch_all=EscalationPolicyId(7)))

    assert refused.value.path == "catch_all"
