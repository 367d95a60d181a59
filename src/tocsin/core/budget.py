"""Whose budget of single messages is known to be spent, so that what is wanted next waits from the first.

In a storm most messages to a person wait, to go together. `notification.plan` would find that for each of
them, one by one, from what went to the address lately. Whoever has just asked it may as well remember the
answer: nothing that has gone out comes back, so that it holds until the first message leaves the window.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from tocsin.core.because_paging import HeldBack
from tocsin.core.effects import Notify
from tocsin.core.escalation import Page
from tocsin.core.gathered import span_wanted
from tocsin.core.ids import ServiceId
from tocsin.core.notification import BUDGET, BUDGET_WINDOW, Address, Send, Sent, address_of, worst_of_each
from tocsin.core.people import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What an address has got is as much as it may: until when, and of each service the *worst* rank."""

    because: HeldBack
    worst: Mapping[ServiceId | None, int]


AllSpent = Mapping[Address, Spent]
"""What is known to be spent, by address."""

NOTHING_SPENT: AllSpent = MappingProxyType({})


def spent(
    lately: Mapping[Address, Sequence[Sent]], sends: Iterable[Send], now: datetime
) -> dict[Address, Spent]:
    """Find, of the addresses in *lately*, those that have no room left once *sends* have gone out too.

    Only the newest BUDGET messages count: those are all in the window until the oldest of them leaves it.
    """
    gone = {address: list(messages) for address, messages in lately.items()}
    for send in sends:
        one = send.notification
        if (messages := gone.get(address_of(one))) is not None:
            messages.append(Sent(at=now, service=one.service, severity=one.severity))
    return {address: known for address, messages in gone.items() if (known := _of(messages, now)) is not None}


def held(known: AllSpent, page: Page, wanted: Notify, person: User | None, now: datetime) -> HeldBack | None:
    """Say until when what is *wanted now* for *page*, of *person* if of anybody, waits as far as is *known*.

    None says that it is to be decided when it is due: its service is news at its address, or got worse, or
    there is room; or its recipient wants the like of it gathered, which has another measure.
    """
    full = known.get((page.workspace, wanted.channel, wanted.address))
    if full is None or not now < full.because.until <= now + BUDGET_WINDOW:
        return None
    if page.severity.rank > full.worst.get(page.service, 0) or span_wanted(wanted, person) is not None:
        return None
    return full.because


def _of(messages: Sequence[Sent], now: datetime) -> Spent | None:
    recent = sorted((one for one in messages if now - one.at < BUDGET_WINDOW), key=lambda one: one.at)
    if len(recent) < BUDGET:
        return None
    newest = recent[-BUDGET:]
    because = HeldBack(sent=len(recent), until=newest[0].at + BUDGET_WINDOW)
    return Spent(because=because, worst=worst_of_each(newest))
