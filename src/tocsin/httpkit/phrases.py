"""What a value of a type looks like, in words that follow "must be"."""

from collections.abc import Iterator, Sequence

from msgspec import inspect

_PLAIN: dict[type[inspect.Type], str] = {
    inspect.NoneType: "null",
    inspect.BoolType: "true or false",
    inspect.BytesType: "Base64 text",
    inspect.DateType: "a date like 2026-03-01",
    inspect.TimeType: "a time of day like 12:00:00",
    inspect.UUIDType: "a UUID",
    inspect.DecimalType: "a decimal number",
    inspect.DictType: "an object",
    inspect.StructType: "an object",
    inspect.DateTimeType: "an RFC 3339 time with its offset, like 2026-03-01T12:00:00Z",
}


def phrase(type_: inspect.Type | None) -> str:
    """Say what a value of *type_* looks like."""
    match type_:
        case inspect.Metadata():
            about = (type_.extra_json_schema or {}).get("description", "")
            return phrase(type_.type) + (f" ({str(about).rstrip('.')})" if about else "")
        case inspect.UnionType():
            return " or ".join(dict.fromkeys(phrase(option) for option in type_.types))
        case inspect.EnumType():
            return _one_of([member.value for member in type_.cls])
        case inspect.LiteralType():
            return _one_of(list(type_.values))
        case None:
            return "something else"
        case _:
            return _sized(type_) or _PLAIN.get(type(type_), "something else")


def options(type_: inspect.Type | None) -> Iterator[inspect.Type]:
    """Give the types that a value of *type_* may have: those of a union, or *type_* itself."""
    match type_:
        case None:
            return
        case inspect.Metadata():
            yield from options(type_.type)
        case inspect.UnionType():
            for option in type_.types:
                yield from options(option)
        case _:
            yield type_


def _sized(type_: inspect.Type) -> str | None:
    match type_:
        case inspect.IntType():
            return "a whole number" + _span(type_)
        case inspect.FloatType():
            return "a number" + _span(type_)
        case inspect.StrType():
            form = f" that matches {type_.pattern}" if type_.pattern else ""
            return "text" + _count(type_.min_length, type_.max_length, "characters") + form
        case inspect.CollectionType():
            return "a list" + _count(type_.min_length, type_.max_length, "items")
        case inspect.TupleType():
            return f"a list of {len(type_.item_types)} items"
        case _:
            return None


def _span(type_: inspect.IntType | inspect.FloatType) -> str:
    if type_.ge is not None and type_.le is not None:
        return f" of {type_.ge} to {type_.le}"
    bounds = [
        (type_.ge, "of {} or more"),
        (type_.gt, "above {}"),
        (type_.le, "of {} or less"),
        (type_.lt, "below {}"),
    ]
    said = [words.format(bound) for bound, words in bounds if bound is not None]
    return f" {' and '.join(said)}" if said else ""


def _count(least: int | None, most: int | None, noun: str) -> str:
    if least is not None and most is not None:
        return f" of {least} {noun}" if least == most else f" of {least} to {most} {noun}"
    if least is not None:
        return f" of {least} {noun} or more"
    return "" if most is None else f" of at most {most} {noun}"


def _one_of(values: Sequence[object]) -> str:
    said = [str(value) for value in values]
    return said[0] if len(said) == 1 else f"one of {', '.join(said)}"
