"""Templates that were written for Jinja itself, as people have them: with methods, times and patterns.

They run in the same sandbox under the same meter as our own. What they see is written as Python writes it;
what is not there is empty, and to look into what is not there is an error.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from jinja2 import Undefined, UndefinedError
from jinja2.runtime import Context

from tocsin.channels.rich_filters import METHODS, RICH_FILTERS, method, present, printed_plainly
from tocsin.channels.template_filters import STEPS_MAX, Meter, meter_of
from tocsin.channels.templating import METHOD, Grammar, Sandbox, Template, furnished, read_template
from tocsin.core.errors import Invalid

LENGTH_MAX: Final = 50_000
STEPS_TOGETHER_MAX: Final = 3 * STEPS_MAX
"""The work of all templates that one payload is given to, together."""

YES: Final = frozenset({"1", "true", "ok"})
"""What a template makes that is used as a question, when the answer is yes."""


class _RichSandbox(Sandbox):
    """The sandbox in which moments can be compared and moved, and nothing can be looked up in nothing."""

    def getitem(self, obj: object, argument: object) -> object:
        """Look *argument* up; raise UndefinedError where there is nothing to look into."""
        if isinstance(obj, Undefined):
            raise UndefinedError(f"there is no {str(argument)[:100]} in what is not there")
        return super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Do arithmetic with moments and spans as well."""
        if operator in ("+", "-") and isinstance(right, timedelta | datetime):
            meter_of(context).charge(1)
            if isinstance(left, datetime | timedelta):
                # Two moments cannot be added: that is a TypeError, which is told like any other.
                return left + right if operator == "+" else left - right  # type: ignore[operator]
        return super().call_binop(context, operator, left, right)


RICH: Final = Grammar(
    furnished(
        _RichSandbox(undefined=Undefined, finalize=printed_plainly, optimized=False, cache_size=0),
        {**RICH_FILTERS, METHOD: method, "time": present},
    ),
    methods=METHODS,
    functions=frozenset({"time"}),
    source_length_max=LENGTH_MAX,
    length_max=LENGTH_MAX,
)


def read_rich(source: str, path: str = "template") -> Template:
    """Read *source*; raise Invalid, under *path*, when it is not a template we allow."""
    return read_template(source, path, RICH)


class Allowance:
    """The work that templates may do for one thing: STEPS_MAX each, and STEPS_TOGETHER_MAX all together."""

    __slots__ = ("_left", "_now")

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._left = STEPS_TOGETHER_MAX

    def fill(self, template: Template, values: Mapping[str, object]) -> str:
        """Fill *values* in and return the text; raise Invalid when that cannot be done."""
        steps = min(STEPS_MAX, self._left)
        meter = Meter(self._now, steps=steps)
        try:
            return template.render(values, meter=meter)
        finally:
            self._left -= steps - max(meter.left, 0)


def says_yes(template: Template, values: Mapping[str, object], allowance: Allowance) -> bool:
    """Tell whether *template* makes 1, true or ok of *values*; one that cannot be filled in does not."""
    try:
        return allowance.fill(template, values).strip().lower() in YES
    except Invalid:
        return False
