"""Of what destinations hear, over the wire."""

from typing import Annotated

from msgspec import Meta, field

from tocsin.core.ids import IntegrationId, TeamId
from tocsin.core.subscription import AlertChange, Subscription
from tocsin.dialects.native.wire.shapes import Body, Id
from tocsin.dialects.native.wire.spelled import all_spelled, reference, references, spelled

Changes = Annotated[list[AlertChange], Meta(max_length=len(AlertChange), description="of which it hears")]
Ids = Annotated[list[Id], Meta(max_length=1_000, description="none of them means all")]


class SubscriptionBody(Body):
    """Of what becomes of alerts a program hears; while it is not enabled, steps do not reach it either."""

    enabled: bool = True
    changes: Changes = field(default_factory=list)
    integration_ids: Ids = field(default_factory=list)
    team_id: Annotated[Id | None, Meta(description="whose it is")] = None


def read_subscription(given: SubscriptionBody | None) -> Subscription | None:
    """Read what a destination hears of; raise Invalid for an id that is none."""
    if given is None:
        return None
    doors = references(given.integration_ids, "integration", "subscription.integration_ids")
    team = given.team_id
    return Subscription(
        enabled=given.enabled,
        changes=frozenset(given.changes),
        integrations=frozenset(map(IntegrationId, doors)),
        team=None if team is None else TeamId(reference(team, "team", "subscription.team_id")),
    )


def show_subscription(subscription: Subscription | None) -> SubscriptionBody | None:
    """Write what a destination hears of."""
    if subscription is None:
        return None
    return SubscriptionBody(
        enabled=subscription.enabled,
        changes=[change for change in AlertChange if change in subscription.changes],
        integration_ids=all_spelled("integration", sorted(subscription.integrations)),
        team_id=spelled("team", subscription.team),
    )
