import re
from dataclasses import replace

import pytest

from builders import NOW
from configured import entropy
from tocsin.actions import keys, people, tokens
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.ids import KeyId, ServiceId, UserId
from tocsin.core.people import Role
from tocsin.store import credentials
from tocsin.store.secrets import token_hash


def make(office, kind=KeyKind.TOCSIN, **more):
    return office.do(keys.create, **{"kind": kind, "name": "ci", "entropy": entropy} | more)


def test_a_service_account_acts_for_nobody_and_an_admin_makes_it(office):
    made = make(office, KeyKind.GRAFANA_ONCALL, nobody=True)

    holder = office.database.transact(
        lambda tx: tokens.holder_of(tx, made.secrets.found_by, KeyKind.GRAFANA_ONCALL)
    )
    assert (holder.active, holder.actor.user, holder.actor.name) == (True, None, "ci")
    assert holder.actor.may(Permission.ADMIN)
    assert not holder.actor.may(Permission.OWN)
    with pytest.raises(Invalid, match="service_account is no kind of key for tocsin"):
        make(office, nobody=True)
    with pytest.raises(Invalid, match="user is given for a service account"):
        make(office, KeyKind.GRAFANA_ONCALL, nobody=True, user=made.key.id)
    narrow = replace(holder.actor, permissions=frozenset({Permission.ADMIN}))
    with pytest.raises(Forbidden, match="a key for a service account could do more"):
        office.database.transact(
            lambda tx: keys.create(
                tx,
                narrow,
                kind=KeyKind.GRAFANA_ONCALL,
                name="x",
                nobody=True,
                entropy=entropy,
                now=NOW,
            )
        )


def acting(office, made):
    return office.database.transact(lambda tx: tokens.of_token(tx, made.secrets.found_by))


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (KeyKind.TOCSIN, {"token": r"tocsin_[\w-]{43}"}),
        (KeyKind.DATADOG, {"api_key": r"[0-9a-f]{32}", "application_key": r"[0-9a-f]{40}"}),
        (KeyKind.GRAFANA_ONCALL, {"token": r"[0-9a-f]{64}"}),
        (
            KeyKind.CLOUD_MANAGER,
            {
                "public_key": r"[a-z]{8}",
                "private_key": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                "client_id": r"mdb_sa_id_[0-9a-f]{24}",
                "client_secret": r"mdb_sa_sk_[\w-]{40}",
            },
        ),
        (KeyKind.GUANCE, {"api_key": r"[0-9a-f]{32}"}),
        (KeyKind.DIGITALOCEAN, {"token": r"dop_v1_[0-9a-f]{64}"}),
    ],
)
def test_each_kind_of_key_looks_as_its_clients_expect_and_nothing_of_it_can_be_read_again(
    office, kind, parts
):
    made = make(office, kind)

    assert {name: bool(re.fullmatch(parts[name], part)) for name, part in made.secrets.parts.items()} == (
        dict.fromkeys(parts, True)
    )
    kept = office.run(keys.get, made.key.id)
    assert kept == made.key
    told = str([replace(kept, extra={}), office.log()])
    secrets = [made.secrets.parts[name] for name in parts if name not in {"public_key", "client_id"}]
    assert [secret for secret in secrets if secret in told or secret in str(kept.extra)] == []


def test_a_pair_is_found_by_the_one_and_proven_by_the_other(office):
    made = make(office, KeyKind.DATADOG)
    parts = made.secrets.parts

    found = office.database.transact(lambda tx: credentials.by_hash(tx, token_hash(parts["api_key"])))

    assert found.id == made.key.id
    assert found.extra == {"application_key_hash": token_hash(parts["application_key"])}


def test_a_key_acts_for_its_user_within_its_scopes(office):
    whole, narrow = make(office), make(office, scopes=("ingest",), service=office.service.id)

    assert acting(office, whole).permissions == office.boss.permissions
    assert acting(office, narrow).permissions == {Permission.INGEST}
    assert acting(office, narrow).service == office.service.id


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        ("on_call_read", {Permission.READ}),
        ("on_call_write", {Permission.SCHEDULE, Permission.CONFIGURE}),
        ("on_call_respond", {Permission.RESPOND}),
        ("on_call_admin", {Permission.RESPOND, Permission.ADMIN}),
        ("respond", {Permission.RESPOND}),
    ],
)
def test_a_key_can_be_narrowed_in_the_words_of_its_own_api(office, scope, may):
    made = make(office, KeyKind.DATADOG, scopes=(scope,))

    assert office.database.transact(lambda tx: tokens.acting_with(tx, made.key)).permissions == may


def test_the_words_of_one_api_are_no_scopes_of_another_s_keys(office):
    with pytest.raises(Invalid) as refused:
        make(office, KeyKind.TOCSIN, scopes=("on_call_read",))

    assert refused.value.path == "scopes[0]"


def test_nobody_makes_a_key_that_may_do_more_than_they_may(office):
    rita, ada = office.hire("Rita"), office.hire("Ada", Role.ADMIN)
    narrow = acting(office, make(office, scopes=("read", "respond", "admin")))

    with pytest.raises(Forbidden, match="could do more than Ada may"):
        make(office, user=office.owner.id, by=ada)
    with pytest.raises(Forbidden):
        make(office, user=ada.user, by=rita)
    with pytest.raises(Forbidden, match="could do more"):
        make(office, by=narrow)
    assert make(office, user=office.owner.id, scopes=("read",), by=ada).key.scopes == ("read",)
    assert make(office, user=rita.user, by=ada).key.user == rita.user
    assert make(office, by=rita).key.user == rita.user


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"scopes": ("fly",)}, "scopes[0]"),
        ({"service": ServiceId(7)}, "service"),
        ({"user": UserId(7)}, "user"),
    ],
)
def test_a_key_that_cannot_be_is_refused(office, change, path):
    with pytest.raises(Invalid) as refused:
        make(office, **change)

    assert refused.value.path == path


def test_a_key_acts_for_somebody_who_is_there(office):
    rita = office.hire("Rita")
    office.do(people.deactivate, rita.user)

    with pytest.raises(Conflict, match="is deactivated"):
        make(office, user=rita.user)
    with pytest.raises(Invalid) as refused:
        make(office, by=Actor.of_server(office.workspace))
    assert refused.value.path == "user"


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(office):
    made = make(office)

    revoked = office.do(keys.revoke, made.key.id)
    again = office.do(keys.revoke, made.key.id)

    assert revoked.revoked_at == again.revoked_at == NOW
    assert acting(office, made) is None
    assert office.run(keys.list_, limit=9).items == (revoked,)
    assert [entry.action for entry in office.log(subject=made.key.id)] == ["revoked", "created"]


def test_people_see_and_revoke_their_own_keys_and_admins_everybody_s(office):
    rita, ben, ada = office.hire("Rita"), office.hire("Ben"), office.hire("Ada", Role.ADMIN)
    hers = make(office, by=rita).key
    make(office, by=ben)

    assert office.run(keys.list_, limit=9, by=rita).items == (hers,)
    assert office.run(keys.list_, limit=9, by=rita).total == 1
    assert office.run(keys.list_, limit=9, by=ada).total == 2
    with pytest.raises(Forbidden):
        office.do(keys.revoke, hers.id, by=ben)
    with pytest.raises(Forbidden):
        office.run(keys.get, hers.id, by=ben)
    with pytest.raises(NotFound):
        office.run(keys.get, KeyId(7))
    assert office.do(keys.revoke, hers.id, by=ada).revoked_at == NOW
