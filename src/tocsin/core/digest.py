"""Digests: pages that tell what happened in their windows, also of what is over when those close."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.because_page import PageStopped
from tocsin.core.effects import Effect, Notify
from tocsin.core.escalation import Page
from tocsin.core.evolve import evolve
from tocsin.core.notification import NotificationKind
from tocsin.core.verdict import Routed


def still_gathers(page: Page) -> bool:
    """Tell whether *page* is a digest whose window is open, and so goes on though its alerts are resolved."""
    return page.digest and page.gathers_until is not None


def is_outdated(page: Page, newer: Iterable[Page]) -> bool:
    """Tell whether *page* is a digest of a group of which a *newer* one has come, to ask in its stead."""
    return page.digest and any(each.digest and group_of(each) == group_of(page) for each in newer)


def group_of(page: Page) -> tuple[int, int, int, str]:
    """Give what pages must have in common to tell of the same group: policy, rule, plan and group key."""
    return (page.policy or 0, page.rule or 0, page.plan.id, page.group_key)


def as_over(effect: Effect) -> Effect:
    """Let a message about a digest in which nothing fires any more say that it is over."""
    if isinstance(effect, Notify) and effect.kind is NotificationKind.PAGE:
        return replace(effect, kind=NotificationKind.RESOLVED)
    return effect


def news_of(page: Page, policy: AlertPolicy) -> Routed:
    """Route what is over to those whom *page*, a digest of *policy*, has told of it."""
    return Routed(
        policy=page.policy,
        rule=page.rule,
        plan=page.plan,
        importance=page.importance,
        group_key=page.group_key,
        gathering=policy.gathering,
        because=PageStopped(),
    )


def as_told(page: Page, alerts: Sequence[Alert], left_out: int) -> Page:
    """Show *page* to a place that hears of *alerts*, the worst first, for *left_out* others it knows of."""
    if not left_out:
        return page
    titles = {alert.title for alert in alerts}
    return evolve(
        page,
        title=page.title if page.title in titles else alerts[0].title,
        severity=max((alert.severity for alert in alerts), key=lambda each: each.rank),
        alerts=max(len(alerts), page.alerts - left_out),
    )
