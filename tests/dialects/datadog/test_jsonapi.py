import msgspec
import pytest

from tocsin.core.errors import Invalid
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.jsonapi import (
    Include,
    Included,
    Reference,
    ToMany,
    ToOne,
    read_include,
    to_many,
    to_one,
)

KNOWN = ("teams", "layers", "layers.members", "layers.members.user")


class Layer(msgspec.Struct, frozen=True, tag_field="type", tag="layers"):
    id: str
    name: str = ""


class Member(msgspec.Struct, frozen=True, tag_field="type", tag="members"):
    id: str


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", ()),
        (",", ()),
        ("teams", ("teams",)),
        (" teams , layers ,", ("teams", "layers")),
        ("teams,teams", ("teams",)),
        ("layers.members.user", ("layers", "layers.members", "layers.members.user")),
        ("layers.members,teams", ("layers", "layers.members", "teams")),
    ],
)
def test_a_path_brings_every_object_along_it(text, paths):
    include = read_include(text, KNOWN)

    assert include == Include(frozenset(paths))
    assert include.asked is bool(paths)


@pytest.mark.parametrize("text", ["users", "layers.user", "teams,Layers", "layers.members.user.team", "*"])
def test_a_path_that_is_not_known_is_refused_by_name(text):
    with pytest.raises(Invalid) as refused:
        read_include(text, KNOWN)

    assert refused.value.path == "include"
    assert "layers.members.user" in refused.value.remedy


def test_each_type_and_id_comes_along_once_and_the_first_stays():
    included: Included = Included()

    included.add(Layer("1", "first"), Member("1"), Layer("2"), Layer("1", "second"))

    assert list(included) == [Layer("1", "first"), Member("1"), Layer("2")]
    assert included.shown(Include(frozenset({"layers"}))) == list(included)


def test_without_a_wish_there_is_no_list_and_with_one_there_is_even_an_empty_one():
    assert Included().shown(Include()) is msgspec.UNSET
    assert Included().shown(Include(frozenset({"teams"}))) == []


def test_references_name_type_and_uuid():
    assert to_one("users", 7) == ToOne(Reference(to_uuid(7), "users"))
    assert to_many("users", [8, 7]) == ToMany([Reference(to_uuid(each), "users") for each in (8, 7)])
