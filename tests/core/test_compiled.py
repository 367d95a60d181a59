import gc
from dataclasses import dataclass

from tocsin.core.compiled import compiled_once


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Value:
    number: int


def counting():
    worked_out = []

    def double(value):
        worked_out.append(value.number)
        return 2 * value.number

    return compiled_once(double), worked_out


def test_a_value_is_worked_out_once_for_as_long_as_it_lives():
    double, worked_out = counting()
    value = Value(number=4)

    assert [double(value), double(value)] == [8, 8]
    assert worked_out == [4]


def test_a_value_that_is_gone_leaves_nothing_to_one_that_takes_its_place():
    double, worked_out = counting()

    for number in range(100):  # each likely lies where the one before it lay
        assert double(Value(number=number)) == 2 * number
        gc.collect(0)

    assert worked_out == list(range(100))
