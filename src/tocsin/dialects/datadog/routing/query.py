"""The query language of routing rules, from text to the domain's filters and back.

``tags.env:(prod OR stage) -groups.host:web* priority:1``: terms side by side must all hold, ``AND`` may stand
between them, ``OR`` binds looser, ``NOT`` or ``-`` denies, ``*`` in a value stands for any text. Values are
told apart by the case of their letters. Tags and groups are both labels here.
"""

import re
from dataclasses import dataclass
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.filter_tree import (
    And,
    Compare,
    Exists,
    Expression,
    In,
    Not,
    Operator,
    Or,
    Truth,
    all_of,
    any_of,
)
from tocsin.core.filters import EVERYTHING, Filter, from_expression

DEPTH_MAX: Final = 32
LENGTH_MAX: Final = 4_096

_LABELS: Final = "labels."
_PRIORITY: Final = "labels.priority"
_SEVERITY: Final = "severity"
_STATUSES: Final[dict[str, Expression]] = {
    "error": In(_SEVERITY, ("critical", "error", "nodata")),
    "warn": Compare(_SEVERITY, Operator.EQUAL, "warning"),
    "success": Truth(holds=False),  # what is over is never routed
}
_PRIORITIES: Final = {f"{n}": In(_PRIORITY, (f"{n}", f"P{n}")) for n in range(1, 6)}

_BLANK = re.compile(r"\s*")
_WORD = re.compile(r"(AND|OR|NOT)(?=[\s()]|$)")
_FIELD = re.compile(r"(?:(?:tags|groups)\.((?:\\.|[^\s:()\"\\])+)|(priority|alert_status)):", re.DOTALL)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_BARE = re.compile(r"(?:\\.|[^\s()\"\\])+", re.DOTALL)
_PIECE = re.compile(r"\\(.)|(\*)|([^\\*]+)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'[\s()"\\:*]')
_PLAIN_KEY = re.compile(r"[^\s:()\"\\]+")


def read_query(text: str, path: str) -> Filter:
    """Read a query into a filter; raise Invalid for *path* when it cannot be read."""
    if not text.strip():
        return EVERYTHING
    if len(text) > LENGTH_MAX:
        raise Invalid(path, f"is {len(text)} characters long", f"must be at most {LENGTH_MAX}")
    expression = _Reader(text, path).read()
    return EVERYTHING if expression == Truth(holds=True) else from_expression(expression, path)


def to_query(given: Filter) -> str | None:
    """Write a filter as a query, None when the language has no words for it."""
    return "" if given == EVERYTHING else _written(given.expression)


@dataclass(slots=True)
class _Reader:
    """Recursive descent over one text."""

    text: str
    path: str
    at: int = 0
    depth: int = 0

    def read(self) -> Expression:
        expression = self.alternatives()
        if self.at < len(self.text):
            raise self.wrong()
        return expression

    def alternatives(self) -> Expression:
        parts = [self.together()]
        while self.take("OR"):
            parts.append(self.together())
        return any_of(*parts)

    def together(self) -> Expression:
        parts = [self.factor()]
        while self.take("AND") or self.begins():
            parts.append(self.factor())
        return all_of(*parts)

    def factor(self) -> Expression:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise Invalid(self.path, "nests too deep", f"must nest at most {DEPTH_MAX} deep")
        if self.take("NOT") or self.sign("-"):
            found: Expression = Not(self.factor())
        elif self.sign("("):
            found = self.alternatives()
            self.close()
        elif self.sign("*"):
            found = Truth(holds=True)
        else:
            found = self.term()
        self.depth -= 1
        return found

    def term(self) -> Expression:
        field = self.match(_FIELD)
        if field is None:
            raise self.wrong()
        if not self.sign("("):
            return self.value(field)
        parts = [self.value(field)]
        while self.take("OR"):
            parts.append(self.value(field))
        self.close()
        equal = [each for each in parts if isinstance(each, Compare) and each.operator is Operator.EQUAL]
        if len(parts) > 1 and len(equal) == len(parts):
            return In(equal[0].field, tuple(each.value for each in equal))
        return any_of(*parts)

    def value(self, field: re.Match[str]) -> Expression:
        key, fixed = field.groups()
        quoted = self.match(_QUOTED)
        bare = None if quoted is not None or self.ahead(_WORD) else self.match(_BARE)
        found = quoted or bare
        if found is None:
            raise self.wrong()
        if fixed is not None:
            known = _PRIORITIES if fixed == "priority" else _STATUSES
            word = _ESCAPE.sub(r"\1", found[1] if quoted is not None else found[0])
            if word not in known:
                problem = f"asks for {fixed}:{word[:50]}"
                raise Invalid(self.path, problem, f"must ask for one of {', '.join(known)}")
            return known[word]
        name = _LABELS + _ESCAPE.sub(r"\1", key)
        if quoted is not None:
            return Compare(name, Operator.EQUAL, _ESCAPE.sub(r"\1", quoted[1]))
        return _label(name, found[0])

    def begins(self) -> bool:
        """Tell whether another term follows."""
        self.skip()
        return (
            self.at < len(self.text) and self.text[self.at] != ")" and self.ahead(_WORD) not in {"OR", "AND"}
        )

    def take(self, word: str) -> bool:
        self.skip()
        if self.ahead(_WORD) != word:
            return False
        self.at += len(word)
        return True

    def sign(self, sign: str) -> bool:
        self.skip()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += 1
        return True

    def close(self) -> None:
        if not self.sign(")"):
            raise self.wrong()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def ahead(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        return None if found is None else found[0]

    def skip(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        self.at = self.at if blank is None else blank.end()

    def wrong(self) -> Invalid:
        rest = self.text[self.at :]
        shown = f"from {rest[:50]!r} on" if rest else "at its end"
        remedy = "must be like tags.env:prod AND (priority:1 OR alert_status:error)"
        return Invalid(self.path, f"cannot be read {shown}", remedy)


def _label(name: str, text: str) -> Expression:
    """Compare a label with a value, in which a ``*`` that is not escaped stands for any text."""
    pieces = [match.groups() for match in _PIECE.finditer(text)]
    plain = "".join(escaped or literal or "" for escaped, star, literal in pieces if not star)
    stars = any(star for _, star, _ in pieces)
    if not stars:
        return Compare(name, Operator.EQUAL, plain)
    if not plain:
        return Exists(name)
    return Compare(
        name, Operator.LIKE, "".join("*" if star else (esc or lit or "") for esc, star, lit in pieces)
    )


def _written(expression: Expression) -> str | None:
    match expression:
        case Truth(holds):
            return "*" if holds else "alert_status:success"
        case Not(part):
            inner = _written(part)
            return (
                None
                if inner is None
                else f"NOT ({inner})"
                if isinstance(part, And | Or | Not)
                else f"-{inner}"
            )
        case And(parts):
            return _joined(parts, " AND ", (And, Or))
        case Or(parts):
            return _joined(parts, " OR ", (Or,))
        case _:
            for words, known in (("alert_status", _STATUSES), ("priority", _PRIORITIES)):
                for word, meant in known.items():
                    if meant == expression:
                        return f"{words}:{word}"
            return _term(expression)


def _joined(parts: tuple[Expression, ...], by: str, bracketed: tuple[type[And | Or], ...]) -> str | None:
    texts = [_written(part) for part in parts]
    if None in texts:
        return None
    return by.join(
        f"({text})" if isinstance(part, bracketed) else text or ""
        for part, text in zip(parts, texts, strict=True)
    )


def _term(expression: Expression) -> str | None:
    match expression:
        case Compare(field, Operator.EQUAL, value) if field.startswith(_LABELS):
            return f"{_key(field)}:{_value(value)}"
        case Compare(field, Operator.LIKE, value) if field.startswith(_LABELS):
            return f"{_key(field)}:{'*'.join(_escaped(part) for part in value.split('*'))}"
        case In(field, values) if field.startswith(_LABELS):
            return f"{_key(field)}:({' OR '.join(map(_value, values))})"
        case Exists(field) if field.startswith(_LABELS):
            return f"{_key(field)}:*"
        case _:
            return None


def _key(field: str) -> str:
    key = field.removeprefix(_LABELS)
    return "tags." + (key if _PLAIN_KEY.fullmatch(key) else _escaped(key))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)


def _value(text: str) -> str:
    if text and not _SPECIAL.search(text) and text not in {"AND", "OR", "NOT"}:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
