"""How much an integration, and all of a workspace together, may send within a while."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from datetime import datetime
from typing import Final

from tocsin.core.service import Integration

WITHIN_S: Final = 300.0
SENDERS_MAX: Final = 10_000


class Quota:
    """Lets *most* through within WITHIN_S for each sender, and *most_together* for each workspace.

    What is refused a sender does not count for the workspace.
    """

    def __init__(self, *, most: int, most_together: int) -> None:
        self._most = most
        self._most_together = most_together
        self._sent: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, sender: Hashable, workspace: Hashable, now: datetime) -> str:
        """Count one message; name who sends too much, "sender" or "workspace", or nobody."""
        instant = now.timestamp()
        own = self._recent(("sender", sender), instant)
        if len(own) >= self._most:
            return "sender"
        together = self._recent(("workspace", workspace), instant)
        if len(together) >= self._most_together:
            return "workspace"
        own.append(instant)
        together.append(instant)
        return ""

    def may(self, integration: Integration, now: datetime) -> bool:
        """Count a message of *integration* if there is room for it."""
        return not self.take(integration.id, integration.workspace, now)

    def _recent(self, key: Hashable, instant: float) -> deque[float]:
        sent = self._sent.pop(key, None) or deque()
        self._sent[key] = sent
        while sent and not instant - WITHIN_S < sent[0] <= instant:  # nor if the clock was set back
            sent.popleft()
        if len(self._sent) > SENDERS_MAX:
            self._sent.popitem(last=False)
        return sent
