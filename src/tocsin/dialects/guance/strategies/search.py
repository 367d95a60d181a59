"""The search syntax: filters as people type them into an explorer of events, read into the domain's trees.

    team:db team:web -env:test host:web* (title:~"disk|volume" OR value > 90)

A test is ``name:value``, ``-name:value``, ``name:val*`` and ``*name:value`` with wildcards, ``name:*`` for
"is there", ``name:~regex``, ``name = value`` with ``!=``, ``>``, ``>=``, ``<``, ``<=``, or
``name IN [a, b]`` and ``NOT IN``. Tests are joined by AND, OR and NOT in any letter case, and by brackets.
Tests that merely stand side by side, with a blank or a comma between them, are alternatives where they have
the same name, and else all required; a negated one is always required. Values are compared by letter case.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from tocsin.core.errors import Invalid
from tocsin.core.filter_language import DEPTH_MAX, TERMS_MAX
from tocsin.core.filter_tree import (
    REGEX_PROGRAM_MAX,
    Compare,
    Exists,
    Expression,
    In,
    Not,
    Operator,
    Term,
    Truth,
    all_of,
    any_of,
    check_term,
    regex_cost,
)
from tocsin.core.filters import EVERYTHING, Filter, from_expression
from tocsin.dialects.guance.attributes import fields_of

TEXT_LENGTH_MAX: Final = 65_536

_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"""[^\s"'()\[\],:=!<>*~-][^\s"'()\[\],:=!<>*~]*""")
_BARE = re.compile(r"""[^\s"'()\[\],]+""")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_SIGN = re.compile(r"!=|>=|<=|[:=<>]")
_ESCAPE = re.compile(r"""\\(["'\\])""")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
_ORDERS: Final = {
    ">": Operator.MORE,
    ">=": Operator.AT_LEAST,
    "<": Operator.LESS,
    "<=": Operator.AT_MOST,
}


def parse_search(text: str, path: str = "filter") -> Filter:
    """Read *text* in the search syntax and compile it; blank text takes everything.

    Raises Invalid, naming *path* and the column, for what does not read, for a regular expression that RE2
    refuses, and beyond one of the bounds: TEXT_LENGTH_MAX, DEPTH_MAX, TERMS_MAX.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise Invalid(path, f"is {len(text)} characters long", f"must be at most {TEXT_LENGTH_MAX}")
    if not text.strip():
        return EVERYTHING
    return from_expression(_Reader(text, path).read(), path)


def tags_filter(tags: Mapping[str, Sequence[str]], path: str = "filter") -> Filter:
    """Make a filter of *tags*: each name must have one of its values, which may hold ``*``.

    A name that begins with ``-`` must have none of them. A name without values asks for nothing.
    """
    parts = []
    for tag, values in tags.items():
        name = tag.removeprefix("-")
        if name and values:
            fits = any_of(*_alternatives([_Test(name, value) for value in values]))
            parts.append(Not(fits) if tag != name else fits)
    if not parts:
        return EVERYTHING
    return from_expression(all_of(*parts), path)


@dataclass(frozen=True, slots=True)
class _Test:
    """What one name is tested for; *word* holds ``*`` for any text unless it is *literal*."""

    name: str
    word: str
    literal: bool = False

    @property
    def plain(self) -> bool:
        """Whether it asks for one text, letter for letter."""
        return self.literal or "*" not in self.word


@dataclass(frozen=True, slots=True)
class _Unit:
    """A part of a conjunction: a test that may have alternatives beside it, or a whole expression.

    It is *joined* where a keyword stands before it, so that no alternative does.
    """

    test: _Test | None
    expression: Expression | None = None
    joined: bool = False


def _alternatives(tests: Sequence[_Test]) -> list[Expression]:
    """Read tests of one name of which any may hold; plain ones become lists."""
    fields = fields_of(tests[0].name)
    words = tuple(dict.fromkeys(test.word for test in tests if test.plain))
    parts = [_among(field, words) for field in fields if words]
    for test in tests:
        if not test.plain:
            every = test.word.strip("*") == ""
            parts += [
                Exists(field) if every else Compare(field, Operator.LIKE, test.word) for field in fields
            ]
    return parts


def _among(field: str, words: Sequence[str]) -> Expression:
    """Test *field* for one of *words*; what it can never be is left out."""
    possible = [word for word in words if _is_possible(field, word)]
    if not possible:
        return Truth(holds=False)
    if len(possible) == 1:
        return Compare(field, Operator.EQUAL, possible[0])
    return In(field, tuple(possible))


def _is_possible(field: str, word: str) -> bool:
    try:
        check_term(Compare(field, Operator.EQUAL, word))
    except Invalid:
        return False
    return True


class _Reader:
    """Recursive descent over the characters of one text."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self._at = 0
        self._depth = 0
        self._terms = 0
        self._regex_cost = 0
        unwritable = _UNWRITABLE.search(text)
        if unwritable is not None:
            self._fail(unwritable.start(), "there is a NUL or half a character", "must be without it")

    def read(self) -> Expression:
        expression = self._choice()
        if self._at < len(self._text):
            self._fail(self._at, f"{self._seen()} follows a complete test", "must go on with a test or end")
        return expression

    def _choice(self) -> Expression:
        parts = [self._conjunction()]
        while self._keyword("or"):
            parts.append(self._conjunction())
        return any_of(*parts)

    def _conjunction(self) -> Expression:
        units = [self._unit(joined=False)]
        while True:
            self._skip()
            if self._keyword("and"):
                units.append(self._unit(joined=True))
            elif self._take(","):
                units.append(self._unit(joined=False))
            elif self._ends():
                return self._joined(units)
            else:
                units.append(self._unit(joined=False))

    def _ends(self) -> bool:
        if self._at >= len(self._text) or self._text[self._at] == ")":
            return True
        here = self._at
        ends = self._keyword("or")
        self._at = here
        return ends

    def _joined(self, units: Sequence[_Unit]) -> Expression:
        """Let tests side by side with the same name be alternatives, and all else be required."""
        parts: list[Expression] = []
        run: dict[str, list[_Test]] = {}

        def close() -> None:
            parts.extend(any_of(*_alternatives(tests)) for tests in run.values())
            run.clear()

        for unit in units:
            if unit.joined:
                close()
            if unit.test is not None:
                run.setdefault(unit.test.name, []).append(unit.test)
            elif unit.expression is not None:
                parts.append(unit.expression)
        close()
        return all_of(*parts)

    def _unit(self, *, joined: bool) -> _Unit:
        self._skip()
        start = self._at
        if self._keyword("not"):
            self._enter(start)
            inner = self._unit(joined=True)
            self._depth -= 1
            return _Unit(None, Not(self._joined([inner])), joined=joined)
        if self._take("("):
            self._enter(start)
            choice = self._choice()
            if not self._take(")"):
                opened = f"the bracket opened at column {start + 1} is not closed"
                self._fail(self._at, opened, 'must have a ")" here')
            self._depth -= 1
            return _Unit(None, choice, joined=joined)
        return self._term(start, joined=joined)

    def _enter(self, start: int) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._fail(start, "brackets and nots nest too deep", f"must nest at most {DEPTH_MAX} deep")

    def _term(self, start: int, *, joined: bool) -> _Unit:
        self._terms += 1
        if self._terms > TERMS_MAX:
            self._fail(start, "there are too many tests", f"must have at most {TERMS_MAX}")
        denied = self._take("-")
        starred = self._take("*")
        name = self._name()
        self._skip()
        sign = _SIGN.match(self._text, self._at)
        if sign is None:
            return self._listed(name, denied=denied, joined=joined)
        self._at = sign.end()
        self._skip()
        if sign[0] == ":" and self._take("~"):
            return self._finished(self._pattern(name), denied=denied, joined=joined)
        if sign[0] in _ORDERS:
            return self._finished(self._sized(name, _ORDERS[sign[0]]), denied=denied, joined=joined)
        word, quoted = self._value()
        test = _Test(name, word, literal=quoted and not starred)
        if sign[0] == "!=":
            denied = not denied
        if denied:
            return _Unit(None, Not(any_of(*_alternatives([test]))), joined=joined)
        return _Unit(test, joined=joined)

    def _listed(self, name: str, *, denied: bool, joined: bool) -> _Unit:
        """Read the rest of ``name IN [a, b]`` or ``name NOT IN [a, b]``."""
        if self._keyword("not"):
            denied = not denied
        if not self._keyword("in"):
            self._fail(self._at, f"{self._seen()} follows {name}", "must go on with :, =, !=, <, > or IN")
        if not self._take("["):
            self._fail(self._at, f'{self._seen()} follows "IN"', "must have a list here, such as [a, b]")
        tests = [_Test(name, *self._value())]
        while self._take(","):
            tests.append(_Test(name, *self._value()))
        if not self._take("]"):
            self._fail(self._at, f"{self._seen()} stands in a list", 'must go on with "," or "]"')
        return self._finished(any_of(*_alternatives(tests)), denied=denied, joined=joined)

    def _finished(self, expression: Expression, *, denied: bool, joined: bool) -> _Unit:
        return _Unit(None, Not(expression) if denied else expression, joined=joined)

    def _sized(self, name: str, operator: Operator) -> Expression:
        start = self._at
        word, _ = self._value()
        return any_of(*[self._checked(Compare(field, operator, word), start) for field in fields_of(name)])

    def _pattern(self, name: str) -> Expression:
        start = self._at
        quoted = _QUOTED.match(self._text, start)
        if quoted is not None:
            self._at = quoted.end()
            pattern = quoted[0][1:-1].replace(f"\\{quoted[0][0]}", quoted[0][0])
        else:
            pattern = self._bare_pattern()
        if not pattern:
            self._fail(start, "there is no pattern", "must have a regular expression after ~")
        tests = [Compare(field, Operator.MATCHES, pattern) for field in fields_of(name)]
        return any_of(*[self._checked(test, start) for test in tests])

    def _bare_pattern(self) -> str:
        """Take a pattern without quotes: up to a blank, or to a bracket that was opened before it."""
        start, depth = self._at, 0
        while self._at < len(self._text) and not self._text[self._at].isspace():
            letter = self._text[self._at]
            if letter == "\\":
                self._at += 1
            depth += (letter in "([{") - (letter in ")]}")
            if depth < 0:
                break
            self._at += 1
        self._at = min(self._at, len(self._text))
        return self._text[start : self._at]

    def _checked(self, term: Term, start: int) -> Term:
        try:
            check_term(term)
            self._regex_cost += regex_cost(term)
        except Invalid as fault:
            self._fail(start, fault.problem, fault.remedy)
        if self._regex_cost > REGEX_PROGRAM_MAX:
            found = "the patterns are too large together"
            self._fail(start, found, f"must compile to at most {REGEX_PROGRAM_MAX} instructions of RE2")
        return term

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            self._fail(self._at, f"{self._seen()} stands where a test is expected", "must be name:value")
        self._at = found.end()
        return found[0]

    def _value(self) -> tuple[str, bool]:
        """Take a value, and tell whether it was in quotes."""
        self._skip()
        quoted = _QUOTED.match(self._text, self._at)
        if quoted is not None:
            self._at = quoted.end()
            return _ESCAPE.sub(r"\1", quoted[0][1:-1]), True
        bare = _BARE.match(self._text, self._at)
        if bare is None:
            if self._at < len(self._text) and self._text[self._at] in "\"'":
                self._fail(self._at, "the quote opened here is not closed", "must have the same at its end")
            self._fail(self._at, f"{self._seen()} stands where a value is expected", "must be a value")
        self._at = bare.end()
        return bare[0], False

    def _keyword(self, word: str) -> bool:
        """Take *word* if it comes next and is no name of a test."""
        self._skip()
        end = self._at + len(word)
        if self._text[self._at : end].lower() != word:
            return False
        if end < len(self._text) and not (self._text[end].isspace() or self._text[end] in "([\"'"):
            return False
        after = _BLANK.match(self._text, end)
        if after is not None and word != "not" and _SIGN.match(self._text, after.end()):
            return False
        self._at = end
        return True

    def _take(self, letter: str) -> bool:
        self._skip()
        if not self._text.startswith(letter, self._at):
            return False
        self._at += 1
        return True

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _seen(self) -> str:
        rest = self._text[self._at : self._at + 20]
        return f'"{rest.split()[0]}"' if rest.split() else "the end"

    def _fail(self, at: int, problem: str, remedy: str) -> NoReturn:
        raise Invalid(self._path, f"does not read at column {at + 1}: {problem}", remedy)
