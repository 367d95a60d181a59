"""An app's spec: kept as it comes, and read as far as alerts need it."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tocsin.core.errors import Invalid
from tocsin.dialects.digitalocean.words import (
    DEFAULT_ALERTS,
    SIGNS,
    THRESHOLD_RULES,
    UNSPECIFIED,
    Operator,
    Rule,
    Span,
)

COMPONENTS: Final = ("services", "workers", "jobs", "functions", "static_sites", "databases")
ALERTS_MAX: Final = 100
SEALED: Final = re.compile(r"EV\[.*\]", re.DOTALL)

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$",
        description="2 to 32 small letters, digits and hyphens, a letter first and no hyphen last",
    ),
]
Entropy = Callable[[int], bytes]


class AlertSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What to be alerted to."""

    rule: Rule
    disabled: bool | None = False
    operator: Operator | None = None
    value: float | None = None
    window: Span | None = None


class ComponentSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an app; what else it says is kept."""

    name: Name | None = None
    alerts: list[AlertSpec] | None = None


class AppSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An app; what else it says is kept."""

    name: Name
    alerts: list[AlertSpec] | UnsetType | None = UNSET
    services: list[ComponentSpec] | None = None
    workers: list[ComponentSpec] | None = None
    jobs: list[ComponentSpec] | None = None
    functions: list[ComponentSpec] | None = None
    static_sites: list[ComponentSpec] | None = None
    databases: list[ComponentSpec] | None = None


class TwiceError(Exception):
    """A spec has two alerts for one component and rule; *path* is the second's."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One alert of a spec: for which *component* (empty: for the app), and what the spec says, as it came."""

    component: str
    spec: AlertSpec
    raw: dict[str, Any]


def with_defaults(spec: dict[str, Any], read: AppSpec) -> dict[str, Any]:
    """Return *spec* with the alerts that an app has when it says nothing of them."""
    if read.alerts is not UNSET:
        return spec
    return spec | {"alerts": [{"rule": rule} for rule in DEFAULT_ALERTS]}


def wanted_in(spec: dict[str, Any], read: AppSpec) -> list[Wanted]:
    """List the alerts of a spec that was *read* from *spec*, the app's own first.

    Raise Invalid for one that could never fire, TwiceError for two of the same component and rule.
    """
    found: list[Wanted] = []
    taken: set[tuple[str, str]] = set()
    names: set[str] = set()
    for path, component, alerts, raws in _everywhere(spec, read):
        if component and path.endswith("]"):
            if component in names:
                raise Invalid(f"{path}.name", f'is "{component}" again', "must be unique in the app")
            names.add(component)
        for number, (alert, raw) in enumerate(zip(alerts, raws, strict=True)):
            where = f"{path}.alerts[{number}]"
            if path != "spec" and not component:
                raise Invalid(f"{path}.name", "is missing", "must be there, for the component has alerts")
            _check(alert, where)
            pair = (component, alert.rule)
            if pair in taken:
                raise TwiceError(where)
            taken.add(pair)
            found.append(Wanted(component=component, spec=alert, raw=raw))
    if len(found) > ALERTS_MAX:
        raise Invalid("spec", f"has {len(found)} alerts", f"must have at most {ALERTS_MAX}")
    return found


def sealed(spec: dict[str, Any], entropy: Entropy) -> dict[str, Any]:
    """Return *spec* with the value of every secret variable replaced by a seal: nothing here needs it."""
    return {key: _sealed(key, value, entropy) for key, value in spec.items()}


def _sealed(key: str, value: Any, entropy: Entropy) -> Any:
    if isinstance(value, dict):
        return {inner: _sealed(inner, each, entropy) for inner, each in value.items()}
    if not isinstance(value, list):
        return value
    if key == "envs":
        value = [_sealed_variable(each, entropy) for each in value]
    return [_sealed("", each, entropy) for each in value]


def _sealed_variable(variable: Any, entropy: Entropy) -> Any:
    if not isinstance(variable, dict) or variable.get("type") != "SECRET":
        return variable
    value = variable.get("value")
    if not value or (isinstance(value, str) and SEALED.fullmatch(value)):
        return variable
    seal = ":".join(base64.b64encode(entropy(size)).decode() for size in (24, 32))
    return variable | {"value": f"EV[1:{seal}]"}


def _everywhere(
    spec: dict[str, Any], read: AppSpec
) -> Iterator[tuple[str, str, list[AlertSpec], list[dict[str, Any]]]]:
    """Give each place that may have alerts: its path, its component, its alerts as read and as they came."""
    yield "spec", "", list(read.alerts or ()), list(spec.get("alerts") or ())
    for kind in COMPONENTS:
        components: list[ComponentSpec] = getattr(read, kind) or []
        for number, component in enumerate(components):
            raw = spec[kind][number]
            path = f"spec.{kind}[{number}]"
            yield path, component.name or "", list(component.alerts or ()), list(raw.get("alerts") or ())


def _check(alert: AlertSpec, path: str) -> None:
    if alert.rule not in THRESHOLD_RULES:
        return
    for name, value in (("operator", alert.operator), ("value", alert.value), ("window", alert.window)):
        if value is None or (isinstance(value, str) and value.startswith(UNSPECIFIED)):
            raise Invalid(f"{path}.{name}", "is missing", f"must be there, for {alert.rule} compares a value")


def comparison(alert: AlertSpec) -> str:
    """Write, in the language of filters, what an event must have measured; empty when that is no matter."""
    sign = SIGNS.get(alert.operator or "")
    if alert.rule not in THRESHOLD_RULES or sign is None or alert.value is None:
        return ""
    return f"(metric.value {sign} {alert.value!r} or not metric.value exists)"
