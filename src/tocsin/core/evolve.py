"""Frozen values in quantity: made and copied at a fifth of what dataclasses take for it.

Every event and every page comes this way several times, and their values have up to thirty fields. A frozen
dataclass sets each field through a function that looks it up by name. Here the fields are set on a *twin*, a
plain class with the same slots, and the object becomes one of the frozen class when it is complete.

To name thirty arguments in a call is more work for Python than to set thirty fields. What is mostly taken
over from another value is therefore made by a `carrier`, which is told only what differs.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

V = TypeVar("V")
Kind = TypeVar("Kind", bound=type)

_EVOLVE: dict[tuple[object, ...], Callable[..., Any]] = {}


def evolve(value: V, **changes: Any) -> V:
    """Do what `dataclasses.replace` does: a copy of *value*, which has slots, with *changes* to its fields.

    Raises AttributeError for a name that is none of its fields. Nothing but the fields is copied, and no
    ``__post_init__`` runs.
    """
    known = (type(value), *changes)
    evolved: V = (_EVOLVE.get(known) or _learn(known))(value, **changes)
    return evolved


def quickly_made(kind: Kind) -> Kind:
    """Give *kind*, a frozen dataclass with slots, a constructor that does the same sooner.

    Its fields must be keyword-only, there must be no ``__post_init__``, and its bases must have no fields.
    """
    names: dict[str, Any] = {"Kind": kind, "Twin": _twin(kind), "as_one": _CLASS_OF, "UNSET": MISSING}
    parameters, body = ["self", "*"], ["as_one(self, Twin)"]
    for field in fields(kind):
        parameters.append(_parameter(field, names, body))
        body.append(f"self.{field.name} = {field.name}")
    body.append("self.__class__ = Kind")
    kind.__init__ = _function("__init__", parameters, body, names)  # type: ignore[misc]  # it is meant to be replaced
    return kind


def carrier(kind: type[V], *sources: type, given: Sequence[str] = ()) -> Callable[..., V]:
    """Give a function that makes a *kind* out of values of *sources*; all of these classes must have slots.

    It takes the values in that order and, by name, the fields that are *given*. Each other field it takes
    over from the first value that has one of the same name; where none has, it has its default. Raises
    AttributeError when what is *given* is no field, TypeError when there is no way to a field.
    """
    parts: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]  # all kinds are dataclasses
    if strange := set(given) - {field.name for field in parts}:
        raise AttributeError(f"{kind.__name__} has no field {min(strange)}")
    values = {f"_value{number}": source for number, source in enumerate(sources)}
    names: dict[str, Any] = {"_Kind": kind, "_Twin": _twin(kind), "_new": object.__new__}
    body = ["_twin = _new(_Twin)"]
    for field in parts:
        if field.name in given:
            found = field.name
        else:
            value = next((value for value, source in values.items() if hasattr(source, field.name)), None)
            found = f"{value}.{field.name}" if value is not None else _default(field, names)
        body.append(f"_twin.{field.name} = {found}")
    body += ["_twin.__class__ = _Kind", "return _twin"]
    return _function("carry", [*values, *(["*", *given] if given else [])], body, names)


def _learn(known: tuple[Any, ...]) -> Callable[..., Any]:
    """Write the function that copies a value of one kind but for some fields, which it is given."""
    kind, *changes = known
    evolve = _EVOLVE[known] = carrier(kind, kind, given=changes)
    return evolve


def _parameter(field: "Field[Any]", names: dict[str, Any], body: list[str]) -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return field.name
    default = _default(field, names)
    if field.default is not MISSING:
        return f"{field.name}={default}"
    body.append(f"if {field.name} is UNSET: {field.name} = {default}")
    return f"{field.name}=UNSET"


def _default(field: "Field[Any]", names: dict[str, Any]) -> str:
    """Write what *field* is by default."""
    if field.default is not MISSING:
        names[f"default_{field.name}"] = field.default
        return f"default_{field.name}"
    if field.default_factory is MISSING:
        raise TypeError(f"nothing says what {field.name} is to be")
    names[f"make_{field.name}"] = field.default_factory
    return f"make_{field.name}()"


def _twin(kind: type) -> type:
    """Make the class of the same slots whose fields can be set."""
    slots = {"__slots__": tuple(field.name for field in fields(kind))}
    if "__weakref__" in kind.__dict__:
        slots["__slots__"] += ("__weakref__",)
    return type(f"{kind.__name__}Twin", (), slots)


def _function(name: str, parameters: list[str], body: list[str], names: dict[str, Any]) -> Callable[..., Any]:
    text = f"def {name}({', '.join(parameters)}):\n" + "".join(f"    {line}\n" for line in body)
    made: dict[str, Any] = {}
    exec(text, names, made)  # noqa: S102  # of names of our own fields, as dataclasses does it
    function: Callable[..., Any] = made[name]
    return function


_CLASS_OF = object.__dict__["__class__"].__set__
"""Whose turn it is to be an object's class."""
