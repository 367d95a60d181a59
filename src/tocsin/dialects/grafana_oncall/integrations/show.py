"""Integrations and routes as this API shows them."""

from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from tocsin.core.alert_policy import Rule
from tocsin.core.ids import RuleId
from tocsin.core.payload_test import Language
from tocsin.core.silence import holds
from tocsin.dialects.grafana_oncall.handling import Ask
from tocsin.dialects.grafana_oncall.integrations import templates, wire
from tocsin.dialects.grafana_oncall.integrations.held import MAINTENANCE, POSITIONS, TEMPLATED, Held
from tocsin.dialects.grafana_oncall.integrations.types import describe
from tocsin.dialects.grafana_oncall.spelled import write, write_or_none

JINJA: Final = "jinja2"
REGEX: Final = "regex"
WAYS: Final = ("telegram", "mobile_app", "mobile_app_critical", "email", "webhook")


def show_integration(ask: Ask, held: Held) -> wire.Integration:
    """Write an integration."""
    integration, link = held.integration, link_of(ask.public_url, held)
    type_ = describe(held.type)
    mode, started, ends = maintenance(held, ask.now)
    beats = type_ is not None and type_.beats
    return wire.Integration(
        id=write("integration", integration.id),
        name=integration.name,
        description_short=integration.description or None,
        team_id=write_or_none("team", held.team),
        link=link,
        inbound_email=_mailbox(ask.public_url, held),
        type=held.type,
        default_route=default_route(held),
        templates=templates.show(
            integration.mapping if integration.kind == TEMPLATED else {}, integration.message_templates
        ),
        heartbeat=wire.Heartbeat(f"{link}heartbeat/") if link is not None and beats else None,
        maintenance_mode=mode,
        maintenance_started_at=None if started is None else instant(started),
        maintenance_end_at=None if ends is None else instant(ends),
    )


def link_of(public_url: str, held: Held) -> str | None:
    """Write the address for the alerts of an integration; None when it has none, or it is told once only."""
    type_ = describe(held.type)
    if held.token is None or (type_ is not None and not type_.by_link):
        return None
    if held.integration.kind != TEMPLATED:
        return f"{public_url.rstrip('/')}/integrations/{held.integration.kind}/{held.token}"
    return f"{public_url.rstrip('/')}/integrations/v1/{held.type}/{held.token}/"


def default_route(held: Held) -> wire.DefaultRoute:
    """Write where alerts go that no other route takes."""
    rule = held.default
    identifier = default_id(held)
    return wire.DefaultRoute(
        id=write("route", identifier),
        escalation_chain_id=chain_of(rule),
        **_ways(held, identifier),
    )


def default_id(held: Held) -> RuleId:
    """Name the default route; where there is none yet, by the integration."""
    return held.default.id if held.default is not None else RuleId(held.integration.id)


def show_default(held: Held) -> wire.Route:
    """Write the default route among the others."""
    identifier = default_id(held)
    return wire.Route(
        id=write("route", identifier),
        integration_id=write("integration", held.integration.id),
        escalation_chain_id=chain_of(held.default),
        routing_type=REGEX,
        routing_regex=None,
        position=0,
        is_the_last_route=True,
        **_ways(held, identifier),
    )


def show_route(held: Held, rule: Rule) -> wire.Route:
    """Write one of the routes in front of the default."""
    template = rule.payload is not None and rule.payload.language is Language.TEMPLATE
    return wire.Route(
        id=write("route", rule.id),
        integration_id=write("integration", held.integration.id),
        escalation_chain_id=chain_of(rule),
        routing_type=JINJA if template else REGEX,
        routing_regex=rule.payload.text if rule.payload is not None else "",
        position=positions(held)[rule.id],
        is_the_last_route=False,
        **_ways(held, rule.id),
    )


def positions(held: Held) -> dict[RuleId, int]:
    """Give the numbers of routes: as they were given here, or from 0 if the order was changed since."""
    kept = held.routing.get(POSITIONS, {})
    numbers = [kept.get(str(rule.id)) for rule in held.routes]
    whole = [number for number in numbers if isinstance(number, int)]
    if len(whole) < len(numbers) or any(one >= other for one, other in pairwise(whole)):
        return {rule.id: number for number, rule in enumerate(held.routes)}
    return dict(zip((rule.id for rule in held.routes), whole, strict=True))


def chain_of(rule: Rule | None) -> str | None:
    """Spell the escalation chain of a rule."""
    if rule is None or not rule.escalation_policies:
        return None
    return write("chain", rule.escalation_policies[0])


def maintenance(held: Held, now: datetime) -> tuple[str | None, datetime | None, datetime | None]:
    """Tell in which mode of maintenance an integration is, since when and until when."""
    kept = held.kept.get(MAINTENANCE)
    if kept is None or held.silence is None or not holds(held.silence, now):
        return None, None, None
    return str(kept.get("mode")), held.silence.starts_at, held.silence.ends_at


def instant(at: datetime) -> str:
    """Write an instant as this API does."""
    return at.isoformat().replace("+00:00", "Z")


def mail_domain(public_url: str) -> str:
    """Name the domain of the mailboxes of integrations."""
    return urlsplit(public_url).hostname or "localhost"


def _mailbox(public_url: str, held: Held) -> str | None:
    if held.type != "inbound_email" or held.token is None:
        return None
    return f"{held.token}@{mail_domain(public_url)}"


def _ways(held: Held, rule: RuleId) -> dict[str, Any]:
    kept = held.ways(rule)
    slack = kept.get("slack") or {}
    ways: dict[str, Any] = {"slack": wire.SlackWay(slack.get("channel_id"), bool(slack.get("enabled", True)))}
    for name in WAYS:
        way = kept.get(name) or {}
        ways[name] = wire.Way(way.get("id"), bool(way.get("enabled", False)))
    return ways
