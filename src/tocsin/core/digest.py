"""Digests: pages that tell what happened in their windows, also of what is over when those close."""

from dataclasses import replace

from tocsin.core.effects import Effect, Notify
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.notification import NotificationKind


def still_gathers(page: Page, status: PageStatus) -> bool:
    """Tell whether *page* is a digest whose window is open, and so goes on though its alerts are resolved."""
    return page.digest and page.gathers_until is not None and status is PageStatus.RESOLVED


def as_over(effect: Effect) -> Effect:
    """Let a message about a digest in which nothing fires any more say that it is over."""
    if isinstance(effect, Notify) and effect.kind is NotificationKind.PAGE:
        return replace(effect, kind=NotificationKind.RESOLVED)
    return effect
