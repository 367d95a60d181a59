"""``/policies``: which alerts go where, by which rules; and the form, which shows what a change changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from tocsin.actions import alert_policies, history, replay
from tocsin.actions.actor import Actor, Permission
from tocsin.core import policy_health
from tocsin.core.aggregation import GatherBy
from tocsin.core.alert_policy import AlertPolicy, Rule
from tocsin.core.directory import Directory
from tocsin.core.event import Severity
from tocsin.core.ids import AlertPolicyId
from tocsin.core.policy_health import PolicyWarning
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing, own_plans, plans, policy_forms, policy_words, windows
from tocsin.web.browsers import signed_in
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Values, identifier
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("/policies", tag="Pages")
POLICIES_MAX: Final = 1_000
MOVED_SHOWN_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule: which alerts it takes, the named plans that it *runs*, ids and names, and what else it does."""

    name: str
    takes: Sequence[str]
    runs: Sequence[tuple[str, str]]
    does: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """An alert policy: which alerts it looks at, what it does with them, its rules, and what is wrong."""

    id: str
    policy: AlertPolicy
    looks_at: Sequence[str]
    does: Sequence[str]
    rules: Sequence[RuleView]
    warnings: Sequence[PolicyWarning]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that the list shows."""

    policies: Sequence[PolicyView]
    catch_all: tuple[str, str] | None


@ROUTES.get("", permission=Permission.READ, summary="Show the policies", hidden=True)
async def show_policies(call: Call) -> Response:
    """Show which alerts go where."""
    found = await call.ask(_list, call)
    return shown(call, "policies.html", found=found, listed=look_for(asked(call), found.policies, _texts))


def _texts(each: PolicyView) -> Iterator[str]:
    yield from (each.policy.name, *each.looks_at)
    for rule in each.rules:
        yield from (rule.name, *rule.takes, *rule.does, *(name for _, name in rule.runs))


@ROUTES.get("/{policy_id}", permission=Permission.READ, summary="Show an alert policy", hidden=True)
async def show_policy(call: Call) -> Response:
    """Show one alert policy."""
    policy = AlertPolicyId(identifier(call.params["policy_id"], "alert_policy"))

    def look(tx: Tx, actor: Actor) -> PolicyView:
        return _view(alert_policies.get(tx, actor, policy), history.directory(tx, actor), call)

    return shown(call, "policy.html", each=await call.ask(look))


@ROUTES.get(
    "/{policy_id}/without",
    permission=Permission.CONFIGURE,
    summary="Show what would be without an alert policy",
    hidden=True,
)
async def show_without(call: Call) -> Response:
    """Show which of the newest alerts would go elsewhere without a policy, before it is deleted."""
    policy = AlertPolicyId(identifier(call.params["policy_id"], "alert_policy"))

    def look(tx: Tx, actor: Actor) -> tuple[PolicyView, replay.Replayed]:
        found = alert_policies.get(tx, actor, policy)
        return _view(found, history.directory(tx, actor), call), replay.without_policy(tx, actor, policy)

    each, replayed = await call.ask(look)
    return shown(call, "policy_without.html", each=each, replayed=replayed, shown_max=MOVED_SHOWN_MAX)


def _list(tx: Tx, actor: Actor, call: Call) -> Policies:
    directory = history.directory(tx, actor)
    caught = directory.escalation_policies.get(directory.catch_all) if directory.catch_all else None
    return Policies(
        policies=[
            _view(policy, directory, call)
            for policy in alert_policies.list_(tx, actor, limit=POLICIES_MAX).items
        ],
        catch_all=(native("escalation_policy", caught.id), caught.name) if caught is not None else None,
    )


def _view(policy: AlertPolicy, directory: Directory, call: Call) -> PolicyView:
    does = (
        [] if policy.gathering.by is GatherBy.NONE else [f"gathers {policy_words.gathers(policy.gathering)}"]
    )
    does += policy_words.says_again(policy.repeat)
    if not policy.notify_resolved:
        does.append("does not say when it is over")
    return PolicyView(
        id=native("alert_policy", policy.id),
        policy=policy,
        looks_at=policy_words.looks_at(policy.scope, directory),
        does=[*does, policy_words.MODES[policy.mode]],
        rules=[_rule(rule, number, directory) for number, rule in enumerate(policy.rules, 1)],
        warnings=policy_health.warnings(policy, directory, call.now),
    )


def _rule(rule: Rule, number: int, directory: Directory) -> RuleView:
    named = directory.escalation_policies
    runs = [
        (native("escalation_policy", each), named[each].name)
        for each in rule.escalation_policies
        if each in named
    ]
    told = [text for text in policy_words.runs(rule, directory) if not text.startswith("runs ")]
    return RuleView(
        name=rule.name or f"Rule {number}", takes=policy_words.takes(rule, directory), runs=runs, does=told
    )


# --- the form -----------------------------------------------------------------------------------------


def _blank(call: Call) -> Values:
    return policy_forms.fresh(signed_in(call.request).user.time_zone)


def _outcome(tx: Tx, around: Around, _was: AlertPolicy | None, new: AlertPolicy) -> Mapping[str, Any]:
    """Tell what is wrong with the new policy, and which of the newest alerts would go elsewhere."""
    return {
        "replayed": replay.with_policy(tx, around.actor, new),
        "warnings": policy_health.warnings(new, around.directory, around.now),
        "shown_max": MOVED_SHOWN_MAX,
    }


def _warns(policy: AlertPolicy, around: Around) -> Mapping[str, str]:
    """Say beside the fields what keeps rules from acting, or from reaching anybody."""
    found: dict[str, str] = {}
    for each in policy_health.warnings(policy, around.directory, around.now):
        text = f"This {each.problem}; {each.remedy}."
        found[each.path] = f"{found[each.path]} {text}" if each.path in found else text
    found.pop("rules", None)  # that there is none is said where they would be
    return found


def _choices(around: Around, form: Form) -> Mapping[str, Any]:
    here = around.directory
    return {
        "offer": plans.Offer.of(here, form),
        "own_steps": sum(name.endswith(".what") for name in form.values),
        "services": choosing.services(here),
        "integrations": choosing.by_name(
            "integration",
            {number: each for number, each in here.integrations.items() if each.revoked_at is None},
        ),
        "teams": [("", "any team"), *choosing.teams(here)],
        "plans": choosing.by_name("escalation_policy", here.escalation_policies),
        "gathering": [(by.value, words) for by, words in policy_words.GATHERING.items()],
        "modes": [(mode.value, words) for mode, words in policy_words.MODES.items()],
        "severities_": [(severity.value, severity.value) for severity in Severity],
        "does": policy_forms.DOES,
        "loudness": (
            ("severity", "as its severity says"),
            ("important", "as important"),
            ("default", "as not urgent"),
        ),
        "window_kinds": windows.OF_POLICIES,
        "date_sets": choosing.by_name("date_set", here.date_sets),
        "languages": (("regex", "an RE2 pattern"), ("template", "a template")),
        "once": policy_forms.WHILE_IT_LASTS,
    }


KIND: Final = Kind(
    noun="alert policy",
    kind="alert_policy",
    path="/policies",
    template="policy_form.html",
    permission=Permission.CONFIGURE,
    blank=_blank,
    form_of=lambda policy, around: policy_forms.values_of(policy, around.zone),
    read=policy_forms.read,
    get=alert_policies.get,
    create=lambda tx, actor, draft, call: alert_policies.create(tx, actor, draft, now=call.now),
    change=alert_policies.change,
    delete=alert_policies.delete,
    lists=lambda zone: {"rules": policy_forms.fresh_rule(zone), **own_plans.lists(zone)},
    warns=_warns,
    choices=_choices,
    words=lambda policy, around: policy_words.words(policy, around.directory),
    outcome=_outcome,
)
FORMS: Final = editing_routes(KIND)
