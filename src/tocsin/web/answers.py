"""``/alerts/answer``: acknowledge, release, resolve, snooze, hand over: one alert, or all that are ticked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.responses import RedirectResponse, Response

from tocsin.actions import alert_care, alerts, burning, handing_over
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import AlertId
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.queries import QueryReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.forms import LENGTH_MAX, back_to, identifier
from tocsin.web.now import Wanted, wanted_in
from tocsin.web.receivers import chosen
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

SPANS: Final[Mapping[str, timedelta | None]] = {
    "": None,
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "8h": timedelta(hours=8),
    "1d": timedelta(days=1),
}
_LIST: Final = QueryReader(Wanted)


class Only(msgspec.Struct, frozen=True, kw_only=True):
    """The one alert that a button stands beside, whatever is ticked."""

    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said about alerts: *until* when it holds, a *comment*, and *to* whom they hand over."""

    until: datetime | None
    comment: str
    to: str
    now: datetime


Answer = Callable[[Tx, Actor, Sequence[AlertId], Said], object]


@ROUTES.post(
    "/alerts/answer",
    permission=Permission.RESPOND,
    summary="Answer for one alert or for many",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def answer(call: Call, query: Only, body: bytes) -> Response:
    """Do what a button says for the one alert, for those that are ticked, or for all that fit; and go back.

    What was resolved while somebody looked at it is left out, and what somebody has is not snoozed.
    """
    form = read_form(body)
    back = form.get("back", ["/now"])[0]
    say, _, span = form.get("say", [""])[0].partition(":")
    act = _ANSWERS.get(say)
    if act is None:
        raise Invalid("say", "is none of the buttons", f"must be one of {', '.join(_ANSWERS)}")
    if not span and not query.only:
        span = form.get("for", [""])[0]
    said = Said(
        until=_until(span, call.now),
        comment=form.get("comment", [""])[0].strip(),
        to=form.get("to", [""])[0],
        now=call.now,
    )
    wanted = await _meant(call, query.only, form, back)
    snoozes = say == "snooze"
    ids = await call.ask(burning.firing, wanted, free=snoozes)
    if wanted and not ids:
        taken = " or taken" if snoozes else ""
        raise Conflict(f"it has been resolved{taken} in the meantime")
    for start in range(0, len(ids), alerts.AT_ONCE_MAX):
        await call.act(act, ids[start : start + alerts.AT_ONCE_MAX], said)
    return RedirectResponse(back_to(back, "/now"), 303)


async def _meant(call: Call, only: str, form: Mapping[str, Sequence[str]], back: str) -> list[AlertId]:
    """Tell which alerts are meant."""
    if only:
        return [AlertId(identifier(only, "alert"))]
    if form.get("every"):
        fit = _LIST.read(urlsplit(back).query.encode())
        return await call.ask(_fitting, fit)
    return [AlertId(identifier(text, "alert")) for text in form.get("alert", [])]


def _fitting(tx: Tx, actor: Actor, query: Wanted) -> list[AlertId]:
    return burning.ids(tx, actor, wanted_in(tx, actor, query))


def _acknowledge(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alerts.acknowledge(tx, actor, ids, until=said.until, comment=said.comment, now=said.now)


def _release(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alerts.unacknowledge(tx, actor, ids, comment=said.comment, now=said.now)


def _resolve(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alerts.resolve(tx, actor, ids, now=said.now)


def _snooze(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alert_care.snooze(tx, actor, ids, until=said.until, now=said.now)


def _wake(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alert_care.wake(tx, actor, ids, now=said.now)


def _hand_over(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    targets, policy = chosen(said.to)
    return handing_over.hand_over(
        tx, actor, ids, targets=targets, policy=policy, comment=said.comment, now=said.now
    )


_ANSWERS: Final[Mapping[str, Answer]] = {
    "acknowledge": _acknowledge,
    "release": _release,
    "resolve": _resolve,
    "snooze": _snooze,
    "wake": _wake,
    "hand-over": _hand_over,
}


def _until(text: str, now: datetime) -> datetime | None:
    if text not in SPANS:
        raise Invalid("for", "is none of the choices", f"must be one of {', '.join(filter(None, SPANS))}")
    length = SPANS[text]
    return None if length is None else now + length
