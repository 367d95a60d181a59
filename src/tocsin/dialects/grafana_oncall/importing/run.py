"""The whole import, in the order in which things name one another."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tocsin.dialects.grafana_oncall.importing.copying import Copy, Item, Outcome
from tocsin.dialects.grafana_oncall.importing.duty import copy_schedules
from tocsin.dialects.grafana_oncall.importing.peers import NativePeer, OnCallPeer
from tocsin.dialects.grafana_oncall.importing.people import copy_rules, copy_teams, copy_users
from tocsin.dialects.grafana_oncall.importing.routing import (
    copy_chains,
    copy_integrations,
    copy_webhooks,
    narrow_webhooks,
)

LEFT: Final = (
    ("alert groups", "what has happened stays where it happened"),
    ("shift swaps", "they end soon; agree on them again here"),
    ("Slack and Telegram", "connections belong to the server that made them"),
    (
        "pace",
        "5 seconds pass after each rule and step there, and nothing does here; the page Settings changes it",
    ),
    (
        "reminders of acknowledgements",
        "its API does not give them out; the page Settings has them",
    ),
)


def import_all(
    source: OnCallPeer, here: OnCallPeer, native: NativePeer, *, plan: bool
) -> tuple[Sequence[Item], Counter[Outcome]]:
    """Copy everything that can be, or tell what would be; return what becomes of each thing, and counts.

    Doing it again makes only what is missing.
    """
    copy = Copy(source=source, here=here, native=native, plan=plan)
    copy_users(copy)
    copy_teams(copy)
    copy_rules(copy)
    copy_schedules(copy)
    hooks = copy_webhooks(copy)
    copy_chains(copy)
    copy_integrations(copy)
    narrow_webhooks(copy, hooks)
    for kind, why in LEFT:
        copy.note(kind, "", Outcome.LEAVE, why)
    return copy.items, Counter(item.outcome for item in copy.items)
