from dataclasses import replace

import pytest

from builders import NOW
from configured import entropy, somebody
from tocsin.actions import keys, people, tokens
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.key_kinds import KeyKind
from tocsin.actions.passwords import check_password, hash_password
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.ids import UserId
from tocsin.core.people import Role, UserStatus
from tocsin.store import directories
from tocsin.store import people as stored
from tocsin.store.secrets import token_hash


def test_a_new_user_can_be_paged_at_their_address_at_once(office):
    ana = office.do(people.create, somebody("Ana"))

    assert [(each.channel, each.address) for each in ana.reachable] == [("email", "ana@example.com")]
    assert office.run(people.get, ana.id) == ana
    directory = office.database.transact(lambda tx: directories.current(tx, office.workspace))
    assert directory.users[ana.id] == ana


def test_an_address_is_kept_once_whatever_its_case(office):
    office.do(people.create, somebody("Ana"))

    with pytest.raises(Conflict, match="e-mail address"):
        office.do(people.create, replace(somebody("Ana"), email="ANA@Example.com"))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"email": "nobody"}, "email"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"name": "a" * 300}, "name"),
    ],
)
def test_a_user_who_cannot_be_is_refused(office, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(people.create, replace(somebody("Ana"), **change))

    assert refused.value.path == path


def test_users_of_another_workspace_are_not_there(office):
    stranger = replace(office.boss, workspace=office.service.id)

    with pytest.raises(NotFound):
        office.run(people.get, office.owner.id, by=stranger)


def test_people_change_their_own_name_and_nothing_more(office):
    rita = office.hire("Rita")

    renamed = office.do(people.change, rita.user, lambda was: replace(was, name="Rita R."), by=rita)

    assert renamed.name == "Rita R."
    for field, value in (
        ("role", Role.ADMIN),
        ("email", "r@example.com"),
        ("status", UserStatus.DEACTIVATED),
    ):
        with pytest.raises(Forbidden):
            office.do(people.change, rita.user, lambda was, f=field, v=value: replace(was, **{f: v}), by=rita)
    with pytest.raises(Forbidden):
        office.do(people.change, office.owner.id, lambda was: replace(was, name="X"), by=rita)


def test_only_owners_make_change_and_unmake_owners(office):
    ada = office.hire("Ada", Role.ADMIN)
    rita = office.hire("Rita")

    for user, change in (
        (rita.user, {"role": Role.OWNER}),
        (office.owner.id, {"role": Role.VIEWER}),
        (office.owner.id, {"email": "ada@example.org"}),
    ):
        with pytest.raises(Forbidden, match="ask an owner"):
            office.do(people.change, user, lambda was, c=change: replace(was, **c), by=ada)
    with pytest.raises(Forbidden, match="ask an owner"):
        office.do(people.change, office.owner.id, lambda was: was, password_hash="x", by=ada)
    with pytest.raises(Forbidden, match="ask an owner"):
        office.do(people.create, somebody("Eve", Role.OWNER), by=ada)

    assert office.do(people.change, rita.user, lambda was: replace(was, role=Role.OWNER)).role is Role.OWNER


def test_a_narrowed_key_does_not_take_its_owner_over(office):
    made = office.do(keys.create, kind=KeyKind.TOCSIN, name="ci", scopes=("read", "respond"), entropy=entropy)
    narrow = office.database.transact(lambda tx: tokens.of_token(tx, made.secrets.found_by))

    assert narrow.permissions == {Permission.READ, Permission.RESPOND}
    with pytest.raises(Forbidden):
        office.do(people.change, office.owner.id, lambda was: was, password_hash="x", by=narrow)


def test_the_last_owner_stays(office):
    with pytest.raises(Conflict, match="the last owner"):
        office.do(people.deactivate, office.owner.id)
    with pytest.raises(Conflict, match="the last owner"):
        office.do(people.change, office.owner.id, lambda was: replace(was, role=Role.ADMIN))

    office.hire("Omar", Role.OWNER)
    left = office.do(people.deactivate, office.owner.id)
    assert left.status is UserStatus.DEACTIVATED


def test_who_is_deactivated_keeps_everything_but_their_keys_open_nothing(office):
    rita = office.hire("Rita")
    made = office.do(keys.create, kind=KeyKind.TOCSIN, name="rita", user=rita.user, entropy=entropy)

    office.do(people.deactivate, rita.user)

    assert office.user(rita).reachable
    assert office.database.transact(lambda tx: tokens.of_token(tx, token_hash(made.secrets.key))) is None
    back = office.do(people.change, rita.user, lambda was: replace(was, status=UserStatus.ACTIVE))
    assert back.status is UserStatus.ACTIVE
    actor = office.database.transact(lambda tx: tokens.of_token(tx, token_hash(made.secrets.key)))
    assert actor.user == rita.user


def test_a_change_says_what_it_changed_and_who_did_it(office):
    rita = office.hire("Rita")

    office.do(people.change, rita.user, lambda was: replace(was, role=Role.ADMIN))

    (entry, *_) = office.log(subject=rita.user)
    assert (entry.action, entry.kind, entry.name, entry.by_name) == ("changed", "user", "Rita", "Olga")
    assert entry.changes == {"role": {"before": "responder", "after": "admin"}}


def test_a_change_that_changes_nothing_is_no_change(office):
    before = len(office.log())

    office.do(people.change, office.owner.id, lambda was: was)

    assert len(office.log()) == before


def test_a_password_is_set_and_never_told(office):
    rita = office.hire("Rita")
    hashed = hash_password("correct horse", entropy)

    office.do(people.change, rita.user, lambda was: was, password_hash=hashed, by=rita)

    assert office.database.transact(lambda tx: stored.password_hash(tx, rita.user)) == hashed
    assert office.log()[0].action == "changed password of"
    assert hashed not in str(office.log())


@pytest.mark.parametrize("password", ["tiny!", "aaaaaaaaaaaaaaa", "a" * 201, "            "])
def test_a_bad_password_is_refused(password):
    with pytest.raises(Invalid) as refused:
        check_password(password)

    assert refused.value.path == "password"
    assert password not in str(refused.value)


def test_whoever_is_nobody_in_particular_is_not_found(office):
    assert office.run(people.myself).id == office.owner.id
    with pytest.raises(NotFound):
        office.run(people.myself, by=Actor.of_server(office.workspace))
    with pytest.raises(NotFound):
        office.run(people.get, UserId(7))


def test_users_are_listed_in_stretches(office):
    for name in ("Ana", "Ben", "Cem"):
        office.hire(name)

    first = office.run(people.list_, limit=3)
    rest = office.run(people.list_, after=first.next, limit=3)

    assert [user.name for user in (*first.items, *rest.items)] == ["Olga", "Ana", "Ben", "Cem"]
    assert (first.total, rest.next) == (4, None)
    assert made_before(first.items)


def made_before(users) -> bool:
    return all(method.verified_at == NOW for user in users for method in user.contact_methods)
