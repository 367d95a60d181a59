"""Layers over each other, and stand-ins over them all: who has the duty. Instants are microseconds.

A rotation is a `Rota`, and answers for itself. Recurring duties of one level are an `Agenda`, which may name
several people at once; agendas lie over the rotations.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from itertools import islice
from operator import itemgetter
from typing import NamedTuple, Protocol

from tocsin.core.agenda import Agenda
from tocsin.core.ids import UserId
from tocsin.core.instants import FUTURE, PAST
from tocsin.core.rotation import Stretch

# How many stretches without anybody a search for the next or the previous duty may pass over. There is more
# than one only where a layer's own search for its next duty was given up.
QUIET_STRETCHES_MAX = 20

NO_OVERRIDE = -1
NO_LAYER = -1


class Rota(Protocol):
    """What a layer answers about an instant, whatever kind of layer it is."""

    def people(self, at: int) -> tuple[UserId, ...]:
        """Tell who is on duty."""
        ...

    def stretch(self, at: int) -> Stretch:
        """Tell who is on duty, with the stretch around the instant in which one turn, or nobody, has it."""
        ...


class _Remembered:
    """A rota that remembers its last answer, for whoever walks along it."""

    __slots__ = ("_last", "_rota", "people")

    def __init__(self, rota: Rota) -> None:
        self._rota = rota
        self._last: Stretch = (FUTURE, PAST, (), 0)
        self.people = rota.people

    def stretch(self, at: int) -> Stretch:
        if not self._last[0] <= at < self._last[1]:
            self._last = self._rota.stretch(at)
        return self._last


class StandIn(NamedTuple):
    """An override: *number* is its place in the schedule's list."""

    number: int
    begins: int
    ends: int
    user: UserId
    instead_of: UserId | None


class Duty(NamedTuple):
    """A stretch of duty of *user*: in turn *turn* of layer *layer*, by override *override*, or both.

    Both, where the override puts *user* in the place of the one whose turn it is. Without a layer, *turn* is
    the number of the override that takes the whole duty over, on which *override* may stand.

    It is as long as all of this stays so. Whoever is, by one override, in the place of several people of a
    turn has one duty, which lasts while it is for any of them.
    """

    begins: int
    ends: int
    user: UserId
    layer: int
    turn: int
    override: int


# A stretch, who has the duty in it before anybody stands in, the layer, and the turn (see Duty).
_Below = tuple[int, int, UserId, int, int]

# What tells a duty from others that are held at the same time: all of it but its bounds.
_Mark = tuple[UserId, int, int, int]


class _Piece(NamedTuple):
    """The overrides in force between two edges: the last that takes all duty over, and the later others."""

    whole: StandIn | None
    others: tuple[StandIn, ...]


_NOBODY = _Piece(None, ())
_BY_BEGINNING = itemgetter(0)


class Roster:
    """A schedule, worked out."""

    __slots__ = ("_agendas", "_edges", "_pieces", "_ranked")

    def __init__(
        self, rotas: Sequence[Rota | None], stand_ins: Sequence[StandIn], agendas: Sequence[Agenda] = ()
    ) -> None:
        """Take layers in order, None for those that never have anybody, overrides in order, and agendas.

        The first agenda that has somebody decides, over every layer; what it names as places are layers too.
        """
        self._agendas = tuple(agendas)
        numbered = [(number, rota) for number, rota in enumerate(rotas) if rota is not None]
        self._ranked: tuple[tuple[int, Rota], ...] = tuple(reversed(numbered))
        real = [each for each in stand_ins if each.begins < each.ends]
        self._edges = tuple(sorted({edge for each in real for edge in (each.begins, each.ends)}))
        self._pieces = _pieces(real, self._edges)

    def people(self, at: int) -> tuple[UserId, ...]:
        """Tell who has the duty at the instant *at*, each once."""
        if not self._edges:
            return self._people_in_layers(at)
        whole, others = self._pieces[bisect_right(self._edges, at)]
        people = self._people_in_layers(at) if whole is None else (whole.user,)
        if others:
            return tuple(dict.fromkeys([_settle(user, others)[0] for user in people]))
        return people

    def duties(self, at: int) -> tuple[int, int, tuple[Duty, ...]]:
        """Tell the duties that hold the instant *at*, and the stretch around it in which nothing changes.

        It may end early, and so may the duties, where a layer above gave up its search for its next duty.
        """
        if not self._edges:
            begins, ends, held = self._in_layers(at)
            return begins, ends, tuple([Duty(a, b, who, c, d, NO_OVERRIDE) for a, b, who, c, d in held])
        piece = bisect_right(self._edges, at)
        whole = self._pieces[piece].whole
        if whole is None:
            begins, ends, held = self._in_layers(at)
        else:
            begins, ends = whole.begins, whole.ends
            held = [(begins, ends, whole.user, NO_LAYER, whole.number)]
        if not held:
            return *self._reach(piece, begins, ends, lambda there: self._pieces[there].whole is None), ()
        duties = tuple([self._duty(piece, below) for below in held])
        begins = max([begins, *[each.begins for each in duties]])
        ends = min([ends, *[each.ends for each in duties]])
        return begins, ends, duties if len(duties) == 1 else self._joined(piece, held, duties)

    def walk(self, at: int) -> Iterator[tuple[int, int, tuple[Duty, ...]]]:
        """List what `duties` tells, from the instant *at* on, one stretch after the other, without an end."""
        walker = copy(self)
        # Most of many layers have not changed from one stretch to the next.
        remembered = tuple((layer, _Remembered(rota)) for layer, rota in self._ranked)
        walker._ranked = remembered  # noqa: SLF001 - it is our own copy
        while at < FUTURE:
            stretch = walker.duties(at)
            yield stretch
            at = stretch[1]

    def over_time(self, begins: int, ends: int, *, most: int) -> list[Duty]:
        """List the duties in [begins, ends) by their beginning; of more than *most* only some.

        They are cut off at either end.
        """
        first, last = bisect_right(self._edges, begins), bisect_right(self._edges, ends - 1)
        if first == last and self._pieces[first] == _NOBODY:
            return self._side_by_side(begins, ends, most)
        return self._one_by_one(begins, ends, most)

    def _side_by_side(self, begins: int, ends: int, most: int) -> list[Duty]:
        """List duties where nobody stands in: of each agenda, and the layers, where those above have none."""
        found: list[Duty] = []
        covered: list[tuple[int, int]] = []
        for agenda in self._agendas:
            mine = agenda.occurrences(begins, ends, most)
            if len(mine) > most:
                return [Duty(*each[:2], UserId(0), NO_LAYER, 0, NO_OVERRIDE) for each in mine]
            for starts, stops, users, layer, turn in mine:
                since, until = max(starts, begins), min(stops, ends)
                parts = _left(since, until, covered) if covered else ((since, until),)
                found += [
                    Duty(first, last, user, layer, turn, NO_OVERRIDE)
                    for first, last in parts
                    for user in users
                ]
            covered = _merged([*covered, *[(each[0], each[1]) for each in mine]])
        if self._ranked:
            layers = copy(self)
            layers._agendas, layers._edges, layers._pieces = (), (), (_NOBODY,)  # noqa: SLF001 - our own copy
            for duty in layers._one_by_one(begins, ends, most):  # noqa: SLF001 - see above
                parts = _left(duty.begins, duty.ends, covered)
                found += [duty._replace(begins=first, ends=last) for first, last in parts]
        found.sort(key=_BY_BEGINNING)
        return found

    def _one_by_one(self, begins: int, ends: int, most: int) -> list[Duty]:
        """List duties by walking from one stretch in which nothing changes to the next."""
        found: list[Duty] = []
        latest: dict[tuple[UserId, int, int, int], int] = {}
        for _, until, duties in self.walk(begins):
            for duty in duties:
                key = duty[2:]
                place = latest.get(key)
                # A duty may come in pieces: several people at once, or the search for its end cut short.
                if place is not None and found[place].ends >= duty.begins:
                    found[place] = found[place]._replace(ends=duty.ends)
                else:
                    latest[key] = len(found)
                    found.append(duty)
            if until >= ends or len(found) > most:
                break
        return [
            duty
            if begins <= duty.begins and duty.ends <= ends
            else duty._replace(begins=max(duty.begins, begins), ends=min(duty.ends, ends))
            for duty in found
        ]

    def after(self, at: int) -> tuple[Duty, ...]:
        """Find the first duties that hold the instant *at* or begin after it; none in sight is none."""
        for _, _, duties in islice(self.walk(at), QUIET_STRETCHES_MAX):
            if duties:
                return duties
        return ()

    def before(self, at: int) -> tuple[Duty, ...]:
        """Find the last duties that ended before or at the instant *at*; none in sight is none."""
        for _ in range(QUIET_STRETCHES_MAX):
            begins, _, duties = self.duties(at - 1)
            if duties or begins <= PAST:
                return duties
            at = begins
        return ()

    def _people_in_layers(self, at: int) -> tuple[UserId, ...]:
        for agenda in self._agendas:
            people = agenda.people(at)
            if people:
                return people
        for _, rota in self._ranked:
            people = rota.people(at)
            if people:
                return people
        return ()

    def _in_layers(self, at: int) -> tuple[int, int, Sequence[_Below]]:
        """Tell the turns that decide at *at*, overrides aside, and from when until when all that stays so."""
        begins, ends = PAST, FUTURE
        for agenda in self._agendas:
            since, until, held = agenda.stretch(at)
            if held:
                # A duty may begin before, and last longer than, one beside it; those above bound them all.
                found = [(max(begins, h[0]), min(ends, h[1]), h[2], h[3], h[4]) for h in held]
                return max(begins, since), min(ends, until), found
            begins, ends = max(begins, since), min(ends, until)
        for layer, rota in self._ranked:
            since, until, people, turn = rota.stretch(at)
            if since > begins:  # noqa: PLR1730 - max() and min() for each layer are a third of the whole cost
                begins = since
            if until < ends:  # noqa: PLR1730 - see above
                ends = until
            if people:
                return begins, ends, [(begins, ends, each, layer, turn) for each in people]
        return begins, ends, ()

    def _duty(self, piece: int, below: _Below) -> Duty:
        """Find who does the duty *below* in the end, and how far around *piece* that stays so within it."""
        begins, ends, user, layer, turn = below
        whole = self._pieces[piece].whole
        settled = _settle(user, self._pieces[piece].others)

        def as_here(there: int) -> bool:
            other_whole, others = self._pieces[there]
            return other_whole is whole and _settle(user, others) == settled

        reach = self._reach(piece, begins, ends, as_here)
        override = whole.number if whole is not None and settled[1] == NO_OVERRIDE else settled[1]
        return Duty(*reach, settled[0], layer, turn, override)

    def _joined(self, piece: int, held: Sequence[_Below], duties: Sequence[Duty]) -> tuple[Duty, ...]:
        """Join those of *duties*, each of which is done for one of *held*, that are one (see Duty)."""
        if not self._pieces[piece].others:
            return tuple(duties)
        known: dict[int, frozenset[_Mark]] = {}

        def marks(there: int) -> frozenset[_Mark]:
            if there not in known:
                whole, others = self._pieces[there]
                found = [(_settle(each[2], others), each) for each in held] if whole is None else ()
                known[there] = frozenset([(doer[0], each[3], each[4], doer[1]) for doer, each in found])
            return known[there]

        def holds(mark: _Mark) -> Callable[[int], bool]:
            return lambda there: mark in marks(there)

        joined: dict[_Mark, Duty] = {}
        for (begins, ends, *_), duty in zip(held, duties, strict=True):
            mark = duty[2:]
            if duty.override == NO_OVERRIDE:
                joined[mark] = duty
            elif mark not in joined:
                first, last = self._reach(piece, begins, ends, holds(mark))
                joined[mark] = Duty(first, last, *mark)
        return tuple(joined.values())

    def _reach(self, piece: int, begins: int, ends: int, as_here: Callable[[int], bool]) -> tuple[int, int]:
        """Find how far on either side of *piece* it is as here, within [begins, ends)."""
        first = last = piece
        while self._begins(first) > begins and as_here(first - 1):
            first -= 1
        while self._begins(last + 1) < ends and as_here(last + 1):
            last += 1
        return max(begins, self._begins(first)), min(ends, self._begins(last + 1))

    def _begins(self, piece: int) -> int:
        """Tell when *piece* begins, which is when the one before it ends."""
        if piece == 0:
            return PAST
        return self._edges[piece - 1] if piece <= len(self._edges) else FUTURE


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join *spans* that overlap or touch, in order."""
    joined: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            if ends > joined[-1][1]:
                joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    return joined


def _left(begins: int, ends: int, covered: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """List the parts of [begins, ends) that none of *covered*, which are in order and apart, has."""
    parts: list[tuple[int, int]] = []
    place = max(bisect_right(covered, (begins, FUTURE)) - 1, 0)
    while place < len(covered) and covered[place][0] < ends:
        since, until = covered[place]
        if since > begins:
            parts.append((begins, since))
        begins = max(begins, until)
        place += 1
    if begins < ends:
        parts.append((begins, ends))
    return parts


def _settle(user: UserId, others: Sequence[StandIn]) -> tuple[UserId, int]:
    """Tell who does the duty of *user* in the end, and by which override.

    Whoever was put in somebody's place can be replaced in turn; and of several put in the place of the same
    person the later one counts, together with those who were put in *its* place.
    """
    chain = [user]
    decided_by = [NO_OVERRIDE]
    for other in others:
        if other.instead_of in chain:
            kept = chain.index(other.instead_of) + 1
            chain[kept:] = [other.user]
            decided_by[kept:] = [other.number]
    return chain[-1], decided_by[-1]


def _pieces(stand_ins: Sequence[StandIn], edges: Sequence[int]) -> tuple[_Piece, ...]:
    """Cut time at *edges* and list the overrides in force in each piece, the first beginning in the PAST."""
    events = sorted((edge, each) for each in stand_ins for edge in (each.begins, each.ends))
    in_force: list[StandIn] = []
    pieces = [_Piece(None, ())]
    index = 0
    for edge in edges:
        while index < len(events) and events[index][0] == edge:
            each = events[index][1]
            if each.begins == edge:
                insort(in_force, each)
            else:
                in_force.remove(each)
            index += 1
        pieces.append(_in_force(in_force))
    return tuple(pieces)


def _in_force(stand_ins: Sequence[StandIn]) -> _Piece:
    for place in range(len(stand_ins) - 1, -1, -1):
        if stand_ins[place].instead_of is None:
            return _Piece(stand_ins[place], tuple(stand_ins[place + 1 :]))
    return _Piece(None, tuple(stand_ins))
