"""``/escalation_chains``: named lists of steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tocsin.actions import alert_policies, escalation_policies, extras
from tocsin.actions.actor import Actor
from tocsin.actions.changing import KEPT_MAX, begin
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.escalation import EscalationPlan, EscalationPolicy
from tocsin.core.ids import UNMADE, AlertPolicyId, EscalationPolicyId, PlanId, TeamId, WorkspaceId
from tocsin.dialects.grafana_oncall.chains import wire
from tocsin.dialects.grafana_oncall.chains.links import compiled
from tocsin.dialects.grafana_oncall.chains.show import show_chain
from tocsin.dialects.grafana_oncall.errors import not_found, wrong_fields
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource, seeing
from tocsin.dialects.grafana_oncall.team_filter import team_filter

DIALECT: Final = "grafana_oncall"
KIND: Final = "escalation policy"
NAME_TAKEN: Final = "The fields organization, name must make a unique set."
NAME_LENGTH_MAX: Final = 255

RESOURCE = Resource("escalation_chains", "chain", shown=wire.Chain, noun="escalation chain")


def chains_of(ask: Ask) -> list[EscalationPolicy]:
    """List all chains, the oldest first."""
    return sorted(ask.directory.escalation_policies.values(), key=lambda policy: policy.id)


def kept_of(ask: Ask, chains: Sequence[EscalationPolicy]) -> Mapping[int, Mapping[str, Any]]:
    """Give what is kept of the steps of chains."""
    ids = [chain.id for chain in chains]
    return extras.kept(ask.tx, ask.actor, ids, dialect=DIALECT, kind=KIND)


def locked(ask: Ask) -> list[EscalationPolicy]:
    """List all chains as they stand, now that nobody else changes them before the commit."""
    begin(ask.tx, ask.actor)
    return list(escalation_policies.list_(ask.tx, seeing(ask.actor), limit=KEPT_MAX).items)


def _show_chains(ask: Ask, chains: Sequence[EscalationPolicy]) -> list[wire.Chain]:
    del ask
    return [show_chain(chain) for chain in chains]


@RESOURCE.lists(_show_chains, lasting=True)
def list_chains(ask: Ask) -> Sequence[EscalationPolicy]:
    """List chains, the oldest first."""
    name, team, found = ask.query.one("name"), team_filter(ask), chains_of(ask)
    if name:
        found = [chain for chain in found if chain.name == name]
    if team is not None:
        found = [chain for chain in found if (chain.teams[0] if chain.teams else None) in team]
    return found


@RESOURCE.reads
def read_chain(ask: Ask, identifier: int) -> wire.Chain:
    """Read one chain."""
    chain = ask.directory.escalation_policies.get(EscalationPolicyId(identifier))
    if chain is None:
        raise not_found()
    return show_chain(chain)


@RESOURCE.creates(wire.ChainBody)
def create_chain(ask: Ask, fields: Fields) -> wire.Chain:
    """Make a chain, which has no step yet."""
    name = fields.text("name", required=True, longest=NAME_LENGTH_MAX)
    team = fields.reference("team_id", "team", ask.directory.teams)
    fields.must_be_right()
    called = name if isinstance(name, str) else ""
    _must_be_free(locked(ask), called)
    steps = tuple(step for step, _ in compiled(()))
    draft = EscalationPolicy(
        id=EscalationPolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=called,
        plan=EscalationPlan(id=PlanId(UNMADE), name=called, steps=steps),
        teams=(TeamId(team),) if isinstance(team, int) else (),
    )
    return show_chain(escalation_policies.create(ask.tx, ask.actor, draft, unfinished=True, now=ask.now))


@RESOURCE.changes(wire.ChainBody)
def change_chain(ask: Ask, identifier: int, fields: Fields) -> wire.Chain:
    """Change the name of a chain, or whose it is."""
    teams = ask.directory.teams
    chains = locked(ask)
    chain = find(chains, identifier)
    name = fields.text("name", required=ask.method == "PUT", longest=NAME_LENGTH_MAX)
    team = fields.reference("team_id", "team", teams)
    fields.must_be_right()
    called = name if isinstance(name, str) else chain.name
    _must_be_free(chains, called, but=chain.id)
    owner = chain.teams
    if team is None or isinstance(team, int):
        owner = () if team is None else (TeamId(team), *(each for each in owner[1:] if each != team))

    def edit(was: EscalationPolicy) -> EscalationPolicy:
        return replace(was, name=called, teams=owner)

    return show_chain(
        escalation_policies.change(ask.tx, ask.actor, chain.id, edit, unfinished=True, now=ask.now)
    )


@RESOURCE.deletes
def delete_chain(ask: Ask, identifier: int) -> None:
    """Delete a chain; the routes that led to it lead to nobody."""
    chain = find(locked(ask), identifier)
    actor = seeing(ask.actor)
    for policy in alert_policies.list_(ask.tx, actor, limit=KEPT_MAX).items:
        if any(chain.id in rule.escalation_policies for rule in policy.rules):
            _lead_elsewhere(ask, actor, policy.id, chain.id)
    escalation_policies.delete(ask.tx, ask.actor, chain.id, now=ask.now)


def find(chains: Sequence[EscalationPolicy], identifier: int) -> EscalationPolicy:
    """Find a chain by its id; refuse the request when there is none."""
    found = next((chain for chain in chains if chain.id == identifier), None)
    if found is None:
        raise not_found()
    return found


def _lead_elsewhere(ask: Ask, actor: Actor, policy: AlertPolicyId, chain: EscalationPolicyId) -> None:
    """Let no rule of a policy lead to *chain*."""

    def edit(was: AlertPolicy) -> AlertPolicy:
        rules = []
        for rule in was.rules:
            left = tuple(each for each in rule.escalation_policies if each != chain)
            nobody = rule.nobody or (not left and not rule.inline and rule.team is None)
            changes = left != rule.escalation_policies
            rules.append(replace(rule, escalation_policies=left, nobody=nobody) if changes else rule)
        return replace(was, rules=tuple(rules))

    alert_policies.change(ask.tx, actor, policy, edit, now=ask.now)


def _must_be_free(
    chains: Sequence[EscalationPolicy], name: str, *, but: EscalationPolicyId | None = None
) -> None:
    if any(chain.name == name and chain.id != but for chain in chains):
        raise wrong_fields(NAME_TAKEN)
