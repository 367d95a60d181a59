"""One user asked by one page, going through their own notification rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.core.because_paging import DeliveryFailed, RulePassed, StillAsked, Told, Unreachable
from tocsin.core.effects import Effect, Notify, Record
from tocsin.core.evolve import evolve, quickly_made
from tocsin.core.ids import UserId
from tocsin.core.people import ContactMethod, Importance, NotificationRule, User

LATE_AFTER = timedelta(seconds=60)  # what happens longer than this after its time says so


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Somebody being asked. *position* is that of the last rung taken, -1 before the first.

    *due* is when the next rung is to be taken, None when the ladder is at its end or the page rests.
    *via* names channels that replace the user's rules. *asked_at* is when they were asked last, *told_at*
    when a message last went out to them since. *why* says how they came to be asked, for their messages.
    *declined* says that they want no more messages about this page: they are never due again.
    """

    user: UserId
    importance: Importance
    asked_at: datetime
    why: str = ""
    via: tuple[str, ...] = ()
    position: int = -1
    told_at: datetime | None = None
    due: datetime | None
    declined: bool = False


def left_out(asked: Sequence[Responder]) -> frozenset[UserId]:
    """Name those of the people *asked* who want no more messages about the page."""
    return frozenset(responder.user for responder in asked if responder.declined)


def ask(
    person: User,
    importance: Importance,
    now: datetime,
    *,
    via: tuple[str, ...] = (),
    why: str = "",
    due: datetime | None = None,
) -> Responder:
    """Begin to ask *person*, who is *why* ("on call for Primary"); the messages come with `advance`.

    *due* is when it should have been, and is *now* unless it is late.
    """
    return Responder(user=person.id, importance=importance, asked_at=now, why=why, via=via, due=due or now)


def decline(responder: Responder) -> Responder:
    """Ask somebody no more, at their own wish."""
    return replace(responder, due=None, declined=True)


def ask_again(responder: Responder, person: User, asked: Responder) -> tuple[Responder, tuple[Effect, ...]]:
    """Ask *person* once more, as in *asked*, because another step names them.

    Their rules start over when they were at their end, or when it has become important. Rules that are
    under way go on as they are, so that nobody's next call is put off; channels named by ``asked.via`` are
    used beside them.
    """
    rises = asked.importance is Importance.IMPORTANT and responder.importance is Importance.DEFAULT
    if responder.due is None or rises:
        return asked, ()
    still = Record(because=StillAsked(name=person.display_name))
    methods = _on(person, asked.via)
    if not methods:
        return responder, (still,)
    because = Told(name=person.display_name, why=asked.why, rule=_asked_via(asked.via))
    told = replace(responder, told_at=asked.asked_at)
    return told, (still, *_messages(asked.importance, methods, because))


def tell_again(
    responder: Responder, person: User, now: datetime, *, why: str
) -> tuple[Responder, tuple[Effect, ...]]:
    """Tell *person* news of the page they are asked by, leaving the time of their next rung as it is.

    Rules at their end start over. Rules under way go on, and the news goes by the ways used already; before
    the first message there is nothing to do, for that one will carry the news.
    """
    if responder.declined:
        return responder, ()
    if responder.due is None:
        return ask(person, responder.importance, now, via=responder.via, why=why), ()
    if responder.told_at is None:
        return responder, ()
    reachable = person.reachable
    used = [rung for rung in person.ladder(responder.importance) if rung.position <= responder.position]
    methods = dict.fromkeys(method for rung in used for method in methods_of(reachable, rung))
    because = Told(name=person.display_name, why=why, rule="told again in the ways used so far")
    return replace(responder, told_at=now), _messages(
        responder.importance, tuple(methods) or reachable, because
    )


def advance(
    responder: Responder, person: User, now: datetime, *, pace: timedelta = timedelta(0)
) -> tuple[Responder, tuple[Effect, ...]]:
    """Take the rungs of *responder* that are due at *now*: all up to the next wait, or one each *pace*.

    The rules are read as they stand now, and the next rung is the one with the smallest position above the
    last one's; so adding, changing and deleting rules while somebody goes through them is harmless. A rung
    that cannot be used is passed at once. Whoever has no rule that can be used is told on every verified
    contact method. Early, late or again is harmless.
    """
    if responder.due is None or now < responder.due:
        return responder, ()
    if not responder.via:
        return _climb(responder, person, now, pace)
    methods = _on(person, responder.via)
    if methods:
        return _tell(responder, person, now, methods=methods, rule=_asked_via(responder.via))
    why = "none of their contact methods there is verified"
    passed = RulePassed(name=person.display_name, rule=_asked_via(responder.via), why=why)
    climbed, effects = _climb(replace(responder, via=()), person, now, pace)
    return climbed, (Record(because=passed), *effects)


def undelivered(
    responder: Responder, person: User, now: datetime, *, queued_at: datetime | None = None
) -> tuple[Responder, tuple[Effect, ...]]:
    """Go on to the next rung at once, because a message queued at *queued_at* finally failed.

    A failure of something older than what went out last changes nothing. Channels that replaced the
    person's rules and failed give way to those rules. Somebody who has declined is not asked otherwise.
    """
    if responder.declined:
        return responder, ()
    changed, then = responder, "no notification rule of theirs is left"
    ahead = [rung for rung in person.ladder(responder.importance) if rung.position > responder.position]
    following = next((rung for rung in ahead if rung.channel is not None), None)
    if queued_at is not None and responder.told_at is not None and queued_at < responder.told_at:
        then = "a later message has gone out since"
    elif responder.via:
        changed = replace(responder, via=(), position=-1, told_at=None, due=now)
        then = "their own notification rules begin at once"
    elif following is not None:
        waits = [rung.position for rung in ahead if rung.position < following.position]
        changed = replace(responder, position=max(waits, default=responder.position), due=now)
        then = "their next notification rule begins at once"
    return changed, (Record(because=DeliveryFailed(name=person.display_name, then=then)),)


def lateness(due: datetime, now: datetime) -> timedelta:
    """Tell how late it is for what was *due*; nothing for what is not worth a word."""
    late = now - due
    return late if late > LATE_AFTER else timedelta(0)


def methods_of(reachable: Sequence[ContactMethod], rung: NotificationRule) -> Sequence[ContactMethod]:
    """Find the contact methods that *rung* uses; none for a wait."""
    if rung.channel is None:
        return ()
    return [
        method
        for method in reachable
        if method.channel == rung.channel and rung.contact_method in (None, method.id)
    ]


def _climb(
    responder: Responder, person: User, now: datetime, pace: timedelta
) -> tuple[Responder, tuple[Effect, ...]]:
    """Take rungs up to the next wait, or to the end of the ladder; after each one used the *pace* passes."""
    ladder, reachable = person.ladder(responder.importance), person.reachable
    position, told_at, due = responder.position, responder.told_at, None
    used: list[ContactMethod] = []
    effects: list[Effect] = []
    for number, rung in enumerate(ladder, start=1):
        if rung.position <= responder.position:
            continue
        if due is not None and rung.position > position:
            break
        position = rung.position
        if rung.channel is None:
            due = now + rung.wait + pace if rung.wait else due
            continue
        rule = f"rule {number} of {len(ladder)} of their {_kind(responder)}rules, {rung.channel}"
        methods = methods_of(reachable, rung)
        if not methods:
            why = "no verified contact method of theirs fits it"
            effects.append(Record(because=RulePassed(name=person.display_name, rule=rule, why=why)))
            continue
        told_at = now
        pause = pace if number < len(ladder) else timedelta(0)
        due = now + pause if pause else due
        fresh = [method for method in methods if method not in used]
        used += fresh
        effects += _messages(responder.importance, fresh, _because(responder, person, now, rule, pause))
    if told_at is None and not any(
        methods_of(reachable, rung) for rung in ladder if rung.position > position
    ):
        rule = _no_rule(responder, ladder)
        told, more = _tell(responder, person, now, methods=reachable, rule=rule)
        return told, (*effects, *more)
    return evolve(responder, position=position, told_at=told_at, due=due), tuple(effects)


def _tell(
    responder: Responder, person: User, now: datetime, *, methods: Sequence[ContactMethod], rule: str
) -> tuple[Responder, tuple[Effect, ...]]:
    """Tell *person* on all *methods*, after which there is no other rung."""
    if not methods:
        silent = evolve(responder, position=responder.position, told_at=responder.told_at, due=None)
        return silent, (Record(because=Unreachable(name=person.display_name)),)
    told = evolve(responder, position=responder.position, told_at=now, due=None)
    return told, _messages(responder.importance, methods, _because(responder, person, now, rule))


def _because(
    responder: Responder, person: User, now: datetime, rule: str, pause: timedelta = timedelta(0)
) -> Told:
    late = lateness(responder.due or now, now)
    return Told(name=person.display_name, why=responder.why, rule=rule, late=late, pause=pause)


def _messages(importance: Importance, methods: Sequence[ContactMethod], because: Told) -> tuple[Effect, ...]:
    messages = [
        Notify(
            user=method.user,
            contact_method=method.id,
            channel=method.channel,
            address=method.address,
            importance=importance,
            because=because,
        )
        for method in methods
    ]
    return tuple(messages)


def _on(person: User, channels: tuple[str, ...]) -> Sequence[ContactMethod]:
    return [method for method in person.reachable if method.channel in channels]


def _asked_via(via: tuple[str, ...]) -> str:
    return f"the step asks by {' and '.join(via)}"


def _no_rule(responder: Responder, ladder: Sequence[NotificationRule]) -> str:
    kind = _kind(responder)
    lack = f"none of their {kind}rules can be used" if ladder else f"they have no {kind}rules"
    return f"{lack}, so every verified contact method is used"


def _kind(responder: Responder) -> str:
    return "important " if responder.importance is Importance.IMPORTANT else ""
