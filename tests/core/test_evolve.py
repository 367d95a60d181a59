"""A copy of a frozen value in which some fields are changed."""

from dataclasses import replace

import pytest

import builders
from tocsin.core.evolve import evolve


def test_it_changes_what_replace_would_and_leaves_the_original_alone():
    before = builders.alert()

    after = evolve(before, title="other", version=7)

    assert after == replace(before, title="other", version=7)
    assert before.title != "other"


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        evolve(builders.alert(), colour="red")
