"""``/escalation_policies``: the steps of escalation chains."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from tocsin.actions import escalation_policies, extras
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.ids import EscalationPolicyId, StepId
from tocsin.dialects.grafana_oncall import numbers, spelled
from tocsin.dialects.grafana_oncall.chains import wire
from tocsin.dialects.grafana_oncall.chains.links import Link, compiled, kept
from tocsin.dialects.grafana_oncall.chains.read import type_in, values_in
from tocsin.dialects.grafana_oncall.chains.routes import DIALECT, KIND, chains_of, find, kept_of, locked
from tocsin.dialects.grafana_oncall.chains.routes import RESOURCE as CHAINS
from tocsin.dialects.grafana_oncall.chains.show import STEPS, links_in, show_link
from tocsin.dialects.grafana_oncall.errors import REQUIRED, not_found
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource

Placed = tuple[EscalationPolicyId, Link]

RESOURCE = Resource(
    "escalation_policies",
    "step",
    shown=wire.Step,
    noun="escalation policy",
    nouns="escalation policies",
)
ROUTES: Final = (CHAINS.routes, RESOURCE.routes)


def _show_steps(ask: Ask, found: Sequence[Placed]) -> list[wire.Step]:
    return [show_link(_as_now(ask, link), chain) for chain, link in found]


@RESOURCE.lists(_show_steps, lasting=True)
def list_steps(ask: Ask) -> Sequence[Placed]:
    """List steps, by chain and position."""
    chains, wanted = chains_of(ask), ask.query.one("escalation_chain_id")
    if wanted:
        identifier = spelled.read("chain", wanted)
        chains = [chain for chain in chains if chain.id == identifier]
    return [(chain.id, link) for chain, links in _linked(ask, chains) for link in links]


@RESOURCE.reads
def read_step(ask: Ask, identifier: int) -> wire.Step:
    """Read one step."""
    chain, links = _chain_with(_linked(ask, chains_of(ask)), identifier)
    return show_link(_as_now(ask, _link(links, identifier)), chain.id)


@RESOURCE.creates(wire.StepBody)
def create_step(ask: Ask, fields: Fields) -> wire.Step:
    """Put a step at the end of its chain, or at a position."""
    directory = ask.directory
    chain_id = fields.reference(
        "escalation_chain_id", "chain", directory.escalation_policies, required=True, null=False
    )
    type_ = type_in(fields)
    if type_ is None and "type" not in fields:
        fields.wrong("type", REQUIRED)
    values = values_in(fields, type_ or "", {}, directory)
    move = _move(fields)
    fields.must_be_right()
    chain = find(locked(ask), chain_id if isinstance(chain_id, int) else 0)
    links = links_in(chain, kept_of(ask, [chain]).get(chain.id, {}))
    last = numbers.appended({link.id: link.position for link in links})
    made = Link(id=ask.call.world.new_id(), position=last, type=type_ or "", values=values)
    return _stored(ask, chain, (*links, made), made.id, move)


@RESOURCE.changes(wire.StepBody)
def change_step(ask: Ask, identifier: int, fields: Fields) -> wire.Step:
    """Change a step or its position; another type forgets the fields of the one before."""
    directory = ask.directory
    chain, links = _chain_with(_linked(ask, locked(ask)), identifier)
    was = _link(links, identifier)
    type_ = type_in(fields) or was.type
    values = values_in(fields, type_, was.values if type_ == was.type else {}, directory)
    move = _move(fields)
    fields.must_be_right()
    changed = replace(was, type=type_, values=values)
    new = tuple(changed if link.id == was.id else link for link in links)
    return _stored(ask, chain, new, was.id, move)


@RESOURCE.deletes
def delete_step(ask: Ask, identifier: int) -> None:
    """Take a step away; the others keep their positions."""
    chain, links = _chain_with(_linked(ask, locked(ask)), identifier)
    _save(ask, chain, tuple(link for link in links if link.id != identifier))


def _move(fields: Fields) -> tuple[int, bool] | None:
    """Read where a step is to go, and whether it trades places."""
    position, manual = fields.integer("position"), fields.boolean("manual_order")
    if not isinstance(position, int):
        return None
    if not fields.errors:
        numbers.check(position)
    return position, manual is True


def _stored(
    ask: Ask, chain: EscalationPolicy, links: Sequence[Link], which: int, move: tuple[int, bool] | None
) -> wire.Step:
    """Put link *which* where it is to go, store all of them, and show it."""
    if move is not None:
        place = numbers.swapped if move[1] else numbers.moved
        placed = place({link.id: link.position for link in links}, which, move[0])
        links = sorted(
            (replace(link, position=placed[link.id]) for link in links), key=lambda link: link.position
        )
    return show_link(_link(_save(ask, chain, links), which), chain.id)


def _save(ask: Ask, chain: EscalationPolicy, links: Sequence[Link]) -> Sequence[Link]:
    """Store the links of a chain, as the steps of its plan and as they are."""
    there = {step.id for step in chain.plan.steps}
    free = [replace(link, step=link.step if link.step in there else 0) for link in links]
    made = compiled(free)
    steps = tuple(step for step, _ in _once_each(made))

    def edit(was: EscalationPolicy) -> EscalationPolicy:
        return replace(was, plan=replace(was.plan, steps=steps))

    saved = escalation_policies.change(ask.tx, ask.actor, chain.id, edit, unfinished=True, now=ask.now)
    put_into = {
        link: step.id for (_, link), step in zip(made, saved.plan.steps, strict=True) if link is not None
    }
    stored = [replace(link, step=put_into.get(link.id, 0)) for link in free]
    value: dict[str, Any] = {STEPS: [kept(link) for link in stored]}
    extras.keep(ask.tx, ask.actor, chain.id, value, dialect=DIALECT, kind=KIND)
    return stored


def _once_each(made: Sequence[tuple[Any, int | None]]) -> list[tuple[Any, int | None]]:
    """Let a plan's step that was several links be the first of them, and the others be new."""
    seen: set[StepId] = set()
    found = []
    for step, link in made:
        found.append((replace(step, id=StepId(0)) if step.id in seen else step, link))
        seen.add(step.id)
    return found


def _as_now(ask: Ask, link: Link) -> Link:
    """Show a step whose webhook was deleted without one."""
    webhook = link.values.get("webhook")
    if webhook is None or webhook in ask.directory.destinations:
        return link
    return replace(link, values={**link.values, "webhook": None})


def _linked(ask: Ask, chains: Sequence[EscalationPolicy]) -> list[tuple[EscalationPolicy, tuple[Link, ...]]]:
    kept_links = kept_of(ask, chains)
    return [(chain, links_in(chain, kept_links.get(chain.id, {}))) for chain in chains]


def _chain_with(
    linked: Sequence[tuple[EscalationPolicy, tuple[Link, ...]]], identifier: int
) -> tuple[EscalationPolicy, tuple[Link, ...]]:
    for chain, links in linked:
        if any(link.id == identifier for link in links):
            return chain, links
    raise not_found()


def _link(links: Sequence[Link], identifier: int) -> Link:
    return next(link for link in links if link.id == identifier)
