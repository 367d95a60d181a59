"""An event, an alert, a filter, a policy: in one line each, for whatever decides where alerts go."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tocsin.core.alert import Alert, fold
from tocsin.core.alert_policy import AlertPolicy, Rule, Scope
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Event, EventStatus, Metric, Severity
from tocsin.core.filter_tree import (
    And,
    Compare,
    Exists,
    Expression,
    In,
    Not,
    Operator,
    Or,
    Truth,
)
from tocsin.core.filters import EVERYTHING, Filter, parse
from tocsin.core.ids import (
    AlertId,
    AlertPolicyId,
    EscalationPolicyId,
    EventId,
    PlanId,
    RuleId,
    ServiceId,
    SilenceId,
    WorkspaceId,
)
from tocsin.core.silence import Silence

WORKSPACE = WorkspaceId(1)
SERVICE = ServiceId(2)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)

_numbers = count(1_000)


def event(severity: Severity = Severity.ERROR, *, after: timedelta = timedelta(0), **fields: Any) -> Event:
    """Make an event of *severity* that was said, and arrived, so long *after* NOW."""
    values: dict[str, Any] = {
        "id": EventId(next(_numbers)),
        "workspace": WORKSPACE,
        "service": SERVICE,
        "dedup_key": "db-1/disk",
        "severity": severity,
        "title": "disk full",
        "source": "Prometheus",
        "occurred_at": NOW + after,
        "received_at": NOW + after,
    }
    return Event(**{**values, **fields})


def resolved(**fields: Any) -> Event:
    """Make an event that says that the trouble is over."""
    return event(status=EventStatus.RESOLVED, **fields)


def opened(severity: Severity = Severity.ERROR, *, now: datetime = NOW, **fields: Any) -> Alert:
    """Make an alert, as its first event opens it."""
    folded = fold(None, event(severity, **fields), now, alert_id=AlertId(next(_numbers)))
    assert folded.alert is not None
    return folded.alert


def plan(name: str = "Backend", policy: int | None = None) -> EscalationPlan:
    """Make an escalation plan without steps; what matters here is that it is run."""
    named = None if policy is None else EscalationPolicyId(policy)
    return EscalationPlan(id=PlanId(next(_numbers)), name=name, steps=(), policy=named)


def rule(*plans: EscalationPlan, when: str = "", **fields: Any) -> Rule:
    """Make a rule that runs *plans* for what matches the filter *when*."""
    number = RuleId(next(_numbers))
    return Rule(**{"id": number, "filter": parse(when), "inline": plans or (plan(),), **fields})


def policy(*rules: Rule, scope: Filter | Scope = EVERYTHING, **fields: Any) -> AlertPolicy:
    """Make an alert policy that takes what *scope* allows."""
    taken = scope if isinstance(scope, Scope) else Scope(filter=scope)
    values: dict[str, Any] = {
        "id": AlertPolicyId(next(_numbers)),
        "workspace": WORKSPACE,
        "name": "Operations",
        "scope": taken,
        "rules": rules,
    }
    return AlertPolicy(**{**values, **fields})


def silence(when: str = "", *, hours: int | None = 1, **fields: Any) -> Silence:
    """Make a silence that begins at NOW and lasts so many *hours*, or for ever."""
    values: dict[str, Any] = {
        "id": SilenceId(next(_numbers)),
        "workspace": WORKSPACE,
        "name": "Maintenance",
        "filter": parse(when),
        "starts_at": NOW,
        "ends_at": None if hours is None else NOW + hours * HOUR,
    }
    return Silence(**{**values, **fields})


# --- what Hypothesis draws ------------------------------------------------------------------------------

severities = st.sampled_from(Severity)
plain_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
words = st.sampled_from(["a", "b", "disk full", "7", "-0.5", "and", "true", "*", 'q"', "x\\y", "", "é\n"])
texts = words | plain_texts
numbers = st.sampled_from(["0", "5", "-1.5", "1e3", "+Inf"])
text_fields = st.sampled_from(
    ["title", "message", "source", "host", "dedup_key", "monitor_id", "monitor_labels", "metric.name"]
) | plain_texts.filter(bool).map("labels.{}".format)
label_values = st.dictionaries(st.sampled_from(["team", "a b", "n", "kubernetes.io/name"]), texts, max_size=3)


def terms() -> st.SearchStrategy[Expression]:
    """Draw any single test."""
    equal = st.sampled_from([Operator.EQUAL, Operator.LIKE])
    sizes = st.sampled_from([Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST])
    return st.one_of(
        st.builds(Truth, st.booleans()),
        st.builds(Compare, text_fields, equal, texts),
        st.builds(Compare, text_fields, sizes, numbers),
        st.builds(Compare, st.just("severity"), sizes | st.just(Operator.EQUAL), severities.map(str)),
        st.builds(Compare, st.just("metric.value"), sizes | st.just(Operator.EQUAL), numbers),
        st.builds(Compare, text_fields, st.just(Operator.MATCHES), st.sampled_from(["a|b", "^d.*l$", r"\d"])),
        st.builds(In, text_fields, st.lists(texts, min_size=1, max_size=3).map(tuple)),
        st.builds(In, st.just("severity"), st.lists(severities.map(str), min_size=1).map(tuple)),
        st.builds(Exists, text_fields | st.sampled_from(["severity", "metric.value"])),
    )


def expressions() -> st.SearchStrategy[Expression]:
    """Draw any tree that the language can say."""
    return st.recursive(
        terms(),
        lambda parts: st.one_of(
            st.builds(Not, parts),
            st.builds(And, st.lists(parts, min_size=2, max_size=4).map(tuple)),
            st.builds(Or, st.lists(parts, min_size=2, max_size=4).map(tuple)),
        ),
        max_leaves=12,
    )


def subjects() -> st.SearchStrategy[Event]:
    """Draw events, with and without each field that a filter can look at."""
    metrics = st.builds(Metric, name=texts, value=st.none() | st.floats())
    return st.builds(
        event,
        severities,
        title=texts,
        message=texts,
        host=texts,
        labels=label_values,
        monitor_labels=st.lists(texts, max_size=3).map(tuple),
        metric=st.none() | metrics,
    )
