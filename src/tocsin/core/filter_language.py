r"""The filter language: from text to a tree, and back.

    severity >= error and labels.team in [db, "data platform"] and not title ~ "drill|test"

A test is ``field = value``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``like "disk*"``, ``~ "regex"``, ``!~``,
``in [a, b]`` or ``field exists``; ``not`` may stand before ``like``, ``in`` and ``exists``, and before any
test. ``and`` binds closer than ``or``; ``true`` and ``false`` are tests too. A word needs quotes when it
holds blanks or one of the characters of the language. In quotes ``\"``, ``\'``, ``\\``, ``\n``, ``\r`` and
``\t`` are escapes; any other backslash stands for itself, so that patterns read as usual.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NoReturn, assert_never

from tocsin.core.errors import Invalid
from tocsin.core.filter_fields import NAMED
from tocsin.core.filter_tree import (
    REGEX_PROGRAM_MAX,
    And,
    Compare,
    Exists,
    Expression,
    In,
    Not,
    Operator,
    Or,
    Term,
    Truth,
    check_term,
    regex_cost,
)

TEXT_LENGTH_MAX: Final = 131_072
DEPTH_MAX: Final = 32  # brackets and nots inside each other
TERMS_MAX: Final = 1_000

_KEYWORDS = frozenset({"and", "or", "not", "in", "like", "exists"})
_BARE = r"""[^\s"'()\[\],=!~<>&|]+"""
_QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_TOKEN = re.compile(
    rf"""(?P<blank>\s+)
    |(?P<field>(?:labels|dimensions|tags)\.(?:{_QUOTED}))
    |(?P<text>{_QUOTED})
    |(?P<word>{_BARE})
    |(?P<sign><=|>=|!=|!~|[=~<>()\[\],])""",
    re.VERBOSE | re.DOTALL,
)
_BARE_WORD = re.compile(_BARE)
_ESCAPE = re.compile(r"""\\(["'\\nrt])""")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")

_COMPARISONS = "=, !=, <, <=, >, >=, ~, !~, like, in, exists"


class _Kind(Enum):
    WORD = auto()
    TEXT = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Kind
    text: str  # as it is meant: quotes and escapes are gone
    column: int  # from 1

    @property
    def keyword(self) -> str:
        """The word in lower case when it is one of the language, else nothing."""
        word = self.text.lower() if self.kind is _Kind.WORD else ""
        return word if word in _KEYWORDS else ""

    def __str__(self) -> str:
        return "the end" if self.kind is _Kind.END else f'"{_clip(self.text)}"'


def parse_expression(text: str, path: str) -> Expression:
    """Read *text*, which must not be blank; *path* names it in errors.

    Raises Invalid with the column, when it is not in the language or beyond one of the bounds:
    TEXT_LENGTH_MAX characters, DEPTH_MAX, TERMS_MAX, and those of patterns in ``filter_tree``.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise Invalid(path, f"is {len(text)} characters long", f"must be at most {TEXT_LENGTH_MAX}")
    return _Parser(text, path).read()


def to_text(expression: Expression) -> str:  # noqa: PLR0911 - one for each kind of it
    """Write *expression* in the filter language; parsing the text gives an equal tree."""
    match expression:
        case Truth(holds):
            return "true" if holds else "false"
        case And(parts):
            return " and ".join(_bracketed(part, And, Or) for part in parts)
        case Or(parts):
            return " or ".join(_bracketed(part, Or) for part in parts)
        case Not(part):
            return _negated(part)
        case Compare(field, operator, value):
            return f"{_field_text(field)} {operator} {_value_text(value)}"
        case In(field, values):
            return f"{_field_text(field)} in {_list_text(values)}"
        case Exists(field):
            return f"{_field_text(field)} exists"
        case _:
            assert_never(expression)


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str, path: str) -> None:
        self._path = path
        self._tokens = self._read_tokens(text)
        self._at = 0
        self._depth = 0
        self._terms = 0
        self._regex_cost = 0

    def read(self) -> Expression:
        expression = self._alternatives()
        if self._next.kind is not _Kind.END:
            self._fail(
                self._next, f"{self._next} follows a complete test", 'must go on with "and", "or" or end'
            )
        return expression

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        if token.kind is not _Kind.END:
            self._at += 1
        return token

    def _accept(self, kind: _Kind, text: str) -> bool:
        token = self._next
        found = token.keyword if kind is _Kind.WORD else token.text
        if token.kind is not kind or found != text:
            return False
        self._at += 1
        return True

    def _alternatives(self) -> Expression:
        parts = [self._conjunction()]
        while self._accept(_Kind.WORD, "or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self) -> Expression:
        parts = [self._factor()]
        while self._accept(_Kind.WORD, "and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _factor(self) -> Expression:
        opening = self._next
        if self._accept(_Kind.WORD, "not"):
            self._enter(opening)
            inner: Expression = Not(self._factor())
        elif self._accept(_Kind.SIGN, "("):
            self._enter(opening)
            inner = self._alternatives()
            if not self._accept(_Kind.SIGN, ")"):
                opened = f"the bracket opened at column {opening.column} is not closed before {self._next}"
                self._fail(self._next, opened, 'must have a ")" here')
        else:
            return self._test()
        self._depth -= 1
        return inner

    def _enter(self, token: _Token) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._fail(token, "brackets and nots nest too deep", f"must nest at most {DEPTH_MAX} deep")

    def _test(self) -> Expression:
        field = self._take()
        self._terms += 1
        if self._terms > TERMS_MAX:
            self._fail(field, "there are too many tests", f"must have at most {TERMS_MAX}")
        if field.kind is not _Kind.WORD or field.keyword:
            self._fail(
                field, f"{field} stands where a test is expected", 'must have a test here, such as host = "a"'
            )
        if field.text.lower() in {"true", "false"}:
            return Truth(holds=field.text.lower() == "true")
        try:
            check_term(Exists(field.text))
        except Invalid as fault:
            self._fail(field, fault.problem, fault.remedy)
        return self._comparison(field)

    def _comparison(self, field: _Token) -> Expression:
        sign = self._take()
        denied = sign.keyword == "not"
        if denied:
            sign = self._take()
        where, term = self._next, self._term(field, sign, denied=denied)
        try:
            check_term(term)
            self._regex_cost += regex_cost(term)
        except Invalid as fault:
            self._fail(where, fault.problem, fault.remedy)
        if self._regex_cost > REGEX_PROGRAM_MAX:
            found = "the patterns are too large together"
            self._fail(where, found, f"must compile to at most {REGEX_PROGRAM_MAX} instructions of RE2")
        return Not(term) if denied or sign.text in {"!=", "!~"} else term

    def _term(self, field: _Token, sign: _Token, *, denied: bool) -> Term:
        if sign.keyword == "exists":
            return Exists(field.text)
        if sign.keyword == "in":
            return In(field.text, self._values())
        if sign.keyword == "like":
            return Compare(field.text, Operator.LIKE, self._value(sign))
        operator = _OPERATORS.get(sign.text) if sign.kind is _Kind.SIGN and not denied else None
        if operator is None:
            expected = "like, in, exists" if denied else _COMPARISONS
            self._fail(sign, f"{sign} cannot follow {field}", f"must go on with one of {expected}")
        return Compare(field.text, operator, self._value(sign))

    def _value(self, after: _Token) -> str:
        token = self._take()
        if token.kind not in {_Kind.WORD, _Kind.TEXT} or token.keyword:
            remedy = f'must have a value here; "{token.text}" needs quotes to be one' if token.keyword else ""
            self._fail(token, f"{token} follows {after}", remedy or "must have a word or a quoted text here")
        return token.text

    def _values(self) -> tuple[str, ...]:
        if not self._accept(_Kind.SIGN, "["):
            self._fail(self._next, f'{self._next} follows "in"', "must have a list here, such as [a, b]")
        values = [self._value(self._tokens[self._at - 1])]
        while self._accept(_Kind.SIGN, ","):
            values.append(self._value(self._tokens[self._at - 1]))
        if not self._accept(_Kind.SIGN, "]"):
            self._fail(self._next, f"{self._next} stands in a list", 'must go on with "," or "]"')
        return tuple(values)

    def _read_tokens(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or _UNWRITABLE.search(found[0]):
                self._fail(_Token(_Kind.SIGN, text[at], at + 1), *_strange(text, at, found))
            token = _token(found, at + 1)
            at = found.end()
            if token is not None:
                tokens.append(token)
        return [*tokens, _Token(_Kind.END, "", len(text) + 1)]

    def _fail(self, token: _Token, problem: str, remedy: str) -> NoReturn:
        raise Invalid(self._path, f"does not read at column {token.column}: {problem}", remedy)


_OPERATORS = {
    "=": Operator.EQUAL,
    "!=": Operator.EQUAL,
    "~": Operator.MATCHES,
    "!~": Operator.MATCHES,
    "<": Operator.LESS,
    "<=": Operator.AT_MOST,
    ">": Operator.MORE,
    ">=": Operator.AT_LEAST,
}


def _token(found: re.Match[str], column: int) -> _Token | None:
    text = found[0]
    match found.lastgroup:
        case "blank":
            return None
        case "field":
            prefix = next(each for each in NAMED if text.startswith(each))
            return _Token(_Kind.WORD, prefix + _unquoted(text.removeprefix(prefix)), column)
        case "text":
            return _Token(_Kind.TEXT, _unquoted(text), column)
        case "word":
            return _Token(_Kind.WORD, text, column)
        case _:
            return _Token(_Kind.SIGN, text, column)


def _strange(text: str, at: int, found: re.Match[str] | None) -> tuple[str, str]:
    """Say what is wrong with *text* at *at*: no token, or a *found* one that no database can keep."""
    if found is not None:
        return "there is a NUL or half a character", "must be text that can be stored"
    if text[at] in "\"'":
        return "the quote opened here is not closed", f"must have a {text[at]} at the end of the text"
    instead = {"&": '"and"', "|": '"or"', "!": '"not"'}[text[at]]
    return f'"{text[at]}" is not in the language', f"must be {instead}"


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text[1:-1])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def _value_text(value: str) -> str:
    bare = _BARE_WORD.fullmatch(value) and value.lower() not in _KEYWORDS
    return value if bare else _quoted(value)


def _list_text(values: tuple[str, ...]) -> str:
    return f"[{', '.join(_value_text(value) for value in values)}]"


def _field_text(field: str) -> str:
    for prefix in NAMED:
        name = field.removeprefix(prefix)
        if field.startswith(prefix) and not _BARE_WORD.fullmatch(name):
            return prefix + _quoted(name)
    return field


def _bracketed(part: Expression, *kinds: type[And | Or]) -> str:
    return f"({to_text(part)})" if isinstance(part, kinds) else to_text(part)


def _negated(part: Expression) -> str:
    match part:
        case Compare(field, Operator.EQUAL | Operator.MATCHES as operator, value):
            return f"{_field_text(field)} !{operator} {_value_text(value)}"
        case Compare(field, Operator.LIKE, value):
            return f"{_field_text(field)} not like {_value_text(value)}"
        case In(field, values):
            return f"{_field_text(field)} not in {_list_text(values)}"
        case Exists(field):
            return f"{_field_text(field)} not exists"
        case _:
            return f"not {_bracketed(part, And, Or)}"


def _clip(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
