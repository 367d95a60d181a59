"""``/monitor/mute``: mute rules. A disabled one is a silence that is over, and comes back as it was made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from starlette.responses import Response

from tocsin.actions import extras, history, silences
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import NotFound
from tocsin.core.ids import SilenceId
from tocsin.core.silence import Silence
from tocsin.dialects.guance import envelope
from tocsin.dialects.guance.envelope import Enveloped, EnvelopedPage
from tocsin.dialects.guance.handling import (
    ALL,
    DIALECT,
    PREFIX,
    Part,
    all_of,
    id_in_path,
    matching,
    part_of,
    stamped,
    stamps,
)
from tocsin.dialects.guance.mutes.wire import MuteBody, Policies, show_moment, silence_of
from tocsin.dialects.guance.spelled import MUTE, spelled
from tocsin.dialects.guance.strategies.rebuild import search_of
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/monitor/mute", tag="Mute rules")

KIND: Final = "silence"
ENABLED, DISABLED = 0, 2
ONE: Final = {"uuid": "the mute rule's id, mute_…"}
AN_INSTANT: Final = timedelta(seconds=1)
_BODY: JsonReader[MuteBody] = JsonReader(MuteBody)
_WHOLE: JsonReader[dict[str, Any]] = JsonReader(dict[str, Any])
_NIGHT: Final[dict[str, Any]] = {
    "type": "custom",
    "tags": {"host": ["db-1"]},
    "timezone": "Asia/Shanghai",
    "repeatTimeSet": 1,
    "repeatCrontabSet": {"min": "0", "hour": "1", "day": "*", "month": "*", "week": "*"},
    "crontabDuration": 3600,
    "repeatExpireTime": "0",
}


@ROUTES.post(
    "/create",
    permission=Permission.CONFIGURE,
    summary="Create a mute rule",
    body_later=MuteBody,
    answer=Enveloped[dict[str, Any]],
    examples=(Example(title="An hour each night", body=_NIGHT),),
)
async def create_mute(call: Call) -> Response:
    """Create a mute rule."""
    body = _BODY.read(await call.read())
    text = _text(call)

    def create(tx: Tx, actor: Actor) -> Any:
        draft = silence_of(body, _policies(tx, actor), call.now)
        made = silences.create(tx, actor, draft, now=call.now)
        kept = stamped(actor, {"body": text, "since": call.now.timestamp()}, call.now)
        extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=KIND)
        return record(made, kept, _policies(tx, actor), call.now)

    return envelope.ok(call, await call.act(create))


@ROUTES.get(
    "/list",
    permission=Permission.READ,
    summary="List mute rules",
    description="The newest first.",
    answer=EnvelopedPage[dict[str, Any]],
)
async def list_mutes(call: Call, query: Part) -> Response:
    """List mute rules, a part of them."""

    def find(tx: Tx, actor: Actor) -> tuple[list[Silence], Mapping[int, Any], Policies]:
        found = matching(all_of(silences.list_(tx, actor, limit=ALL)), query.search, lambda each: each.name)
        kept = extras.kept(tx, actor, [each.id for each in found], dialect=DIALECT, kind=KIND)
        return found, kept, _policies(tx, actor)

    found, kept, policies = await call.ask(find)

    def show(part: Sequence[Silence]) -> Any:
        rows = [record(each, kept.get(each.id, {}), policies, call.now) for each in part]
        return {"data": rows, "declaration": {}}

    return part_of(call, found, query.page_index, query.page_size, show)


@ROUTES.get(
    "/{uuid}/get",
    permission=Permission.READ,
    summary="Read a mute rule",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def get_mute(call: Call) -> Response:
    """Read a mute rule."""
    number = _number(call)

    def find(tx: Tx, actor: Actor) -> Any:
        found = silences.get(tx, actor, number)
        return record(found, _was(tx, actor, number), _policies(tx, actor), call.now)

    return envelope.ok(call, await call.ask(find))


@ROUTES.post(
    "/{uuid}/modify",
    permission=Permission.CONFIGURE,
    summary="Change a mute rule",
    body_later=MuteBody,
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def modify_mute(call: Call) -> Response:
    """Change a mute rule."""
    number = _number(call)
    body = _BODY.read(await call.read())
    return await _put(call, number, body, _text(call))


@ROUTES.post(
    "/{uuid}/enable",
    permission=Permission.CONFIGURE,
    summary="Enable a mute rule",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def enable_mute(call: Call) -> Response:
    """Let a mute rule that was disabled hold again, as it was made."""
    number = _number(call)
    kept = await call.ask(_was, number)
    if "body" not in kept:
        return envelope.ok(call, await call.ask(_shown, number, call.now))
    text = str(kept["body"])
    return await _put(call, number, _BODY.read(text.encode()), text)


@ROUTES.post(
    "/{uuid}/disable",
    permission=Permission.CONFIGURE,
    summary="Disable a mute rule",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def disable_mute(call: Call) -> Response:
    """Let a mute rule hold no more; what still fires under it pages."""
    number = _number(call)

    def disable(tx: Tx, actor: Actor) -> Any:
        def edit(was: Silence) -> Silence:
            starts_at = min(was.starts_at, call.now - AN_INSTANT)
            return replace(was, starts_at=starts_at, ends_at=call.now)

        changed = silences.change(tx, actor, number, edit, now=call.now)
        kept = stamped(actor, {**_was(tx, actor, number), "disabled": True}, call.now)
        extras.keep(tx, actor, number, kept, dialect=DIALECT, kind=KIND)
        return record(changed, kept, _policies(tx, actor), call.now)

    return envelope.ok(call, await call.act(disable))


@ROUTES.post(
    "/{uuid}/delete",
    permission=Permission.CONFIGURE,
    summary="Delete a mute rule",
    answer=Enveloped[bool],
    raises=(NotFound,),
    params=ONE,
)
async def delete_mute(call: Call) -> Response:
    """Delete a mute rule; what still fires under it pages."""
    await call.act(silences.delete, _number(call), now=call.now)
    return envelope.ok(call, content=True)


def record(silence: Silence, kept: Mapping[str, Any], policies: Policies, now: datetime) -> dict[str, Any]:
    """Write a mute rule: as it came, unless the silence was changed elsewhere since."""
    disabled, stamped_as = bool(kept.get("disabled")), stamps(silence.id, kept, silence.workspace)
    given = _given(silence, kept, policies) if "body" in kept else None
    over = silence.ends_at is not None and silence.ends_at <= now
    return {
        "declaration": {},
        **(given if given is not None else _rebuilt(silence)),
        "uuid": spelled("silence", silence.id),
        "name": silence.name,
        **{name: value for name, value in stamped_as.items() if name != "declaration"},
        "status": DISABLED if disabled or (over and given is None) else ENABLED,
    }


def _given(silence: Silence, kept: Mapping[str, Any], policies: Policies) -> dict[str, Any] | None:
    """Give back what came, if it still says what *silence* is, or would be were it not disabled."""
    body = _BODY.read(str(kept["body"]).encode())
    meant = silence_of(body, policies, silence.starts_at)
    same = (meant.filter, meant.recurring) == (silence.filter, silence.recurring)
    if not kept.get("disabled"):
        same = same and meant.ends_at == silence.ends_at
    given: dict[str, Any] = msgspec.json.decode(str(kept["body"]))
    return given if same else None


def _rebuilt(silence: Silence) -> dict[str, Any]:
    zone = silence.recurring.time_zone if silence.recurring is not None else "UTC"
    written: dict[str, Any] = {
        "type": "custom",
        "muteRanges": [],
        "tags": {},
        "filterString": search_of(silence.filter.expression),
        "timezone": zone,
        "repeatTimeSet": 0,
        "startTime": show_moment(silence.starts_at, zone),
        "endTime": show_moment(silence.ends_at, zone) if silence.ends_at is not None else "",
    }
    return written


async def _put(call: Call, number: SilenceId, body: MuteBody, text: str) -> Response:
    def put(tx: Tx, actor: Actor) -> Any:
        policies = _policies(tx, actor)
        new = silence_of(body, policies, call.now)

        def edit(was: Silence) -> Silence:
            return replace(new, id=was.id, workspace=was.workspace, created_by=was.created_by)

        changed = silences.change(tx, actor, number, edit, now=call.now)
        kept = {**_was(tx, actor, number), "body": text, "disabled": False}
        kept = stamped(actor, kept, call.now)
        extras.keep(tx, actor, number, kept, dialect=DIALECT, kind=KIND)
        return record(changed, kept, policies, call.now)

    return envelope.ok(call, await call.act(put))


def _shown(tx: Tx, actor: Actor, number: SilenceId, now: datetime) -> Any:
    found = silences.get(tx, actor, number)
    return record(found, _was(tx, actor, number), _policies(tx, actor), now)


def _policies(tx: Tx, actor: Actor) -> Policies:
    return {policy.id: policy for policy in history.directory(tx, actor).alert_policies}


def _was(tx: Tx, actor: Actor, number: SilenceId) -> Mapping[str, Any]:
    return extras.kept(tx, actor, (number,), dialect=DIALECT, kind=KIND).get(number, {})


def _number(call: Call) -> SilenceId:
    return SilenceId(id_in_path(call, MUTE, KIND))


def _text(call: Call) -> str:
    """Give the body as it came; raise Invalid when not all of it could be given back."""
    _WHOLE.read(call.body)
    return bytes(call.body).decode()
