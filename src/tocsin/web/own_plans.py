"""The plans that stand in a rule itself: its own steps, and those for alerts that last, in a form. Pure."""

from collections.abc import Mapping, Sequence

from tocsin.core.alert_policy import Lasting, Rule
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.ids import UNMADE, PlanId
from tocsin.core.spelling import from_native, native
from tocsin.web import plans
from tocsin.web.forms import Form, Reader, Values


def lists(zone: str) -> Mapping[str, Values]:
    """Give what new parts of the lists of rules hold: plans, steps, and plans for alerts that last."""
    first = _below("steps.0", plans.new_step(zone, "0m"))
    lasting = _below("plan.steps.0", plans.new_step(zone, "30m"))
    return {
        "rules.*.plans": {"id": [""], "name": [""], **first},
        "rules.*.lasting": {"plan.id": [""], "plan.name": [""], "severities": [], **lasting},
        **plans.lists("rules.*.plans.*.steps", zone),
        **plans.lists("rules.*.lasting.*.plan.steps", zone),
    }


def values_of(rule: Rule, called: str, zone: str) -> dict[str, Sequence[str]]:
    """Give the fields of the own plans of *rule*; one that is *called* as they are by default has no name."""
    held: dict[str, Sequence[str]] = {}
    for number, plan in enumerate(rule.inline):
        held |= _below(f"plans.{number}", _values(plan, called, zone))
    for number, lasting in enumerate(rule.lasting):
        severities = [each.value for each in Severity if each in lasting.severities]
        held[f"lasting.{number}.severities"] = severities
        held |= _below(f"lasting.{number}.plan", _values(lasting.plan, called, zone))
    return held


def read(reader: Reader, part: str, was: Rule, called: str) -> tuple[EscalationPlan, ...]:
    """Read the rule's own plans below *part*; those without a name are *called* as it is by default."""
    before = {plan.id: plan for plan in was.inline}
    return tuple(_read(reader, name, before, called) for name in reader.form.parts(f"{part}.plans"))


def read_lasting(reader: Reader, part: str, was: Rule, called: str) -> tuple[Lasting, ...]:
    """Read the plans for alerts that last below *part*."""
    before = {each.plan.id: each.plan for each in was.lasting}
    return tuple(
        Lasting(
            severities=severities(reader.form, f"{name}.severities"),
            plan=_read(reader, f"{name}.plan", before, called),
        )
        for name in reader.form.parts(f"{part}.lasting")
    )


def severities(form: Form, name: str) -> frozenset[Severity]:
    """Read the severities that are ticked."""
    return frozenset(Severity(each) for each in form.all(name) if each in tuple(Severity))


def _values(plan: EscalationPlan, called: str, zone: str) -> Values:
    return {
        "id": [native("plan", plan.id) if plan.id != UNMADE else ""],
        "name": ["" if plan.name == called else plan.name],
        **plans.values_of("steps", plan.steps, zone),
    }


def _read(reader: Reader, name: str, before: Mapping[PlanId, EscalationPlan], called: str) -> EscalationPlan:
    was = before.get(PlanId(from_native(reader.form(f"{name}.id"), "plan") or UNMADE))
    otherwise = "" if was is not None and not was.name else called
    return EscalationPlan(
        id=was.id if was is not None else PlanId(UNMADE),
        name=reader.form(f"{name}.name") or otherwise,
        steps=plans.read(reader, f"{name}.steps", was.steps if was is not None else ()),
    )


def _below(name: str, values: Values) -> dict[str, Sequence[str]]:
    return {f"{name}.{field}": held for field, held in values.items()}
