"""Frozen values in quantity: made and copied at a fifth of what dataclasses take for it.

Every event and every page comes this way several times, and their values have up to thirty fields. A frozen
dataclass sets each field through a function that looks it up by name. Here the fields are set on a *twin*, a
plain class with the same slots, and the object becomes one of the frozen class when it is complete.
"""

from collections.abc import Callable
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


def _parameter(field: "Field[Any]", names: dict[str, Any], body: list[str]) -> str:
    if field.default is not MISSING:
        names[f"default_{field.name}"] = field.default
        return f"{field.name}=default_{field.name}"
    if field.default_factory is not MISSING:
        names[f"make_{field.name}"] = field.default_factory
        body.append(f"if {field.name} is UNSET: {field.name} = make_{field.name}()")
        return f"{field.name}=UNSET"
    return field.name


def _learn(known: tuple[Any, ...]) -> Callable[..., Any]:
    """Write the function that copies a value of one kind but for some fields, which it is given."""
    kind, *changes = known
    there = [field.name for field in fields(kind)]
    if strange := [name for name in changes if name not in there]:
        raise AttributeError(f"{kind.__name__} has no field {strange[0]}")
    body = [f"_twin.{name} = {name if name in changes else f'_value.{name}'}" for name in there]
    body = ["_twin = _new(_Twin)", *body, "_twin.__class__ = _Kind", "return _twin"]
    names = {"_Kind": kind, "_Twin": _twin(kind), "_new": object.__new__}
    evolve = _EVOLVE[known] = _function("evolve", ["_value", *changes], body, names)
    return evolve


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
