"""The filter ``team_id``, which most lists of this API have."""

from typing import Final

from tocsin.core.ids import TeamId
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.errors import wrong_field
from tocsin.dialects.grafana_oncall.handling import Ask

NO_CHOICE: Final = "Select a valid choice. That choice is not one of the available choices."


def team_filter(ask: Ask) -> tuple[TeamId | None] | None:
    """Read the filter by team: a team or, for ``null``, none, in a tuple; None if there is no filter."""
    text = ask.query.one("team_id")
    if not text:
        return None
    if text == "null":
        return (None,)
    found = spelled.read("team", text)
    if found is None or TeamId(found) not in ask.directory.teams:
        raise wrong_field("team_id", NO_CHOICE)
    return (TeamId(found),)
