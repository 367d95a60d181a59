"""One message to one address on one channel, from the queue to its receipt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.because import Because, span
from tocsin.core.because_paging import Bundled, GaveUp, HeldBack, SentAtOnce, TriedAgain
from tocsin.core.event import Severity
from tocsin.core.evolve import evolve, quickly_made
from tocsin.core.ids import (
    ContactMethodId,
    DestinationId,
    NotificationId,
    PageId,
    ServiceId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import Importance
from tocsin.core.receipt import Outcome, Receipt

BUDGET = 5  # messages that go to one address, each by itself, within BUDGET_WINDOW
BUDGET_WINDOW = timedelta(seconds=60)  # nothing is held back for longer than this
BUNDLE_MAX = 200  # messages that go as one

PAUSES = tuple(timedelta(seconds=pause) for pause in (5, 15, 45, 120, 300))  # between tries, per provider
PATIENCE = timedelta(minutes=5)  # a provider that asks for more than this is not waited for
PATIENCE_WITH_ANOTHER = timedelta(seconds=30)  # nor for more than this while another one is left
TIME_LIMIT = timedelta(minutes=30)  # from being queued to the last try, once there were TRIES_MIN
TRIES_MIN = 3


class NotificationKind(StrEnum):
    """What a notification is about; a channel that meets an unknown one fails loudly."""

    PAGE = "page"
    RESOLVED = "resolved"
    TEST = "test"
    VERIFICATION = "verification"
    OPERATOR = "operator"
    CHANGE = "change"
    REMINDER = "reminder"
    NEWS = "news"
    SIGN_IN = "sign_in"

    @property
    def asks(self) -> bool:
        """Tell whether somebody is to answer it: to take the page, or to say that they still have it."""
        return self in (NotificationKind.PAGE, NotificationKind.REMINDER)


_WAITED_FOR = (NotificationKind.TEST, NotificationKind.VERIFICATION, NotificationKind.SIGN_IN)


class NotificationState(StrEnum):
    """How far a notification has come; *sent* was taken by a provider, *delivered* was confirmed by it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is to be sent, and what became of it.

    To a *user* (at a *contact_method*) or to a *destination*. *address* is where it goes, *queued_at* when
    it was wanted and *due* when it is to be tried next. *provider* numbers the channel's providers from 0 and
    *attempts* counts the tries with that provider; *body* is text for kinds that no page stands
    behind. One that is *bundled_into* another is not sent by itself and shares the other's fate.
    """

    id: NotificationId
    workspace: WorkspaceId
    kind: NotificationKind
    page: PageId | None = None
    service: ServiceId | None = None
    user: UserId | None = None
    contact_method: ContactMethodId | None = None
    destination: DestinationId | None = None
    channel: str
    address: str
    importance: Importance = Importance.DEFAULT
    severity: Severity = Severity.ERROR
    because: str = ""
    body: str = ""
    queued_at: datetime
    due: datetime
    state: NotificationState = NotificationState.QUEUED
    attempts: int = 0
    provider: int = 0
    provider_id: str = ""
    last_error: str = ""
    sent_at: datetime | None = None
    bundled_into: NotificationId | None = None


Address = tuple[WorkspaceId, str, str]


def address_of(notification: Notification) -> Address:
    """Name where a notification goes: workspace, channel and address."""
    return (notification.workspace, notification.channel, notification.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that went to an address lately; *pages* tells whether it asked somebody about a page."""

    at: datetime
    service: ServiceId | None
    severity: Severity
    importance: Importance = Importance.DEFAULT
    pages: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send *notification* now, and with it, in the same message, those *bundled* into it."""

    notification: Notification
    bundled: tuple[Notification, ...] = ()
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keep *notification* back until its new due time."""

    notification: Notification
    because: Because


def plan(
    candidates: Iterable[Notification],
    sent: Mapping[Address, Sequence[Sent]],
    now: datetime,
    *,
    machines: frozenset[str] = frozenset(),
) -> tuple[Send | Hold, ...]:
    """Decide which of the *candidates*, all of them due, are sent now, together, or a little later.

    *sent* is what went to each address within BUDGET_WINDOW. Up to BUDGET messages in that window go each by
    itself, the worst first; what is beyond goes as one, now if the window has room for it and else when it
    has. A service that was not heard of in the window, or one that got worse, never waits; neither do second
    tries, what somebody asked for a moment ago, and what goes to *machines*: channels that wake nobody.
    """
    decided: list[Send | Hold] = []
    waiting: dict[Address, list[Notification]] = {}
    for candidate in candidates:
        why = _why_never_held(candidate, machines)
        if why is None:
            waiting.setdefault(address_of(candidate), []).append(candidate)
        else:
            decided.append(Send(notification=candidate, because=SentAtOnce(why=why)))
    for address, together in waiting.items():
        recent = sorted((one for one in sent.get(address, ()) if now - one.at < BUDGET_WINDOW), key=_when)
        ordered = sorted(together, key=urgency)
        room = BUDGET - len(recent)
        if room <= 0:
            decided += _without_room(ordered, recent, now)
            continue
        alone = len(ordered) if len(ordered) <= room else room - 1
        why = f"of at most {BUDGET} to this address within {span(BUDGET_WINDOW)}"
        for number, one in enumerate(ordered[:alone], start=len(recent) + 1):
            decided.append(Send(notification=one, because=SentAtOnce(why=f"it is number {number} {why}")))
        decided += bundles(ordered[alone:])
    return tuple(decided)


def may_wait(notification: Notification, machines: frozenset[str]) -> bool:
    """Tell whether `plan` may hold *notification* back, and so has to know what its address got lately."""
    return _why_never_held(notification, machines) is None


def after_failure(
    notification: Notification, receipt: Receipt, now: datetime, *, providers: int, chance: float
) -> tuple[Notification, Because]:
    """Say what follows a failed try: another one later, the channel's next provider, or none.

    The channel has *providers* of them. Pauses grow, and *chance* in [0, 1) spreads them by a quarter either
    way. Each try is counted here, in ``attempts``.
    """
    attempts, another = notification.attempts + 1, notification.provider + 1 < providers
    why = _why_no_more(notification, receipt, now, another=another)
    if why is None:
        pause = PAUSES[attempts - 1] * (0.75 + chance / 2)
        if receipt.retry_after is not None:
            pause = max(pause, receipt.retry_after)
        return _tried(notification, receipt, attempts=attempts, due=now + pause)
    if another and receipt.outcome is not Outcome.NEVER:
        return _tried(notification, receipt, attempts=0, due=now, provider=notification.provider + 1)
    failed = replace(
        notification, state=NotificationState.FAILED, attempts=attempts, last_error=receipt.error
    )
    return failed, GaveUp(error=receipt.error, why=why)


def worst_of_each(messages: Iterable[Sent]) -> dict[ServiceId | None, int]:
    """Find the worst rank of each service that *messages* told of."""
    worst: dict[ServiceId | None, int] = {}
    for message in messages:
        worst[message.service] = max(message.severity.rank, worst.get(message.service, 0))
    return worst


def _why_never_held(notification: Notification, machines: frozenset[str]) -> str | None:
    if notification.attempts or notification.provider:
        return "it is tried again"
    if notification.kind in _WAITED_FOR:
        return "somebody waits for it"
    return "machines get each message by itself" if notification.channel in machines else None


def _without_room(
    ordered: Sequence[Notification], recent: Sequence[Sent], now: datetime
) -> list[Send | Hold]:
    """Let through what is news, send what has waited long enough as one, and hold the rest back."""
    decided: list[Send | Hold] = []
    overdue: list[Notification] = []
    worst = worst_of_each(recent)
    frees_at = recent[-BUDGET].at + BUDGET_WINDOW
    for one in ordered:
        before = worst.get(one.service, 0)
        if one.severity.rank > before:
            worst[one.service] = one.severity.rank
            why = "its service has got worse" if before else "its service is new to this address"
            decided.append(Send(notification=one, because=SentAtOnce(why=why)))
        elif now - one.queued_at >= BUDGET_WINDOW:
            overdue.append(one)
        else:
            until = min(frees_at, one.queued_at + BUDGET_WINDOW)
            because = HeldBack(sent=len(recent), until=until)
            decided.append(Hold(notification=evolve(one, due=until), because=because))
    return decided + bundles(overdue)


def bundles(waiting: Sequence[Notification]) -> list[Send | Hold]:
    """Put messages of one kind to one recipient together, behind the most urgent of them."""
    alike: dict[tuple[object, ...], list[Notification]] = {}
    for one in waiting:
        alike.setdefault((one.kind, one.user, one.destination), []).append(one)
    bundles: list[Send | Hold] = []
    for together in alike.values():
        for start in range(0, len(together), BUNDLE_MAX):
            first, *others = together[start : start + BUNDLE_MAX]
            bundled = tuple(evolve(other, bundled_into=first.id) for other in others)
            because: Because = SentAtOnce(why="it has waited long enough")
            if others:
                because = Bundled(messages=1 + len(others))
            bundles.append(Send(notification=first, bundled=bundled, because=because))
    return bundles


def _why_no_more(notification: Notification, receipt: Receipt, now: datetime, *, another: bool) -> str | None:
    """Tell why this provider is not tried again, or None when it is."""
    attempts = notification.attempts + 1
    patience = PATIENCE_WITH_ANOTHER if another else PATIENCE
    if receipt.outcome is not Outcome.TRY_AGAIN:
        return "the answer was final"
    if attempts > len(PAUSES):
        return f"it was tried {attempts} times"
    if receipt.retry_after is not None and receipt.retry_after > patience:
        return f"the other side asks to wait for {span(receipt.retry_after)}"
    if attempts >= TRIES_MIN and now - notification.queued_at >= TIME_LIMIT:
        return f"it is {span(now - notification.queued_at)} old"
    return None


def _tried(
    notification: Notification, receipt: Receipt, *, attempts: int, due: datetime, provider: int | None = None
) -> tuple[Notification, Because]:
    provider = notification.provider if provider is None else provider
    again = replace(
        notification,
        state=NotificationState.QUEUED,
        attempts=attempts,
        provider=provider,
        due=due,
        last_error=receipt.error,
    )
    return again, TriedAgain(error=receipt.error, at=due, provider=provider, attempt=attempts + 1)


def _when(sent: Sent) -> datetime:
    return sent.at


def urgency(notification: Notification) -> tuple[bool, int, datetime, int]:
    """Order what waits: resolves after pages, the worst first, then the oldest."""
    resolves = notification.kind is NotificationKind.RESOLVED
    return (resolves, -notification.severity.rank, notification.queued_at, notification.id)
