"""Dates that have a name, and that time windows share: public holidays, releases, sales."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from tocsin.core.errors import Invalid, check_text
from tocsin.core.ids import DateSetId, WorkspaceId

NAME_LENGTH_MAX: Final = 256
DATES_MAX: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSet:
    """Some *dates* under one *name*; a window that names the set opens on each of them."""

    id: DateSetId
    workspace: WorkspaceId
    name: str
    dates: tuple[date, ...] = ()


def check(dates: DateSet) -> None:
    """Raise Invalid, naming the field, for a set that cannot be."""
    check_text(dates.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    if not 1 <= len(dates.dates) <= DATES_MAX:
        raise Invalid("dates", f"has {len(dates.dates)} entries", f"must have 1 to {DATES_MAX}")
