from dataclasses import replace

import pytest

from builders import NOW
from tocsin.actions import tokens
from tocsin.actions.actor import PERMISSIONS, Permission
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId, ServiceId, UserId, WorkspaceId
from tocsin.core.people import Role, User, UserStatus
from tocsin.core.service import Service
from tocsin.core.workspace import Workspace
from tocsin.store import credentials, people, services, workspaces
from tocsin.store.secrets import token_hash

WORKSPACE, ANA, SERVICE = WorkspaceId(1), UserId(2), ServiceId(3)
USER = User(id=ANA, workspace=WORKSPACE, email="ana@example.com", name="Ana", role=Role.RESPONDER)
KEY = Key(
    id=KeyId(4), workspace=WORKSPACE, kind="tocsin", name="laptop", user=ANA, service=SERVICE, created_at=NOW
)
HASH = token_hash("tocsin_secret")


@pytest.fixture
def house(database):
    """A workspace with Ana and a service."""

    def build(tx):
        workspaces.add(tx, Workspace(id=WORKSPACE, name="Ours", created_at=NOW))
        people.add(tx, USER)
        services.add(tx, Service(id=SERVICE, workspace=WORKSPACE, name="Shop", slug="shop"))

    database.transact(build)
    return database


def _who(house, key: Key = KEY, *, hashed: str = HASH):
    house.transact(lambda tx: credentials.add(tx, key, secret_hash=HASH))
    return house.read_now(lambda tx: tokens.of_token(tx, hashed))


def test_a_token_acts_as_its_user(house):
    actor = _who(house)

    assert (actor.name, actor.user, actor.key, actor.service) == ("Ana", ANA, KEY.id, SERVICE)
    assert actor.permissions == PERMISSIONS[Role.RESPONDER]


def test_scopes_narrow_what_a_token_may_do(house):
    actor = _who(house, replace(KEY, scopes=("ingest", "admin", "a word of a vendor's")))

    assert actor.permissions == {Permission.INGEST}


def test_a_token_whose_scopes_nobody_knows_may_do_nothing(house):
    assert _who(house, replace(KEY, scopes=("a word of a vendor's",))).permissions == frozenset()


def test_a_pair_is_whole_with_its_second_key_alone(house):
    pair = replace(KEY, kind="datadog", extra={"application_key_hash": token_hash("second")})
    house.transact(lambda tx: credentials.add(tx, pair, secret_hash=HASH))

    found = house.read_now(lambda tx: tokens.of_pair(tx, HASH))

    assert (found.actor.user, found.is_whole(b"second"), found.is_whole(b"third")) == (ANA, True, False)
    assert house.read_now(lambda tx: tokens.of_token(tx, HASH)) is None


def test_the_first_key_of_another_kind_is_no_pair(house):
    house.transact(lambda tx: credentials.add(tx, KEY, secret_hash=HASH))

    assert house.read_now(lambda tx: tokens.of_pair(tx, HASH)) is None


def test_a_token_without_a_user_may_do_what_an_admin_may(house):
    actor = _who(house, replace(KEY, user=None))

    assert (actor.name, actor.user, actor.permissions) == ("laptop", None, PERMISSIONS[Role.ADMIN])


@pytest.mark.parametrize(
    "key", [replace(KEY, revoked_at=NOW), replace(KEY, kind="another")], ids=["revoked", "of another kind"]
)
def test_a_token_that_opens_nothing_here_is_nobody_s(house, key):
    assert _who(house, key) is None


def test_a_token_that_nobody_has_is_nobody_s(house):
    assert _who(house, hashed=token_hash("tocsin_other")) is None


def test_a_deactivated_user_s_token_opens_nothing(house):
    gone = replace(USER, status=UserStatus.DEACTIVATED)
    house.transact(lambda tx: people.save(tx, gone, was=USER))

    assert _who(house) is None


def test_a_token_remembers_when_it_was_used(house):
    _who(house)

    house.transact(lambda tx: tokens.used(tx, KEY.id, NOW))

    assert house.read_now(lambda tx: credentials.find(tx, WORKSPACE, KEY.id)).last_used_at == NOW
