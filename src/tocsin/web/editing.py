"""Making, changing and deleting a thing by a form: one way for everything that can be configured.

A form is shown with what there is. What is wrong stands beside its field, and what was typed stays. When
somebody else has saved the thing in the meantime, whoever comes second is told what changed: fields that they
left alone take the new values, their own stay, and nothing is saved until they say so again. Where a thing
can be told in words, a change is shown before it is made.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from starlette.responses import RedirectResponse, Response

from tocsin.actions import audit, history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Forbidden, Invalid
from tocsin.core.people import User
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.differing import Part, Words, differing
from tocsin.web.forms import LONG_MAX, Faulty, Form, Values, identifier, rearranged, said, typed
from tocsin.web.merging import DO, OPENED, SEEN, digest, merged, packed, said_by, unpacked
from tocsin.web.rendering import page
from tocsin.web.sheets import Meanwhile, Review, Sheet
from tocsin.world import Tx

T = TypeVar("T")

LOOK: Final = "look"  # show what would come of it
AGAIN: Final = "again"  # show the form again, with one more place to fill in


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is there around a thing: the configuration, the reader's zone, and the present moment."""

    directory: Directory
    actor: Actor
    user: User
    now: datetime

    @classmethod
    def of(cls, directory: Directory, actor: Actor, call: Call) -> "Around":
        """Look around for whoever calls."""
        return cls(directory=directory, actor=actor, user=signed_in(call.request).user, now=call.now)

    @property
    def zone(self) -> str:
        """The time zone of whoever types."""
        return self.user.time_zone


def around(tx: Tx, actor: Actor, call: Call) -> Around:
    """Look at what there is."""
    return Around.of(history.directory(tx, actor), actor, call)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """A kind of thing that is made and changed by a form.

    *form_of* says what the form of a thing holds, and *read* makes a thing of what a form holds, with what
    the form does not show taken from the thing as it was; it raises Faulty. *lists* gives what a new part of
    each list holds, in the zone of the reader. *words* tell a thing, for showing what a change changes;
    *outcome* tells what would come of it. *choices* is what the template offers. *after* names the page to go
    to from a thing that was saved, and *made* shows what was made, where that can be seen but once.
    *lists_at* is where the list is, if not at the *path*. What is *new_at_once* is made without a look first,
    unless that is asked for; without *create* nothing is. *warns* tells what to know about fields of a thing,
    by their paths, and *looks* finds what there is around it.
    """

    noun: str
    kind: str
    path: str
    template: str
    permission: Permission
    blank: Callable[[Call], Values]
    form_of: Callable[[T, Around], Values]
    read: Callable[[Form, Around, T | None], T]
    get: Callable[..., T]
    create: Callable[[Tx, Actor, T, Call], Any] | None
    change: Callable[..., T]
    delete: Callable[..., object] | None = None
    lists: Callable[[str], Mapping[str, Values]] = lambda _zone: {}
    choices: Callable[[Around, Form], Mapping[str, Any]] = lambda _around, _form: {}
    words: Callable[[T, Around], Words] | None = None
    outcome: Callable[[Tx, Around, T | None, T], object] | None = None
    after: Callable[[str], str] | None = None
    made: Callable[[Call, Any], Awaitable[Response]] | None = None
    lists_at: str = ""
    new_at_once: bool = False
    warns: Callable[[T, Around], Mapping[str, str]] | None = None
    looks: Callable[[Tx, Actor, Call], Around] = around

    @property
    def home(self) -> str:
        """The address of the list in which the thing is."""
        return self.lists_at or self.path

    def url(self, identifier_: str) -> str:
        """Give the address of the page of the thing with this id."""
        return self.after(identifier_) if self.after is not None else f"{self.path}/{identifier_}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent(Generic[T]):
    """What came in: a *form* of a *kind*, for the *thing* with that id, or for a new one."""

    kind: Kind[T]
    thing: int | None
    form: Form


class _Enough(Exception):
    """It could have been saved."""


class Overtaken(Conflict):
    """Somebody else has changed the thing since its form was opened."""


def routes(kind: Kind[T]) -> Routes:
    """Make the routes of *kind*: a form for a new one, one for each that there is, and the way out."""
    own = Routes(kind.path, tag="Pages")
    noun = kind.noun
    if kind.create is not None:
        _route_new(own, kind)

    @own.get("/{thing}/edit", permission=kind.permission, summary=f"Show the form of a {noun}", hidden=True)
    async def show_edit(call: Call) -> Response:
        """Show a form with what there is."""
        return await _show(call, kind, _thing(call, kind), None)

    @own.post(
        "/{thing}/edit",
        permission=kind.permission,
        summary=f"Change a {noun}",
        hidden=True,
        body_limit=LONG_MAX,
    )
    async def change(call: Call, body: bytes) -> Response:
        """Change a thing into what was typed."""
        return await _take(call, kind, _thing(call, kind), typed(body))

    if kind.delete is not None:
        delete = kind.delete

        @own.post("/{thing}/delete", permission=kind.permission, summary=f"Delete a {noun}", hidden=True)
        async def remove(call: Call) -> Response:
            """Delete a thing, unless something needs it."""
            thing = _thing(call, kind)
            try:
                await call.act(delete, thing, now=call.now)
            except Conflict as error:
                return await _show(call, kind, thing, None, fault=f"It stays: {error}.", status=409)
            return RedirectResponse(f"{kind.home}?said=deleted", 303)

    return own


def _route_new(own: Routes, kind: Kind[T]) -> None:
    @own.get("/new", permission=kind.permission, summary=f"Show the form of a new {kind.noun}", hidden=True)
    async def show_new(call: Call) -> Response:
        """Show an empty form."""
        return await _show(call, kind, None, Form(kind.blank(call)))

    @own.post(
        "/new",
        permission=kind.permission,
        summary=f"Make a new {kind.noun}",
        hidden=True,
        body_limit=LONG_MAX,
    )
    async def make(call: Call, body: bytes) -> Response:
        """Make what was typed."""
        return await _take(call, kind, None, typed(body))


def shown(
    call: Call,
    template: str,
    *,
    to_change: Permission = Permission.CONFIGURE,
    status: int = 200,
    **values: Any,
) -> Response:
    """Answer with a page for whoever has signed in; *to_change* what it shows, one needs that permission."""
    return page(
        template,
        now=call.now,
        user=signed_in(call.request).user,
        status=status,
        may_change=call.actor.may(to_change),
        said=call.request.query_params.get("said", ""),
        **values,
    )


async def _take(call: Call, kind: Kind[T], thing: int | None, form: Form) -> Response:
    """Do what a button of the form says: rearrange it, show what would come of it, or save."""
    wanted = form(DO)
    if wanted and wanted != LOOK:
        zone = signed_in(call.request).user.time_zone
        form = form if wanted == AGAIN else rearranged(form, wanted, kind.lists(zone))
        return await _show(call, kind, thing, form, opened=form(OPENED))
    try:
        sent = _Sent(kind=kind, thing=thing, form=form)
        looks = kind.words is not None and not (kind.new_at_once and thing is None and wanted != LOOK)
        review = await call.ask(_review, call, sent) if looks else None
        if review is not None and (form(SEEN) != review.seen or wanted == LOOK):
            await _rehearse(call, sent)
            return await _show(call, kind, thing, form, opened=form(OPENED), review=review)
        saved, result = await call.act(_save, call, sent)
    except Overtaken:
        return await _show_meanwhile(call, kind, thing, form)
    except (Faulty, Invalid, Conflict, Forbidden) as error:
        faulty = form.with_faults(_faults(error))
        status = 409 if isinstance(error, Conflict) else 403 if isinstance(error, Forbidden) else 400
        return await _show(call, kind, thing, faulty, opened=form(OPENED), status=status)
    if thing is None and kind.made is not None:
        return await kind.made(call, result)
    return RedirectResponse(f"{kind.url(native(kind.kind, saved))}?said=saved", 303)


def _save(tx: Tx, actor: Actor, call: Call, sent: _Sent[T]) -> tuple[int, Any]:
    """Save what was typed, if the thing is as it was when the form was opened; give its id, and itself."""
    kind, form = sent.kind, sent.form
    here = kind.looks(tx, actor, call)
    if sent.thing is None:
        assert kind.create is not None  # noqa: S101 - without it there is no route to here
        made: Any = kind.create(tx, actor, kind.read(form, here, None), call)
        return getattr(made, "id", 0), made

    def edit(was: T) -> T:
        _must_be_as_opened(kind, form, was, here)
        return kind.read(form, here, was)

    return sent.thing, kind.change(tx, actor, sent.thing, edit, now=call.now)


async def _rehearse(call: Call, sent: _Sent[T]) -> None:
    """Save what was typed, and let nothing of it be: so that nobody is shown what could not be saved."""

    def rehearse(tx: Tx, actor: Actor) -> None:
        _save(tx, actor, call, sent)
        raise _Enough

    with suppress(_Enough):
        await call.act(rehearse)


def _review(tx: Tx, actor: Actor, call: Call, sent: _Sent[T]) -> Review | None:
    """Tell what would change, if anything does that people should see first."""
    kind, form = sent.kind, sent.form
    here = kind.looks(tx, actor, call)
    was = None if sent.thing is None else kind.get(tx, actor, sent.thing)
    if was is not None:
        _must_be_as_opened(kind, form, was, here)
    new = kind.read(form, here, was)
    if kind.words is None or (was is None and kind.outcome is None):
        return None
    told = kind.words(was, here) if was is not None else {}
    parts = differing(told, kind.words(new, here)) if was is not None else ()
    outcome = kind.outcome(tx, here, was, new) if kind.outcome is not None else None
    if not parts and was is not None:
        return None
    return Review(parts=parts, outcome=outcome, seen=digest(form))


async def _show(
    call: Call,
    kind: Kind[T],
    thing: int | None,
    form: Form | None,
    *,
    opened: str = "",
    review: Review | None = None,
    fault: str = "",
    status: int = 0,
) -> Response:
    def look(tx: Tx, actor: Actor) -> Sheet:
        here = kind.looks(tx, actor, call)
        was = None if thing is None else kind.get(tx, actor, thing)
        shown = form if form is not None else Form(kind.form_of(was, here)) if was is not None else Form()
        shown = _warned(kind, shown, was, here)
        return Sheet(
            form=shown.with_faults({"": fault}) if fault else shown,
            id=native(kind.kind, thing) if thing is not None else "",
            name=_name(was),
            opened=opened or packed(shown.values),
            review=review,
            choices=kind.choices(here, shown),
        )

    return _answer(call, kind, await call.ask(look), status)


async def _show_meanwhile(call: Call, kind: Kind[T], thing: int | None, form: Form) -> Response:
    """Show the form with what was typed in it over the thing as it is now, and what somebody changed."""

    def look(tx: Tx, actor: Actor) -> Sheet:
        here = kind.looks(tx, actor, call)
        assert thing is not None  # noqa: S101 - what is new cannot be overtaken
        was = kind.get(tx, actor, thing)
        now = kind.form_of(was, here)
        opened = unpacked(form(OPENED))
        shown = _warned(kind, Form(merged(form.values, opened, now)), was, here)
        last = audit.list_(tx, actor, subject=thing, limit=1).items if actor.may(Permission.ADMIN) else ()
        return Sheet(
            form=shown,
            id=native(kind.kind, thing),
            name=_name(was),
            opened=packed(now),
            meanwhile=Meanwhile(last=last[0] if last else None, parts=_between(kind, opened, was, here)),
            choices=kind.choices(here, shown),
        )

    return _answer(call, kind, await call.ask(look), 409)


def _answer(call: Call, kind: Kind[T], sheet: Sheet, status: int) -> Response:
    return page(
        kind.template,
        now=call.now,
        user=signed_in(call.request).user,
        status=status or 200,
        kind=kind,
        sheet=sheet,
        form=sheet.form,
        **sheet.choices,
    )


def _warned(kind: Kind[T], form: Form, was: T | None, here: Around) -> Form:
    """Say beside the fields what to know about the thing as it is in the form, if that makes one."""
    if kind.warns is None or form.faults:
        return form
    try:
        return form.with_warnings(kind.warns(kind.read(form, here, was), here))
    except (Faulty, Invalid):
        return form


def _between(kind: Kind[T], opened: Values, now: T, here: Around) -> tuple[Part, ...]:
    """Tell what differs between the thing as the form showed it and as it is now."""
    if kind.words is None:
        return differing(_plain_words(opened), _plain_words(kind.form_of(now, here)))
    try:
        then = kind.read(Form(opened), here, now)
    except (Faulty, Invalid):  # it named something that is gone
        return ()
    return differing(kind.words(then, here), kind.words(now, here))


def _plain_words(values: Values) -> Words:
    return {name.replace("_", " "): [value for value in found if value] for name, found in values.items()}


def _must_be_as_opened(kind: Kind[T], form: Form, was: T, here: Around) -> None:
    if said_by(kind.form_of(was, here)) != said_by(unpacked(form(OPENED))):
        raise Overtaken("it was changed by somebody else in the meantime")


def _faults(error: Exception) -> Mapping[str, str]:
    match error:
        case Faulty(faults=faults):
            return faults
        case Invalid(path=path):
            return {path: said(error)}
        case _:
            text = str(error)
            return {"": f"{text[:1].upper()}{text[1:]}."}


def _name(thing: object) -> str:
    name = getattr(thing, "display_name", None) or getattr(thing, "name", "")
    return str(name)


def _thing(call: Call, kind: Kind[T]) -> int:
    return identifier(call.params["thing"], kind.kind)
