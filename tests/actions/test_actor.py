import pytest

from tocsin.actions.actor import PERMISSIONS, Actor, Permission
from tocsin.core.errors import Forbidden
from tocsin.core.ids import KeyId, ServiceId, UserId, WorkspaceId
from tocsin.core.people import Role, User

ANA, BEN = UserId(1), UserId(2)


def _actor(role: Role) -> Actor:
    return Actor.of_user(User(id=ANA, workspace=WorkspaceId(9), email="ana@example.com", role=role))


@pytest.mark.parametrize(
    ("role", "most"),
    [
        (Role.VIEWER, "read"),
        (Role.RESPONDER, "read ingest respond schedule"),
        (Role.ADMIN, "read ingest respond schedule configure admin"),
        (Role.OWNER, "read ingest respond schedule configure admin own"),
    ],
)
def test_each_role_may_do_what_the_one_below_may_and_more(role, most):
    assert _actor(role).permissions == {Permission(word) for word in most.split()}


def test_every_role_has_its_permissions():
    assert set(PERMISSIONS) == set(Role)


def test_a_refusal_says_who_may_not_do_what():
    with pytest.raises(Forbidden) as caught:
        _actor(Role.VIEWER).must(Permission.RESPOND)

    assert str(caught.value) == (
        "ana@example.com may not acknowledge, resolve or page; ask an admin of the workspace"
    )


def test_people_change_what_is_their_own_and_admins_what_is_anybodys():
    _actor(Role.RESPONDER).must_for(ANA)
    _actor(Role.ADMIN).must_for(BEN)

    with pytest.raises(Forbidden):
        _actor(Role.RESPONDER).must_for(BEN)


def test_a_narrow_key_gains_its_holder_nothing():
    wanted = frozenset({Permission.READ, Permission.ADMIN})

    narrowed = _actor(Role.RESPONDER).with_key(KeyId(7), service=ServiceId(8), only=wanted)

    assert narrowed.permissions == {Permission.READ}
    assert (narrowed.key, narrowed.service, narrowed.user) == (7, 8, ANA)


def test_the_server_itself_may_do_everything():
    server = Actor.of_server(WorkspaceId(9))

    assert all(server.may(permission) for permission in Permission)
