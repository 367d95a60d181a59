"""What holds for every kind of thing that can be configured."""

import pytest

from api_world import API
from native_office import KINDS, NAMES
from tocsin.core.spelling import from_any, to_hex_24, to_hex_32, to_lettered, to_uuid

every_kind = pytest.mark.parametrize("kind", KINDS, ids=NAMES)
PATCHED = [kind for kind in KINDS if kind.patch]
every_patched_kind = pytest.mark.parametrize("kind", PATCHED, ids=[kind.name for kind in PATCHED])


def call(api, method, path, body=None, **options):
    return api.call(method, API + path, body, **options)


@every_kind
def test_what_is_made_is_answered_with_its_place_and_reads_back_the_same(api, kind):
    made = call(api, "POST", kind.path, kind.body, as_=kind.writer)

    assert made.status_code == 201, made.text
    one = made.headers["location"].removeprefix(API)
    assert one == f"{kind.path}/{made.json()['id']}"
    read = call(api, "GET", one, as_=kind.reader)
    shown = {name: value for name, value in made.json().items() if name not in kind.secrets}
    assert (read.status_code, read.json()) == (200, shown)
    assert read.headers["etag"] == made.headers["etag"]
    asked = {name: value for name, value in kind.body.items() if not isinstance(value, list | dict)}
    assert shown | asked | {"address": shown.get("address")} == shown | {"address": shown.get("address")}


@every_kind
def test_a_reader_who_has_it_already_is_not_sent_it_again(api, kind):
    one = f"{kind.path}/{kind.make(api)['id']}"
    etag = call(api, "GET", one, as_=kind.reader).headers["etag"]

    again = call(api, "GET", one, as_=kind.reader, headers={"if-none-match": etag})

    assert (again.status_code, again.content) == (304, b"")


@every_kind
def test_things_are_listed_in_stretches_and_each_comes_once(api, kind):
    different = {"user": "email", "contact_method": "address", "team": "handle", "service": "slug"}
    different["monitor"] = "key"
    for number in range(3):
        changes = {}
        if kind.name in different:
            text = f"x{number}@home.example" if "@" in str(kind.body) else f"x{number}"
            changes = {different[kind.name]: text}
        kind.make(api, **changes)
    whole = api.get(API + kind.path, as_=kind.reader, params={"limit": "200"})

    assert whole["next"] is None
    assert whole["total"] == len(whole[kind.collection]) >= 3
    found, cursor = [], None
    while cursor is not None or not found:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        stretch = api.get(API + kind.path, as_=kind.reader, params=query)
        found += stretch[kind.collection]
        cursor = stretch["next"]
        assert stretch["total"] == whole["total"]
    assert found == whole[kind.collection]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=abc", "wrong=1"])
@every_kind
def test_a_stretch_that_cannot_be_is_refused_by_name(api, kind, query):
    answer = call(api, "GET", f"{kind.path}?{query}", as_=kind.reader)

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]


@every_patched_kind
def test_a_patch_changes_what_it_names_and_leaves_the_rest(api, kind):
    made = kind.make(api)
    one = f"{kind.path}/{made['id']}"
    before = call(api, "GET", one, as_=kind.reader)

    changed = call(api, "PATCH", one, kind.patch, as_=kind.writer)

    assert changed.status_code == 200, changed.text
    assert changed.json() == before.json() | kind.patch
    after = call(api, "GET", one, as_=kind.reader)
    assert after.json() == changed.json()
    assert changed.headers["etag"] == after.headers["etag"] != before.headers["etag"]
    assert call(api, "PATCH", one, {}, as_=kind.writer).json() == after.json()


@every_patched_kind
def test_a_change_of_what_somebody_else_has_changed_is_refused(api, kind):
    one = f"{kind.path}/{kind.make(api)['id']}"
    etag = call(api, "GET", one, as_=kind.reader).headers["etag"]
    careful = {"as_": kind.writer, "headers": {"if-match": etag}}

    first = call(api, "PATCH", one, kind.patch, **careful)
    second = call(api, "PATCH", one, kind.patch, **careful)
    delete = call(api, "DELETE", one, **careful)

    assert [answer.status_code for answer in (first, second, delete)] == [200, 412, 412]
    assert second.json()["type"] == "urn:tocsin:problem:precondition-failed"
    fresh = {"as_": kind.writer, "headers": {"if-match": first.headers["etag"]}}
    assert call(api, "DELETE", one, **fresh).status_code == 204


@every_kind
def test_what_is_deleted_is_gone_or_marked(api, kind):
    made = kind.make(api)
    one = f"{kind.path}/{made['id']}"

    deleted = call(api, "DELETE", one, as_=kind.writer)

    assert (deleted.status_code, deleted.content) == (204, b"")
    read = call(api, "GET", one, as_=kind.reader)
    if kind.stays:
        assert read.json().get("status") == "deactivated" or read.json()["revoked_at"]
    else:
        assert read.status_code == 404
        assert read.json()["detail"] == f"there is no {kind.name.replace('_', ' ')} '{made['id']}'"


@every_kind
def test_a_create_that_is_sent_twice_under_one_key_makes_one_thing(api, kind):
    once = {"as_": kind.writer, "headers": {"idempotency-key": "7d8e"}}

    first = call(api, "POST", kind.path, kind.body, **once)
    again = call(api, "POST", kind.path, kind.body, **once)
    other = call(api, "POST", kind.path, kind.body | {"name": "other"}, **once)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code in {400, 422}


@every_kind
def test_a_field_that_is_not_known_is_named_with_the_one_that_was_meant(api, kind):
    field = list(kind.body)[-1]

    answer = call(api, "POST", kind.path, kind.body | {f"{field}x": 1}, as_=kind.writer)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["path"] == f"{field}x"
    assert field in error["remedy"]


@every_kind
def test_a_field_that_is_missing_or_of_another_type_is_named(api, kind):
    field = next(iter(kind.body))
    rest = {name: value for name, value in kind.body.items() if name != field}

    missing = call(api, "POST", kind.path, rest, as_=kind.writer)
    wrong = call(api, "POST", kind.path, kind.body | {field: {"a": 1}}, as_=kind.writer)

    for answer in (missing, wrong):
        assert answer.status_code == 400, answer.text
        assert answer.json()["errors"][0]["path"] == field
        assert answer.json()["errors"][0]["remedy"]


@every_kind
def test_viewers_read_and_do_not_write(api, kind):
    made = kind.make(api)
    one = f"{kind.path}/{made['id']}"

    answers = [call(api, "POST", kind.path, kind.body, as_="viewer")]
    answers.append(call(api, "DELETE", one, as_="viewer"))
    if kind.patch:
        answers.append(call(api, "PATCH", one, kind.patch, as_="viewer"))

    assert {answer.status_code for answer in answers} == {403}
    assert "ask an admin" in answers[0].json()["detail"]
    assert call(api, "GET", one, as_=kind.reader).status_code == 200


@every_kind
def test_responders_change_what_is_theirs_and_schedules_and_nothing_else(api, kind):
    one = f"{kind.path}/{kind.make(api)['id']}"
    own = kind.writer == "responder" or kind.name == "key"
    another = {"address": "rea@attic.example"} if kind.name == "contact_method" else {}

    answers = [call(api, "POST", kind.path, kind.body | another)]
    answers += [call(api, "PATCH", one, kind.patch)] if kind.patch else []
    answers += [call(api, "DELETE", one)] if kind.name != "key" else []

    assert {answer.status_code < 300 for answer in answers} == {own}
    assert own or {answer.status_code for answer in answers} == {403}


@every_kind
def test_nobody_without_a_key_gets_in(api, kind):
    one = f"{kind.path}/{kind.make(api)['id']}"

    for method, path in (("GET", kind.path), ("POST", kind.path), ("GET", one), ("DELETE", one)):
        for token in (None, "wrong"):
            answer = call(api, method, path, {} if method == "POST" else None, as_=token)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")


@every_kind
def test_what_is_in_another_workspace_is_not_there(api, kind):
    made = kind.make(api)
    one = f"{kind.path}/{made['id']}"

    assert call(api, "GET", one, as_="stranger").status_code == 404
    assert call(api, "DELETE", one, as_="stranger").status_code == 404
    if kind.patch:
        assert call(api, "PATCH", one, kind.patch, as_="stranger").status_code == 404
    mine = call(api, "GET", kind.path, as_="stranger")
    assert mine.status_code == 404 or made["id"] not in mine.text


@every_kind
def test_an_id_is_taken_in_every_spelling_and_no_other_text_is_one(api, kind):
    made = kind.make(api)
    number = from_any(made["id"])
    spellings = [
        to_uuid(number),
        to_uuid(number).upper(),
        to_hex_24(number),
        to_hex_32("altpl_", number),
        to_lettered("U", number),
    ]

    for text in spellings:
        read = call(api, "GET", f"{kind.path}/{text}", as_=kind.reader)
        assert read.json()["id"] == made["id"], text
    for text in (
        "x",
        "a" * 5_000,
        f"evt_{made['id'][-12:]}",
        "%F0%9F%92%A5",
        "null",
        str(number),
    ):
        read = call(api, "GET", f"{kind.path}/{text}", as_=kind.reader)
        assert read.status_code == 404, (text, read.text)
        assert len(read.text) < 6_000
