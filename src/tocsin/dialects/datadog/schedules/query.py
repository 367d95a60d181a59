"""The little language of ``filter[query]``: words in a name, teams, people who take turns.

``prim* team.id:<uuid> user.id:(<uuid> OR <uuid>)``: every term must hold. A word is looked for anywhere in
the name, whatever the case of its letters; ``*`` stands for any letters, quotes hold words together.
"""

import re
from collections.abc import Callable
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import from_uuid
from tocsin.dialects.datadog.schedules.translate import everybody_in
from tocsin.dialects.datadog.spelled import SHOWN_MAX, is_uuid

PATH: Final = "filter[query]"
TERMS_MAX: Final = 100

Matches = Callable[[Schedule], bool]

_TERM = re.compile(r'\s*(?:([a-z_]+\.[a-z_.]+):(\([^()]*\)|[^\s()]*)|"([^"]*)"|([^\s"]+))')
_OR = re.compile(r"\s+OR\s+")


def read_query(text: str) -> Matches:
    """Read a query into what tells whether a schedule is meant; raise Invalid for what cannot be read."""
    terms: list[Matches] = []
    rest = text.strip()
    while rest:
        match = _TERM.match(rest)
        if match is None:
            raise Invalid(PATH, f"cannot be read from {rest[:50]!r} on", "must close its quotes")
        field, value, quoted, word = match.groups()
        terms.append(_named(field, value) if field else _called(quoted if word is None else word))
        rest = rest[match.end() :].strip()
        if len(terms) > TERMS_MAX:
            raise Invalid(PATH, f"has more than {TERMS_MAX} terms")
    return lambda schedule: all(holds(schedule) for holds in terms)


def _called(word: str) -> Matches:
    parts = [part for part in word.casefold().split("*") if part]

    def holds(schedule: Schedule) -> bool:
        name, place = schedule.name.casefold(), 0
        for part in parts:
            found = name.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        return True

    return holds


def _named(field: str, value: str) -> Matches:
    texts = _OR.split(value[1:-1].strip()) if value.startswith("(") else [value]
    for text in texts:
        if not is_uuid(text):
            raise Invalid(PATH, f"[{text[:SHOWN_MAX]}] is not a valid UUID")
    wanted = {from_uuid(text) for text in texts}
    match field:
        case "team.id":
            return lambda schedule: not wanted.isdisjoint(schedule.teams)
        case "user.id":
            return lambda schedule: not wanted.isdisjoint(everybody_in(schedule))
        case _:
            raise Invalid(PATH, f"asks for {field}", "must ask for words of the name, team.id or user.id")
