"""What an API's objects have beyond the domain is kept for that API alone."""

from tocsin.actions import extras
from tocsin.core.ids import LayerId

KINDS = {"dialect": "datadog", "kind": "escalation policy"}


def test_what_is_kept_is_given_back_as_it_came_to_the_api_that_kept_it(office):
    value = {"tags": ["a", "ü"], "n": 1.5, "none": None}

    office.run(extras.keep, LayerId(5), {"tags": []}, **KINDS)
    office.run(extras.keep, LayerId(5), value, **KINDS)

    assert office.run(extras.kept, (5, 6), **KINDS) == {5: value}
    assert office.run(extras.kept, (5,), **KINDS | {"dialect": "another"}) == {}
    assert office.run(extras.kept, (5,), **KINDS | {"kind": "team"}) == {}
    assert office.run(extras.kept, (), **KINDS) == {}
