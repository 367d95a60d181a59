"""What a rule asks of the payload that an event came with, as its sender wrote it.

It is tried where events come in, by ``sources.inlet``, and never here: templates have no place in the core.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.core.errors import Invalid, check_text
from tocsin.core.filter_tree import Compare, Operator, regex_cost

TEXT_LENGTH_MAX: Final = 10_000


class Language(StrEnum):
    """How a test is written."""

    REGEX = "regex"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadTest:
    """An RE2 pattern that is found in the payload as JSON, or a template that makes 1, true or ok of it."""

    language: Language = Language.REGEX
    text: str


def check(test: PayloadTest, path: str) -> None:
    """Raise Invalid, below *path*, for a test that cannot be; a template is read by whoever can."""
    check_text(test.text, f"{path}.{test.language}", longest=TEXT_LENGTH_MAX)
    if test.language is Language.REGEX:
        try:
            regex_cost(Compare("title", Operator.MATCHES, test.text))
        except Invalid as error:
            raise Invalid(f"{path}.regex", error.problem, error.remedy) from None
