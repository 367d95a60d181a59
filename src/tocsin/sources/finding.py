"""Looking values up in a payload, as the rules of a mapping say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.core.errors import Invalid
from tocsin.sources.base import text_of
from tocsin.sources.mapping import SPREAD, Rule

_NAME_KEYS = ("name", "key", "tag", "label")
_SIGN = re.compile("[:=]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One item of a payload: what rules look in. *at* says which one it is, for errors."""

    document: Any
    item: Any
    scope: Mapping[str, Any]
    at: str


def found(document: Any, item: Any, *, at: str = "") -> Found:
    """Prepare *item* of *document*: templates see its members by their names, and both under fixed ones."""
    members = item if isinstance(item, dict) else {}
    return Found(document=document, item=item, scope={**members, "item": item, "body": document}, at=at)


def value_of(rule: Rule, where: Found) -> Any:
    """Find the value of *rule*: what its ``values`` make of it, its default if there is none, or None."""
    value: Any = rule.constant
    if rule.template is not None:
        value = rule.template.render(where.scope, rule.where).strip() or None
    elif rule.path is not None:
        values = rule.path.find(document=where.document, item=where.item)
        value = next((each for each in values if each is not None), None)
    if value is None:
        return rule.default
    if rule.values and not isinstance(value, dict | list):
        return rule.values.get(text_of(value).casefold(), value if rule.default is None else rule.default)
    return value


def text_at(rule: Rule | None, where: Found) -> str:
    """Find the text of *rule*, empty when there is none; raises Invalid for an object or a list."""
    value = None if rule is None else value_of(rule, where)
    if rule is None or value is None:
        return ""
    if isinstance(value, dict | list):
        kind = "an object" if isinstance(value, dict) else "a list"
        remedy = "must find text: name a member of it, or use a template"
        raise Invalid(rule.where, f"finds {kind}{where.at}", remedy)
    return text_of(value)


def texts_at(rules: tuple[Rule, ...], where: Found) -> Iterator[str]:
    """Find the texts of *rules*, each of which may find one or a list of them."""
    for rule in rules:
        values = [value_of(rule, where)]
        if rule.path is not None:
            several = rule.path.find(document=where.document, item=where.item)
            values = several if len(several) > 1 else values
        for value in values:
            for text in value if isinstance(value, list) else (value,):
                if text is not None and text != "":
                    yield text_of(text)


def labels_at(rules: tuple[tuple[str, Rule], ...], where: Found) -> dict[str, str]:
    """Find labels: one for each name, and as many as there are under the name that spreads."""
    labels: dict[str, str] = {}
    for name, rule in rules:
        if name == SPREAD and rule.path is not None:
            for value in rule.path.find(document=where.document, item=where.item):
                labels.update(_spread(value, rule, where))
        elif text := text_at(rule, where):
            labels[name] = text
    return labels


def _spread(value: Any, rule: Rule, where: Found) -> Iterator[tuple[str, str]]:
    """Find labels in an object, in a list of names with values, or in text: ``team:database,prod``."""
    if isinstance(value, list):
        for each in value:
            yield from _spread(each, rule, where)
    elif isinstance(value, dict):
        name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), None)
        named = {name: value["value"]} if name is not None and "value" in value else value
        yield from ((name, text_of(text)) for name, text in named.items() if text is not None)
    elif isinstance(value, str):
        yield from _tags(value)
    elif value is not None:
        problem = f"finds {text_of(value)[:60]}{where.at}"
        raise Invalid(rule.where, problem, "must find an object, a list, or text such as team:database")


def _tags(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, map(str.strip, text.split(","))):
        name, *value = _SIGN.split(part, maxsplit=1)
        yield name.strip(), value[0].strip() if value else "true"
