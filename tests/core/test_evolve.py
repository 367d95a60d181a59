"""A copy of a frozen value in which some fields are changed, and values that are made quickly."""

import inspect
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

import builders
from tocsin.core.evolve import carrier, evolve, quickly_made


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Has a field of each sort."""

    name: str
    number: int = 3
    tags: list[str] = field(default_factory=list)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """The same, made quickly."""

    name: str
    number: int = 3
    tags: list[str] = field(default_factory=list)


def test_it_changes_what_replace_would_and_leaves_the_original_alone():
    before = builders.alert()

    after = evolve(before, title="other", version=7)

    assert after == replace(before, title="other", version=7)
    assert type(after) is type(before)
    assert before.title != "other"


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(AttributeError):
        evolve(builders.alert(), colour="red")


def test_a_copy_is_as_frozen_as_its_original():
    after = evolve(Plain(name="a"), number=4)

    with pytest.raises(FrozenInstanceError):
        after.number = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Has something in common with the others."""

    name: str
    colour: str = "red"


def test_what_is_carried_over_comes_from_the_first_that_has_it():
    carried = carrier(Plain, Label, Plain, given=("number",))(
        Label(name="a"), Plain(name="b", tags=["x"]), number=7
    )

    assert carried == Plain(name="a", number=7, tags=["x"])
    assert type(carried) is Plain
    with pytest.raises(FrozenInstanceError):
        carried.number = 5


def test_what_nothing_can_be_carried_over_from_has_its_default():
    carry = carrier(Plain, Label)

    carry(Label(name="a")).tags.append("x")

    assert carry(Label(name="a")) == Plain(name="a")


def test_a_carrier_that_could_not_make_the_value_is_refused():
    with pytest.raises(AttributeError):
        carrier(Plain, Label, given=("colour",))
    with pytest.raises(TypeError):
        carrier(Label, given=("colour",))


def test_what_is_made_quickly_is_what_the_dataclass_would_make():
    for given in ({"name": "a"}, {"name": "a", "number": 4}, {"name": "a", "tags": ["x"]}):
        quick, plain = Quick(**given), Plain(**given)

        assert (quick.name, quick.number, quick.tags) == (plain.name, plain.number, plain.tags)
        assert type(quick) is Quick
        assert quick == Quick(**given)
    assert inspect.signature(Quick).parameters.keys() == inspect.signature(Plain).parameters.keys()


def test_each_value_that_is_made_quickly_gets_defaults_of_its_own():
    Quick(name="a").tags.append("x")

    assert Quick(name="b").tags == []


def test_what_is_made_quickly_is_frozen_and_knows_its_fields():
    with pytest.raises(FrozenInstanceError):
        Quick(name="a").name = "b"
    with pytest.raises(TypeError):
        Quick()
    with pytest.raises(TypeError):
        Quick(name="a", colour="red")
    with pytest.raises(TypeError):
        Quick("a")
