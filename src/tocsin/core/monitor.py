"""What watches and reports, known by name: a register that gives the ids in events a meaning for people."""

from dataclasses import dataclass
from typing import Final

from tocsin.core.errors import check_text
from tocsin.core.ids import MonitorId, WorkspaceId

NAME_LENGTH_MAX: Final = 500
KEY_LENGTH_MAX: Final = 255
DESCRIPTION_LENGTH_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A check of a monitoring system; *key* is what its events carry as their monitor's id."""

    id: MonitorId
    workspace: WorkspaceId
    key: str
    name: str
    description: str = ""


def check(monitor: Monitor) -> None:
    """Raise Invalid, naming the field, for a monitor that cannot be."""
    check_text(monitor.key, "key", shortest=1, longest=KEY_LENGTH_MAX)
    check_text(monitor.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_text(monitor.description, "description", longest=DESCRIPTION_LENGTH_MAX)
