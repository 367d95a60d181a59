"""The mapping of a generic webhook: for each field of an event, where a payload has it.

A field's rule is a path (``$.monitor.name``), a template (``{{ monitor.name }} is down``), or an object with
``path``, ``template`` or ``value``, and perhaps ``values`` (what each found text becomes) and ``default``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from tocsin.channels.templating import Template, read_template
from tocsin.core.errors import Invalid
from tocsin.core.event import EventStatus, Severity
from tocsin.sources.base import text_of
from tocsin.sources.paths import Path, is_path, parse_path

SIZE_MAX = 65_536
RULES_MAX = 200
COMPILED_KEPT = 256
SPREAD = "*"
"""The name under ``labels`` and ``dimensions`` whose rule finds many of them at once."""

TEXT_FIELDS = (
    *("dedup_key", "status", "severity", "title", "message", "source", "service", "occurred_at"),
    *("event_type", "host", "monitor_id", "monitor_name"),
)
LIST_FIELDS = ("links", "images", "monitor_labels")
LABEL_FIELDS = ("labels", "dimensions")
METRIC_FIELDS = ("name", "value", "units")
FIELDS = ("each", *TEXT_FIELDS, *LIST_FIELDS, *LABEL_FIELDS, "metric", "details")
_WORDS: Mapping[str, tuple[str, ...]] = {"status": tuple(EventStatus), "severity": (*Severity, "ok")}
_KEYS = ("path", "template", "value", "values", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where one value comes from: a *path*, a *template*, or *constant* text. *where* names it in errors."""

    where: str
    path: Path | None = None
    template: Template | None = None
    constant: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A mapping whose paths and templates were read."""

    each: Path | None
    texts: Mapping[str, Rule]
    lists: Mapping[str, tuple[Rule, ...]]
    labels: Mapping[str, tuple[tuple[str, Rule], ...]]
    metric: Mapping[str, Rule]
    details: Mapping[str, Rule]


_NUL = rb"\u0000"  # as JSON writes it


def check_mapping(mapping: Mapping[str, Any]) -> None:
    """Raise Invalid, with the path of what is wrong, unless *mapping* can be used."""
    compiled(mapping)


def compiled(mapping: Mapping[str, Any]) -> Compiled:
    """Read *mapping*, once; raises Invalid with the path of what is wrong in it."""
    try:
        written = msgspec.json.encode(mapping, order="sorted")
    except (UnicodeEncodeError, RecursionError, TypeError):
        raise Invalid("mapping", "cannot be stored", "must be JSON without lone surrogates") from None
    if len(written) > SIZE_MAX:
        raise Invalid("mapping", f"has {len(written)} bytes", f"must have at most {SIZE_MAX}")
    if _NUL in written:
        rules = (name for name, rule in mapping.items() if _NUL in msgspec.json.encode({name: rule}))
        rule = next(rules).replace("\0", "\N{REPLACEMENT CHARACTER}")
        raise Invalid(f"mapping.{rule[:60]}", "contains the character U+0000", "must do without it")
    return _compile(written)


@lru_cache(maxsize=COMPILED_KEPT)
def _compile(written: bytes) -> Compiled:
    mapping: dict[str, Any] = msgspec.json.decode(written)
    for name in mapping:
        if name not in FIELDS:
            raise Invalid(
                f"mapping.{name[:60]}", "is no field of an event", f"must be one of {', '.join(FIELDS)}"
            )
    if mapping.get("title") is None:
        raise Invalid("mapping.title", "is missing", "must say where the title is, or give one")
    if mapping.get("status") is not None and mapping.get("dedup_key") is None:
        remedy = "must be given together with status: without it a resolve cannot find its alert"
        raise Invalid("mapping.dedup_key", "is missing", remedy)
    given = {name: value for name, value in mapping.items() if value is not None}
    each = given.get("each")
    if each is not None and not isinstance(each, str):
        raise Invalid("mapping.each", "is not text", "must be a path such as $.alerts[*]")
    return Compiled(
        each=None if each is None else parse_path(each, where="mapping.each"),
        texts={name: _rule(name, given[name], f"mapping.{name}") for name in TEXT_FIELDS if name in given},
        lists={name: _list(given[name], f"mapping.{name}") for name in LIST_FIELDS if name in given},
        labels={name: _labels(given[name], f"mapping.{name}") for name in LABEL_FIELDS if name in given},
        metric=_members("metric", given.get("metric", {}), METRIC_FIELDS),
        details=_members("details", given.get("details", {}), None),
    )


def _rule(name: str, written: Any, where: str) -> Rule:
    """Read one rule; *name* is the field's, as some fields take certain words only."""
    if isinstance(written, str):
        key = "path" if is_path(written) else "template"
        written = {key: written}
    elif isinstance(written, bool | int | float):
        written = {"value": written}
    elif not isinstance(written, dict):
        raise Invalid(where, "is no rule", "must be a path, a template, or an object with one of them")
    for key in written:
        if key not in _KEYS:
            raise Invalid(f"{where}.{key[:60]}", "is not known", f"must be one of {', '.join(_KEYS)}")
    if sum(key in written for key in ("path", "template", "value")) != 1:
        raise Invalid(where, "does not say where its value is", "must have one of path, template and value")
    rule = Rule(
        where=where,
        path=_path(written, where),
        template=_template(written, where),
        constant=_scalar(written["value"], f"{where}.value") if "value" in written else None,
        values=_values(written.get("values") or {}, f"{where}.values"),
        default=None if written.get("default") is None else _scalar(written["default"], f"{where}.default"),
    )
    _check_words(name, rule)
    return rule


def _path(written: Mapping[str, Any], where: str) -> Path | None:
    if "path" not in written:
        return None
    if not isinstance(written["path"], str):
        raise Invalid(f"{where}.path", "is not text", "must be a path such as $.monitor.name")
    return parse_path(written["path"], where=where)


def _template(written: Mapping[str, Any], where: str) -> Template | None:
    if "template" not in written:
        return None
    if not isinstance(written["template"], str):
        raise Invalid(f"{where}.template", "is not text", "must be a template such as {{ monitor.name }}")
    return read_template(written["template"], where)


def _scalar(value: Any, where: str) -> str:
    if not isinstance(value, str | int | float):
        raise Invalid(where, "is neither text nor a number", "must be text, a number, true or false")
    return text_of(value)


def _values(written: Any, where: str) -> Mapping[str, str]:
    if not isinstance(written, dict):
        raise Invalid(where, "is not an object", "must say what each text becomes")
    return {name.casefold(): _scalar(value, f"{where}.{name[:60]}") for name, value in written.items()}


def _check_words(name: str, rule: Rule) -> None:
    words = _WORDS.get(name)
    if words is None:
        return
    said = {**{f"values.{text}": value for text, value in rule.values.items()}, "default": rule.default}
    for where, word in {**said, "value": rule.constant}.items():
        if word is not None and word not in words:
            raise Invalid(f"{rule.where}.{where}", f"is {word[:60]!r}", f"must be one of {', '.join(words)}")


def _list(written: Any, where: str) -> tuple[Rule, ...]:
    if not isinstance(written, list):
        return (_rule("", written, where),)
    _check_count(written, where)
    return tuple(_rule("", each, f"{where}[{place}]") for place, each in enumerate(written))


def _labels(written: Any, where: str) -> tuple[tuple[str, Rule], ...]:
    """Read rules by name; a single rule finds all labels at once, as the name ``*`` does among others."""
    if not isinstance(written, dict):
        written = {SPREAD: written}
    _check_count(written, where)
    rules = tuple((name, _rule("", rule, f"{where}.{name[:60]}")) for name, rule in written.items())
    for name, rule in rules:
        if name == SPREAD and rule.path is None:
            raise Invalid(rule.where, "is no path", "must be a path to the labels, such as $.labels")
    return rules


def _members(name: str, written: Any, allowed: tuple[str, ...] | None) -> Mapping[str, Rule]:
    where = f"mapping.{name}"
    if not isinstance(written, dict):
        raise Invalid(where, "is not an object", "must have a rule for each of its members")
    _check_count(written, where)
    for member in written:
        if allowed is not None and member not in allowed:
            raise Invalid(f"{where}.{member[:60]}", "is not known", f"must be one of {', '.join(allowed)}")
    if allowed is not None and written and "name" not in written:
        raise Invalid(f"{where}.name", "is missing", "must say what is measured")
    return {member: _rule("", rule, f"{where}.{member[:60]}") for member, rule in written.items()}


def _check_count(written: Iterable[Any], where: str) -> None:
    if sum(1 for _ in written) > RULES_MAX:
        raise Invalid(where, "has too many rules", f"must have at most {RULES_MAX}")
