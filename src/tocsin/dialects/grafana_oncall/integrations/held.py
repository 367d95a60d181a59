"""An integration as this API has it: ours, its service, the alert policy whose rules are its routes.

All of it is read from the directory, so that a list costs no more than one of its members.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tocsin.actions import extras
from tocsin.actions.extras import Extras
from tocsin.actions.integrations import tokens_of
from tocsin.core.alert_policy import AlertPolicy, Mode, Rule
from tocsin.core.directory import Directory
from tocsin.core.ids import AlertPolicyId, IntegrationId, RuleId, SilenceId, TeamId
from tocsin.core.service import Integration, Service
from tocsin.core.silence import Silence
from tocsin.dialects.grafana_oncall.errors import not_found
from tocsin.dialects.grafana_oncall.handling import Ask, seeing

DIALECT: Final = "grafana_oncall"
KINDS: Final = {"alertmanager": "alertmanager", "grafana": "grafana_alerting"}
TEMPLATED: Final = "templated"
TYPE: Final = "type"
MAINTENANCE: Final = "maintenance"
POSITIONS: Final = "positions"
WAYS: Final = "ways"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An *integration* with all that belongs to it here; *token* is there if its address may be shown."""

    integration: Integration
    service: Service | None
    policy: AlertPolicy | None
    token: str | None = None
    kept: Extras
    routing: Extras
    silence: Silence | None = None

    @property
    def type(self) -> str:
        """Its type, as this API calls it."""
        return type_of(self.integration)

    @property
    def team(self) -> TeamId | None:
        """Whose it is."""
        return self.service.team if self.service is not None else None

    @property
    def default(self) -> Rule | None:
        """The rule that takes what no other takes."""
        rules = self.policy.rules if self.policy is not None else ()
        return rules[-1] if rules and rules[-1].payload is None else None

    @property
    def routes(self) -> tuple[Rule, ...]:
        """The rules in front of it, in their order."""
        rules = self.policy.rules if self.policy is not None else ()
        return rules[:-1] if self.default is not None else rules

    def ways(self, rule: RuleId) -> dict[str, Any]:
        """Give what is kept of how a rule tells chats."""
        found = self.routing.get(WAYS, {}).get(str(rule), {})
        return dict(found)


def type_of(integration: Integration) -> str:
    """Name the type of an integration as this API does."""
    if integration.kind == TEMPLATED:
        return str(integration.mapping.get(TYPE, "webhook"))
    return KINDS.get(integration.kind, "webhook")


def policies_of(directory: Directory) -> dict[IntegrationId, AlertPolicy]:
    """Find the policy of each integration: the first that takes its alerts alone, and lets one rule act."""
    found: dict[IntegrationId, AlertPolicy] = {}
    for policy in directory.alert_policies:
        if policy.mode is Mode.FIRST and len(policy.scope.integrations) == 1:
            found.setdefault(next(iter(policy.scope.integrations)), policy)
    return found


def every(ask: Ask) -> list[Integration]:
    """List the integrations that are open, the oldest first."""
    doors = ask.directory.integrations.values()
    return sorted((each for each in doors if each.revoked_at is None), key=lambda each: each.id)


def held(ask: Ask, integrations: Sequence[Integration]) -> list[Held]:
    """Put together what belongs to each of *integrations*."""
    directory, policies = ask.directory, policies_of(ask.directory)
    actor = seeing(ask.actor)
    ids = [each.id for each in integrations]
    kept = extras.kept(ask.tx, actor, ids, dialect=DIALECT, kind="integration")
    mine = [policies[each].id for each in ids if each in policies]
    routing = extras.kept(ask.tx, actor, mine, dialect=DIALECT, kind="alert policy")
    tokens = tokens_of(ask.tx, actor, ids)
    silences = {silence.id: silence for silence in directory.silences}
    found = []
    for each in integrations:
        policy, own = policies.get(each.id), kept.get(each.id, {})
        found.append(
            Held(
                integration=each,
                service=directory.services.get(each.service),
                policy=policy,
                token=tokens.get(each.id),
                kept=own,
                routing=routing.get(policy.id, {}) if policy is not None else {},
                silence=silences.get(SilenceId(own.get(MAINTENANCE, {}).get("silence", 0))),
            )
        )
    return found


def one(ask: Ask, identifier: int) -> Held:
    """Find one integration that is open; refuse the request when there is none."""
    found = ask.directory.integrations.get(IntegrationId(identifier))
    if found is None or found.revoked_at is not None:
        raise not_found()
    return held(ask, [found])[0]


def keep(ask: Ask, integration: IntegrationId, value: Extras) -> None:
    """Keep what this API has of an integration beyond the domain."""
    extras.keep(ask.tx, ask.actor, integration, value, dialect=DIALECT, kind="integration")


def keep_routing(ask: Ask, policy: AlertPolicyId, value: Extras) -> None:
    """Keep what this API has of the routes of an integration beyond the domain."""
    extras.keep(ask.tx, ask.actor, policy, value, dialect=DIALECT, kind="alert policy")
