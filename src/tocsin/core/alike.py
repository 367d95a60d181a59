"""Deciding once about all that is alike: what differs in nothing that was looked at is decided alike.

In a storm hundreds of alerts differ in their host, and agree in all that silences, policies, rules and
gathering look at; and hundreds of pages differ in their title alone. Which fields count is declared nowhere:
it is noted while one value is decided about.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

V = TypeVar("V")
T = TypeVar("T")

TRIALS = 32  # after so many decisions it must have paid
PATHS_MAX = 4  # what is looked at depends on what was seen: so many ways are kept in mind
READERS_KEPT = 256  # what is looked at is the same from batch to batch

_Place = tuple[str, str | None]  # a field, or a name in one that is a mapping
_Looked = dict[_Place, object]  # what was there


class Alike(Generic[V, T]):
    """Decides about values by *decide*, which must be pure and must not keep the value that it is given.

    *same* names, for fields that are large, what tells one such part from another: ``{"plan": "plan.id"}``.
    """

    def __init__(self, decide: Callable[[V], T], same: Mapping[str, str] | None = None) -> None:
        self._decide = decide
        self._same = same or {}
        self._paths: dict[tuple[_Place, ...], _Path[T]] = {}
        self._known = self._new = 0

    def __call__(self, value: V) -> T:
        """Decide about *value*, as was decided before about one that is alike if there was any."""
        if self._new >= TRIALS and self._new > self._known:
            return self._decide(value)
        for path in self._paths.values():
            known = path.decided.get(path.look(value))
            if known is not None:
                self._known += 1
                return known[0]
        self._new += 1
        looked: _Looked = {}
        decision = self._decide(cast("V", _Watched(value, looked)))
        way = self._path(looked)
        if way is not None:
            way.decided[way.look(value)] = (decision,)
        return decision

    def _path(self, looked: _Looked) -> "_Path[T] | None":
        places = tuple(looked)
        if places not in self._paths and len(self._paths) < PATHS_MAX:
            self._paths[places] = _Path(looked, self._same)
        return self._paths.get(places)


class _Path(Generic[T]):
    """What was looked at on the way to a decision, and the decisions it led to."""

    def __init__(self, looked: _Looked, same: Mapping[str, str]) -> None:
        self.decided: dict[tuple[object, ...], tuple[T]] = {}
        places = []
        for (field, name), value in looked.items():
            if name is not None:
                places.append(f"value.{field}.get({name!r})")
            elif isinstance(value, Mapping):
                places.append(f"tuple(value.{field}.items())")
            else:
                places.append(f"value.{same.get(field, field)}")
        self.look = _reader(tuple(places))


@lru_cache(READERS_KEPT)
def _reader(places: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    """Write the function that gives what a value has in all these *places*."""
    function: Callable[[object], tuple[object, ...]] = eval(  # noqa: S307  # fields of ours, and names quoted
        f"lambda value: ({''.join(f'{place}, ' for place in places)})"
    )
    return function


class _Watched:
    """A value that notes what is looked at."""

    __slots__ = ("_looked", "_value")

    def __init__(self, value: object, looked: _Looked) -> None:
        self._value = value
        self._looked = looked

    def __getattr__(self, field: str) -> Any:
        value = getattr(self._value, field)
        if isinstance(value, Mapping):
            return _WatchedMapping(field, value, self._looked)
        self._looked[field, None] = value
        return value


class _WatchedMapping(Mapping[str, Any]):
    """A mapping that notes which names are looked up; all else looks at the whole of it."""

    def __init__(self, field: str, mapping: Mapping[str, Any], looked: _Looked) -> None:
        self._field = field
        self._mapping = mapping
        self._looked = looked

    def get(self, name: str, default: Any = None) -> Any:
        """Look *name* up; None is as good as nothing."""
        self._looked[self._field, name] = found = self._mapping.get(name)
        return default if found is None else found

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> Mapping[str, Any]:
        self._looked[self._field, None] = self._mapping
        return self._mapping
