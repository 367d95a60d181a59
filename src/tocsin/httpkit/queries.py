"""Queries: the part of an address behind the question mark, decoded strictly into a struct.

A field that is a list takes a parameter as often as it is given, any other once. What the struct does not
know is refused or ignored as the struct says (``forbid_unknown_fields``).
"""

from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect

from tocsin.core.errors import Invalid
from tocsin.httpkit.bodies import refuse_nul
from tocsin.httpkit.faults import explain
from tocsin.httpkit.phrases import options, phrase

PARAMETERS_MAX = 200
_SHOWN_MAX = 100

T = TypeVar("T")


class QueryReader(Generic[T]):
    """Decodes queries into the struct *kind*."""

    def __init__(self, kind: type[T]) -> None:
        self.kind = kind
        type_ = inspect.type_info(kind)
        fields = type_.fields if isinstance(type_, inspect.StructType) else ()
        self._lists = {field.encode_name for field in fields if _is_list(field.type)}
        self._instants = {field.encode_name: field.type for field in fields if _is_instant(field.type)}

    def read(self, query: bytes) -> T:
        """Decode *query*; raise Invalid for whatever is wrong with it."""
        if not query:
            return self._convert({})
        values: dict[str, Any] = {}
        for name, value in pairs(query):
            if name in self._lists:
                values.setdefault(name, []).append(value)
            elif name in values:
                raise Invalid(name, "is given twice", "must be given once")
            elif name in self._instants and _is_number(value):  # which would be taken for seconds since 1970
                raise Invalid(name, f'is "{value[:_SHOWN_MAX]}"', f"must be {phrase(self._instants[name])}")
            else:
                values[name] = value
        return self._convert(values)

    def _convert(self, values: dict[str, Any]) -> T:
        try:
            return msgspec.convert(values, self.kind, strict=False)
        except msgspec.ValidationError as error:
            raise explain(error, values, self.kind) from None


def pairs(query: bytes) -> list[tuple[str, str]]:
    """Cut *query* into its parameters, in order; raise Invalid when it is no UTF-8 text or holds NUL."""
    try:
        text = query.decode("ascii")
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except UnicodeDecodeError:
        raise Invalid("", "the query is not percent-encoded UTF-8 text") from None
    except ValueError:
        raise Invalid("", f"the query has more than {PARAMETERS_MAX} parameters") from None
    if "%00" in text:
        refuse_nul(dict(found))
    return found


def _is_instant(type_: inspect.Type) -> bool:
    return any(isinstance(option, inspect.DateTimeType) for option in options(type_))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_list(type_: inspect.Type) -> bool:
    return any(isinstance(option, inspect.CollectionType) for option in options(type_))
