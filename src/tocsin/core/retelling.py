"""An explanation in words: a page of text, indented, that can be read from top to bottom."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from tocsin.core.alert import Change
from tocsin.core.because import Because, moment, span
from tocsin.core.because_paging import Told
from tocsin.core.directory import Directory
from tocsin.core.effects import Notify
from tocsin.core.foreseen import Moment, Rejudged
from tocsin.core.foresight import Explanation, Run
from tocsin.core.notification import NotificationKind
from tocsin.core.verdict import Judgement, Passed, Quiet, Routed, Silenced, Unrouted, Verdict

_CHANGES = {
    Change.OPENED: "It opens an alert.",
    Change.REPEATED: "It is seen again on an alert that is open.",
    Change.RISEN: "It makes an open alert worse.",
    Change.FALLEN: "It makes an open alert less bad.",
    Change.ACKNOWLEDGED: "It acknowledges an open alert.",
    Change.RESOLVED: "It resolves an open alert.",
    Change.IGNORED: "It changes nothing.",
}
_MARKS = {Routed: "+", Quiet: "=", Passed: "-", Silenced: "=", Unrouted: "!"}


def retell(explanation: Explanation, directory: Directory) -> str:
    """Tell *explanation* in words; times are in UTC, and nothing that is secret is named."""
    return "\n".join(_lines(explanation, directory)) + "\n"


def _lines(explanation: Explanation, directory: Directory) -> Iterator[str]:
    alert = explanation.alert
    yield f"At {moment(explanation.at)}, if nobody answers:"
    yield ""
    if alert is not None:
        service = directory.services.get(alert.service)
        of = f", service {service.name}" if service is not None else ""
        yield f"{_one_line(alert.title)} ({alert.severity}{of})"
    yield f"  {_CHANGES[explanation.change]}"
    yield from _reasons(explanation.because, "  ")
    if explanation.judgement is not None:
        yield ""
        yield "Policies"
        yield from _verdicts(explanation.judgement)
    if explanation.afresh is not None:
        yield "  If they had not been asked before:"
        yield from _verdicts(explanation.afresh, "    ")
    for asked in explanation.again:
        yield from _asked_again(asked)
    for run in explanation.runs:
        yield ""
        yield from _run(run, explanation.at, directory)
    if explanation.judgement is not None and not explanation.runs:
        yield ""
        yield "Nobody is told."
    if explanation.until is not None:
        yield ""
        yield f"It goes on after {moment(explanation.until)}; what comes then is not told here."


def _verdicts(judgement: Judgement, indent: str = "  ") -> Iterator[str]:
    for verdict in judgement.verdicts:
        yield f"{indent}{_MARKS[type(verdict)]} {_because_of(verdict).text}"


def _because_of(verdict: Verdict) -> Because:
    match verdict:
        case Routed() | Quiet() | Passed() | Silenced() | Unrouted():
            return verdict.because
        case _:
            assert_never(verdict)


def _asked_again(asked: Rejudged) -> Iterator[str]:
    yield ""
    yield f"Policies at {moment(asked.at)}"
    yield from _reasons(asked.because, "  ")
    if asked.judgement is not None:
        yield from _verdicts(asked.judgement)


def _run(run: Run, at: datetime, directory: Directory) -> Iterator[str]:
    under_way = " (under way)" if run.id is not None else ""
    yield f"Page of {_one_line(run.page.plan.name)}{under_way}"
    for each in run.moments:
        yield from _moment(each, at, directory)
    if not run.moments:
        yield "  Nothing more comes of it."


def _moment(each: Moment, at: datetime, directory: Directory) -> Iterator[str]:
    after = f", {span(each.at - at)} later" if each.at > at else ""
    yield f"  {moment(each.at)}{after}"
    yield from _reasons(each.because, "    ")
    for message in each.messages:
        yield f"    > {_message(message, directory)}"


def _message(message: Notify, directory: Directory) -> str:
    why = f": {message.because.text}" if isinstance(message.because, Told) else ""
    match message.kind:
        case NotificationKind.RESOLVED:
            what = "Good news"
        case NotificationKind.OPERATOR:
            what, why = "Word to the owner", f": {message.because.text}"
        case _:
            what = "Message"
    return f"{what} by {message.channel} to {_recipient(message, directory)}{why}"


def _recipient(message: Notify, directory: Directory) -> str:
    """Name who gets a message; a person by name and address, a place by its name alone."""
    if message.user is not None:
        user = directory.users.get(message.user)
        name = user.display_name if user is not None else "somebody who is gone"
        return f"{name} ({message.address})" if "://" not in message.address else name
    place = directory.destinations.get(message.destination) if message.destination is not None else None
    return place.name if place is not None else "a place that is gone"


def _reasons(because: tuple[Because, ...], indent: str) -> Iterator[str]:
    for each in because:
        yield f"{indent}{each.text}"


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "Untitled"
