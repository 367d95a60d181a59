"""Which rules of alert policies the payload of an event fits: tried where events come in, once for each.

Those are the rules of policies that name the integration, or that have a payload test at all. The result goes
with the event, so that whatever is decided later is decided by the payload as it was.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.actions import inlets
from tocsin.channels.rich_filters import pattern_of
from tocsin.channels.rich_templates import Allowance, read_rich, says_yes
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.errors import Invalid
from tocsin.core.ids import IntegrationId, RuleId
from tocsin.core.payload_test import Language, PayloadTest
from tocsin.core.service import Integration
from tocsin.httpkit.doors import Kit


class Payload:
    """A payload, and the texts in which patterns look, written when they are first wanted."""

    __slots__ = ("_ascii", "_plain", "allowance", "value")

    def __init__(self, value: Any, now: datetime) -> None:
        self.value = value
        self.allowance = Allowance(now)
        self._ascii: str | None = None
        self._plain: str | None = None

    def text(self, *, ascii_only: bool) -> str:
        """Write the payload as JSON; with *ascii_only*, all else as escapes."""
        if ascii_only:
            if self._ascii is None:
                self._ascii = json.dumps(self.value)
            return self._ascii
        if self._plain is None:
            self._plain = json.dumps(self.value, ensure_ascii=False)
        return self._plain


Test = Callable[[Payload], bool]


@dataclass(frozen=True, slots=True)
class Inlet:
    """The rules that are tried on payloads, in their order, each with its test; None for one without."""

    rules: tuple[tuple[RuleId, Test | None], ...] = ()

    def fits(self, payload: Any, now: datetime) -> tuple[RuleId, ...]:
        """Find the rules that *payload* fits."""
        if not self.rules:
            return ()
        looked_at = Payload(payload, now)
        return tuple([rule for rule, test in self.rules if test is None or test(looked_at)])


def inlet_of(policies: Iterable[AlertPolicy]) -> Inlet:
    """Compile the tests of *policies*; a test that cannot be read is never passed."""
    return Inlet(
        tuple(
            (rule.id, None if rule.payload is None else compiled(rule.payload))
            for policy in policies
            for rule in policy.rules
        )
    )


def compiled(test: PayloadTest) -> Test:
    """Make the function that tries *test*."""
    try:
        if test.language is Language.TEMPLATE:
            template = read_rich(test.text)
            return lambda payload: says_yes(
                template, {"payload": payload.value, "labels": {}}, payload.allowance
            )
        search = pattern_of(test.text).search
    except (Invalid, ValueError):
        return lambda _payload: False
    # The escapes are those that patterns for such payloads are written against.
    ascii_only = test.text.isascii()
    return lambda payload: search(_storable(payload.text(ascii_only=ascii_only))) is not None


class Inlets:
    """The inlets of integrations, each worked out anew when its integration has been read anew."""

    def __init__(self, kit: Kit) -> None:
        self._database = kit.world.database
        self._known: dict[IntegrationId, tuple[Integration, Inlet]] = {}

    def at_hand(self, integration: Integration) -> Inlet | None:
        """Give the inlet of *integration* if it has been worked out."""
        known = self._known.get(integration.id)
        return known[1] if known is not None and known[0] is integration else None

    async def of(self, integration: Integration) -> Inlet:
        """Give the inlet of *integration*."""
        known = self.at_hand(integration)
        if known is not None:
            return known
        policies = await self._database.read(lambda tx: inlets.policies_for(tx, integration))
        inlet = inlet_of(policies)
        self._known[integration.id] = (integration, inlet)
        return inlet


def _storable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
