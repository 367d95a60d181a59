"""Templates that users write: Jinja's language without its ways out, in bounded time and space.

A template reads values and makes text. It calls nothing but ``range``, sees no attribute of any Python
object (a dot looks into a mapping), and keeps nothing. Whatever it does is charged to a meter; when that
has run out, or the text has grown too long, rendering stops with Invalid. What is not there is empty, and
so is everything within it.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import CodeType
from typing import ClassVar

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2 import Template as JinjaTemplate
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from tocsin.channels.template_filters import (
    DEEP_FILTERS,
    FILTERS,
    METER,
    NUMBER_MAX,
    TESTS,
    Meter,
    TemplateLimit,
    bounded_range,
    meter_of,
    metered,
    printed,
    weighed,
    weighed_made,
    weighed_whole,
)
from tocsin.core.errors import Invalid

SOURCE_LENGTH_MAX = 16_384
OUTPUT_LENGTH_MAX = 262_144
DEPTH_MAX = 40
TEMPLATES_KEPT = 256

_REMEDY = "must be a template as docs/templates.md describes"
_LOOP_FIELDS = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"}
)
_STATEMENTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign)
_EXPRESSIONS = (
    *(nodes.Name, nodes.Const, nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair, nodes.Keyword),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.CondExpr),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod),
)
METHOD = "\0method"
"""The filter by which a method is called: its name, then its arguments."""
TAKES_OUT = "pop"
"""The one method that changes what it is called on."""
# The filters that are ours: no template can name one.
_WEIGHED, _WEIGHED_WHOLE, _WEIGHED_MADE, _METERED = "\0weighed", "\0whole", "\0made", "\0metered"
_FAILURES = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError, MemoryError)


class Template:
    """A template that was read and found harmless; it can be rendered any number of times."""

    __slots__ = ("_length_max", "_takes_out", "_template")

    def __init__(self, template: JinjaTemplate, length_max: int, *, takes_out: bool) -> None:
        self._template = template
        self._length_max = length_max
        self._takes_out = takes_out  # of objects, so that it must have values of its own

    def render(
        self,
        values: Mapping[str, object],
        path: str = "template",
        *,
        now: datetime | None = None,
        meter: Meter | None = None,
    ) -> str:
        """Fill *values* in and return the text; raise Invalid, under *path*, when that cannot be done.

        *now* is what a template sees as the present, where it may look. Templates that are filled in for one
        thing may share a *meter*, which then bounds them all together.
        """
        meter = meter or Meter(now)
        try:
            if self._takes_out:
                meter.weigh_whole(values)
                values = deepcopy(dict(values))
            context = self._template.new_context({**values, METER: meter})
            return "".join(_bounded(self._template.root_render_func(context), self._length_max))
        except TemplateLimit as limit:
            raise Invalid(path, str(limit), "must be simpler") from None
        except _FAILURES as error:
            raise Invalid(path, f"cannot be filled in: {_told(error)}", _REMEDY) from None


@dataclass(frozen=True, slots=True)
class Grammar:
    """What templates of one kind may do: the *environment* they run in, and what they may call in it.

    *methods* are those of values, such as ``payload.get("x")``; the filter METHOD sees to them. *functions*
    other than ``range`` are filters of that name, applied to nothing.
    """

    environment: SandboxedEnvironment
    methods: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    source_length_max: int = SOURCE_LENGTH_MAX
    length_max: int = OUTPUT_LENGTH_MAX


def read_template(source: str, path: str = "template", grammar: Grammar | None = None) -> Template:
    """Read *source*; raise Invalid, under *path*, with the line, when it is not a template we allow."""
    grammar = grammar or PLAIN
    if len(source) > grammar.source_length_max:
        raise Invalid(path, f"is longer than {grammar.source_length_max} characters", "must be shorter")
    try:
        return _read(source, grammar)
    except TemplateSyntaxError as error:
        raise Invalid(path, f"has an error in line {error.lineno}: {_told(error)}", _REMEDY) from None
    except (*_FAILURES, SyntaxError) as error:
        raise Invalid(path, f"cannot be read: {_told(error)}", _REMEDY) from None


@lru_cache(maxsize=TEMPLATES_KEPT)
def _read(source: str, grammar: Grammar) -> Template:
    environment = grammar.environment
    tree = environment.parse(source)
    _check(tree, grammar)
    takes_out = any(
        isinstance(call.node, nodes.Getattr) and call.node.attr == TAKES_OUT
        for call in tree.find_all(nodes.Call)
    )
    code: CodeType = environment.compile(_Charging().visit(tree), filename="<template>")
    template = JinjaTemplate.from_code(environment, code, environment.make_globals(None))
    return Template(template, grammar.length_max, takes_out=takes_out)


def _bounded(parts: Iterable[str], length_max: int) -> Iterator[str]:
    length = 0
    for part in parts:
        length += len(part)
        if length > length_max:
            raise TemplateLimit(f"makes more than {length_max} characters")
        yield part


def _told(error: BaseException) -> str:
    text = (error.message or "") if isinstance(error, TemplateError) else str(error)
    return " ".join(text.split())[:200] or type(error).__name__


def _check(node: nodes.Node, grammar: Grammar, depth: int = 0) -> None:
    """Refuse what is not on the list: calls, macros, inclusion, inheritance, powers, private names."""
    line = node.lineno
    if depth > DEPTH_MAX:
        raise TemplateSyntaxError("it is nested too deeply", line)
    if isinstance(node, nodes.Call):
        _check_call(node, grammar)
    elif not isinstance(node, (*_STATEMENTS, *_EXPRESSIONS)):
        raise TemplateSyntaxError(f"{type(node).__name__} is not allowed here", line)
    if isinstance(node, nodes.Name) and node.name.startswith("_") and node.name != "_":
        raise TemplateSyntaxError("a name cannot begin with _", line)
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateSyntaxError("a loop cannot be recursive", line)
    if isinstance(node, nodes.Filter | nodes.Test) and (node.dyn_args or node.dyn_kwargs):
        raise TemplateSyntaxError("arguments cannot be unpacked", line)
    for child in node.iter_child_nodes():
        _check(child, grammar, depth + 1)


def _check_call(node: nodes.Call, grammar: Grammar) -> None:
    called, allowed = node.node, {"range", *grammar.functions}
    if isinstance(called, nodes.Name):
        known = called.name in allowed and not (node.args and called.name in grammar.functions)
    else:
        known = isinstance(called, nodes.Getattr) and called.attr in grammar.methods
    if not known or node.kwargs or node.dyn_args or node.dyn_kwargs:
        names = ", ".join(f"{name}()" for name in sorted(allowed))
        raise TemplateSyntaxError(f"nothing can be called but {names}", node.lineno)


class _Charging(NodeTransformer):
    """Puts the meter between a template and everything that costs time or makes a value grow."""

    def generic_visit(self, node: nodes.Node, *args: object, **kwargs: object) -> nodes.Node:
        super().generic_visit(node, *args, **kwargs)
        match node:
            case nodes.For():
                weight = 1 + sum(1 for _ in node.find_all(nodes.Node))
                node.iter = _filtered(_filtered(node.iter, _WEIGHED), _METERED, weight)
            case nodes.Concat():
                return _pairwise(node)
            case nodes.Compare() | nodes.Operand() | nodes.Test():
                _weigh_operands(node, _WEIGHED_WHOLE)
            case nodes.Filter():
                _weigh_operands(node, _WEIGHED_WHOLE if node.name in DEEP_FILTERS else _WEIGHED)
            case nodes.List() | nodes.Dict() | nodes.Tuple(ctx="load"):
                return _filtered(node, _WEIGHED_MADE)
            case nodes.Call(node=nodes.Getattr() as called):
                arguments = [nodes.Const(called.attr), *(_filtered(each, _WEIGHED) for each in node.args)]
                return nodes.Filter(called.node, METHOD, arguments, [], None, None, lineno=node.lineno)
            case nodes.Call(node=nodes.Name(name=name)) if name != "range":
                return _filtered(nodes.Const(None, lineno=node.lineno), name)
            case nodes.Getitem(arg=nodes.Slice()):
                return _filtered(node, _WEIGHED)
            case _:
                pass
        return node


def _pairwise(node: nodes.Concat) -> nodes.Expr:
    """Weigh after each ``~``: a chain of them must not grow unseen."""
    joined: nodes.Expr = _filtered(node.nodes[0], _WEIGHED)
    for part in node.nodes[1:]:
        pair = nodes.Concat([joined, _filtered(part, _WEIGHED)], lineno=node.lineno)
        joined = _filtered(pair, _WEIGHED)
    return joined


def _weigh_operands(node: nodes.Node, how: str) -> None:
    for name, value in list(node.iter_fields()):
        if isinstance(value, nodes.Expr):
            setattr(node, name, _filtered(value, how))
        elif isinstance(value, list):
            setattr(node, name, [_filtered(v, how) if isinstance(v, nodes.Expr) else v for v in value])


def _filtered(node: nodes.Node, name: str, *arguments: int) -> nodes.Filter:
    constants = [nodes.Const(argument, lineno=node.lineno) for argument in arguments]
    return nodes.Filter(node, name, constants, [], None, None, lineno=node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with look-ups that see only data and arithmetic that stays small."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    arithmetic: ClassVar[Mapping[str, Callable[[float, float], float]]] = {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "//": operator.floordiv,
        "%": operator.mod,
    }

    def getitem(self, obj: object, argument: object) -> object:
        """Look *argument* up in a mapping, a list or a text."""
        if isinstance(obj, Mapping) and isinstance(argument, str | int) and argument in obj:
            return obj[argument]
        if isinstance(argument, int) and isinstance(obj, Sequence) and -len(obj) <= argument < len(obj):
            return obj[argument]
        if isinstance(obj, LoopContext) and isinstance(argument, str) and argument in _LOOP_FIELDS:
            return getattr(obj, argument)
        if isinstance(argument, str) and argument.isdecimal() and isinstance(obj, list | tuple):
            return self.getitem(obj, int(argument[:9]))
        return self.undefined(obj=obj, name=str(argument)[:100])

    def getattr(self, obj: object, attribute: str) -> object:
        """Look *attribute* up as an item: the attributes of Python's objects are nobody's business."""
        return self.getitem(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Do arithmetic on numbers that stay small; put two texts or two lists together."""
        meter = meter_of(context)
        if isinstance(left, int | float) and isinstance(right, int | float):
            meter.charge(1)
            result = self.arithmetic[operator](left, right)
            if isinstance(result, int) and abs(result) > NUMBER_MAX:
                raise TemplateLimit("makes a number that is too large")
            return result
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return meter.weigh(left + right)
        if operator == "+" and isinstance(left, list) and isinstance(right, list):
            return meter.weigh_made(left + right)
        raise TypeError(f"{operator} needs two numbers")


def furnished(environment: Sandbox, filters: Mapping[str, Callable[..., object]]) -> Sandbox:
    """Give *environment* its *filters* and ours, the tests that are harmless, and nothing else."""
    environment.globals.clear()
    environment.globals["range"] = bounded_range
    environment.filters = {
        **filters,
        _WEIGHED: weighed,
        _WEIGHED_WHOLE: weighed_whole,
        _WEIGHED_MADE: weighed_made,
        _METERED: metered,
    }
    environment.tests = {name: test for name, test in environment.tests.items() if name in TESTS}
    return environment


PLAIN = Grammar(
    furnished(
        Sandbox(
            undefined=ChainableUndefined,
            finalize=printed,
            optimized=False,
            keep_trailing_newline=True,
            cache_size=0,
        ),
        FILTERS,
    )
)
