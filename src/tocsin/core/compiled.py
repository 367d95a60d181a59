"""What was worked out from a frozen value, kept for exactly as long as that value lives."""

from collections.abc import Callable
from typing import TypeVar
from weakref import ref

Value = TypeVar("Value")
Result = TypeVar("Result")


def compiled_once(work_out: Callable[[Value], Result]) -> Callable[[Value], Result]:
    """Make *work_out* remember its result for each value, by identity, until the value is gone.

    Identity, because hashing a large value costs more than most answers; weakly, so that a directory which
    was replaced takes its compiled parts along. The value's class needs ``weakref_slot=True``, and the result
    must not refer to the value. *work_out* must be pure: two threads that meet may both run it.
    """
    kept: dict[int, tuple[ref[Value], Result]] = {}

    def compiled(value: Value) -> Result:
        entry = kept.get(id(value))
        if entry is not None and entry[0]() is value:
            return entry[1]
        result = work_out(value)
        key = id(value)

        def forget(gone: ref[Value]) -> None:
            found = kept.get(key)
            if found is not None and found[0] is gone:
                del kept[key]

        kept[key] = (ref(value, forget), result)
        return result

    return compiled
