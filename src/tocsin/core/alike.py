"""Deciding once about all that is alike: what differs in nothing that was looked at is decided alike.

In a storm hundreds of alerts differ in their host, and agree in all that silences, policies, rules and
gathering look at. Which fields those are is declared nowhere: it is noted while one alert is decided about.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from tocsin.core.alert import Alert

T = TypeVar("T")

TRIALS = 32  # after so many decisions it must have paid
PATHS_MAX = 4  # what is looked at depends on what was seen: so many ways are kept in mind

_Place = tuple[str, str | None]  # a field, or a name in one that is a mapping
_Looked = dict[_Place, object]  # what was there


class Alike(Generic[T]):
    """Decides about alerts by *decide*, which must be pure and must not keep the alert that it is given."""

    def __init__(self, decide: Callable[[Alert], T]) -> None:
        self._decide = decide
        self._paths: dict[tuple[_Place, ...], _Path[T]] = {}
        self._asked = self._known = 0

    def __call__(self, alert: Alert) -> T:
        """Decide about *alert*, as was decided before about one that is alike if there was any."""
        self._asked += 1
        if self._asked > TRIALS and 2 * self._known < self._asked:
            return self._decide(alert)
        for path in self._paths.values():
            known = path.decided.get(path.look(alert))
            if known is not None:
                self._known += 1
                return known[0]
        looked: _Looked = {}
        decision = self._decide(cast("Alert", _Watched(alert, looked)))
        way = self._path(looked)
        if way is not None:
            way.decided[way.look(alert)] = (decision,)
        return decision

    def _path(self, looked: _Looked) -> "_Path[T] | None":
        places = tuple(looked)
        if places not in self._paths and len(self._paths) < PATHS_MAX:
            self._paths[places] = _Path(looked)
        return self._paths.get(places)


class _Path(Generic[T]):
    """What was looked at on the way to a decision, and the decisions it led to."""

    def __init__(self, looked: _Looked) -> None:
        self.decided: dict[tuple[object, ...], tuple[T]] = {}
        whole = {field: value for (field, name), value in looked.items() if name is None}
        mappings = [field for field, value in whole.items() if isinstance(value, Mapping)]
        # Of two fields and more it makes a tuple.
        self._fields = attrgetter("status", "status", *(field for field in whole if field not in mappings))
        self._mappings = [attrgetter(field) for field in mappings]
        self._named = [(attrgetter(field), name) for field, name in looked if name is not None]

    def look(self, alert: Alert) -> tuple[object, ...]:
        """Give what *alert* has in all these places."""
        found: tuple[object, ...] = self._fields(alert)
        if self._named:
            found += tuple([read(alert).get(name) for read, name in self._named])
        if self._mappings:
            found += tuple([tuple(read(alert).items()) for read in self._mappings])
        return found


class _Watched:
    """An alert that notes what is looked at."""

    __slots__ = ("_alert", "_looked")

    def __init__(self, alert: Alert, looked: _Looked) -> None:
        self._alert = alert
        self._looked = looked

    def __getattr__(self, field: str) -> Any:
        value = getattr(self._alert, field)
        if isinstance(value, Mapping):
            return _WatchedMapping(field, value, self._looked)
        self._looked[field, None] = value
        return value


class _WatchedMapping(Mapping[str, Any]):
    """A mapping of an alert that notes which names are looked up; all else looks at the whole of it."""

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
