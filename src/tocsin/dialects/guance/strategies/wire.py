"""``alertOpt`` over the wire: read strictly, in the order in which it is documented, into values.

The JSON itself is kept as it came; what is read here is what it means.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.dialects.guance.reading import (
    Json,
    a_boolean,
    a_text,
    an_array,
    an_integer,
    an_object,
    needed,
    one_of,
    texts,
)
from tocsin.dialects.guance.reading import field as optional
from tocsin.dialects.guance.strategies.moments import Moment, moment_of
from tocsin.dialects.guance.strategies.recipients import Recipients

INTERVAL_MAX: Final = 1_800
UPGRADES_MAX: Final = 2
FIELDS: Final = ("df_monitor_checker_id", "df_dimension_tags", "df_label", "CLUSTER")
CLUSTER_FIELDS: Final = ("df_title", "df_message")
SECURITY: Final = "security"

LEVELS: Final = {
    "critical": Severity.CRITICAL,
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "nodata": Severity.NODATA,
    "info": Severity.INFO,
    "fatal": Severity.CRITICAL,
}
SECURITY_LEVELS: Final = {
    "security_critical": Severity.CRITICAL,
    "security_high": Severity.ERROR,
    "security_medium": Severity.WARNING,
    "security_low": Severity.INFO,
    "security_info": Severity.INFO,
}


class AggType(StrEnum):
    """How events are gathered."""

    FIELDS = "byFields"
    CLUSTER = "byCluster"
    AI = "byAI"
    CUSTOM = "byCustom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """Whom to tell when a level has lasted *duration* seconds; no *levels* are those of the target."""

    to: tuple[str, ...]
    duration: int
    levels: frozenset[Severity] | None = None
    ways: tuple[str, ...] = ("email",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom to tell of which levels; *levels* empty means all of them. *path* is where it stands."""

    path: str
    to: tuple[str, ...]
    levels: frozenset[Severity]
    security: bool = False
    tags: Json = field(default_factory=dict)
    filter_string: str = ""
    upgrades: tuple[Upgrade, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """Members, and how they are told; a strategy by level has one without members in each entry."""

    path: str
    name: str = ""
    filter_string: str = ""
    members: tuple[str, ...] = ()
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A notification rule: *moment* None is the fallback."""

    path: str
    name: str
    moment: Moment | None
    infos: tuple[Info, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOpt:
    """What a strategy does; *silent_timeout* None is there only where the stored one stays."""

    silent_timeout: int | None = None
    by_status: tuple[tuple[Severity, int], ...] = ()
    interval: int = 0
    agg_type: AggType | None = None
    agg_fields: tuple[str, ...] = ()
    agg_labels: tuple[str, ...] = ()
    cluster_fields: tuple[str, ...] = ()
    first_at_once: bool = False
    ignore_ok: bool = False
    by_member: bool = False
    entries: tuple[Entry, ...] = ()


def alert_opt(value: Any, *, new: bool, path: str = "alertOpt") -> AlertOpt:
    """Read what ``alertOpt`` holds; raise Invalid for the first fault. In a *new* one silence is needed."""
    given = an_object(value, path)
    by_member = optional(given, "alertType", path, _alert_type, "status") == "member"
    silence: int | None
    if new:
        silence = needed(given, "silentTimeout", path, an_integer, "must be an integer of 0 or more")
    else:
        silence = optional(given, "silentTimeout", path, an_integer, -1)
        silence = None if silence < 0 else silence
    kind = optional(given, "aggType", path, _agg_type, None, null=True)
    on = optional(given, "silentTimeoutByStatusEnable", path, a_boolean, default=False)
    none: tuple[tuple[Severity, int], ...] = ()
    by_status = optional(given, "silentTimeoutByStatus", path, _by_status, none, null=True)
    return AlertOpt(
        silent_timeout=silence,
        by_status=by_status if on else (),
        interval=optional(given, "aggInterval", path, _interval, 0, null=True),
        agg_type=kind,
        agg_fields=optional(given, "aggFields", path, lambda each, at: _agg_fields(each, at, kind), ()),
        agg_labels=optional(given, "aggLabels", path, texts, ()),
        cluster_fields=optional(given, "aggClusterFields", path, _cluster_fields, ()),
        first_at_once=optional(given, "aggSendFirst", path, a_boolean, default=False),
        ignore_ok=optional(given, "ignoreOK", path, a_boolean, default=False),
        by_member=by_member,
        entries=optional(given, "alertTarget", path, lambda each, at: _entries(each, at, by_member), ()),
    )


def _alert_type(value: Any, path: str) -> str:
    return one_of(value, path, ("status", "member"))


def _agg_type(value: Any, path: str) -> AggType | None:
    return AggType(one_of(value, path, tuple(AggType)))


def _interval(value: Any, path: str) -> int:
    try:
        return an_integer(value, path, most=INTERVAL_MAX)
    except Invalid as error:
        remedy = f"must be 0 to {INTERVAL_MAX} seconds (0 turns aggregation off)"
        raise Invalid(path, error.problem, remedy) from None


def _agg_fields(value: Any, path: str, kind: AggType | None) -> tuple[str, ...]:
    found = texts(value, path)
    for place, each in enumerate(found):
        if kind is not AggType.CUSTOM and each not in FIELDS:
            raise Invalid(f"{path}[{place}]", f"is {each[:60]!r}", f"must be one of {', '.join(FIELDS)}")
    return found


def _cluster_fields(value: Any, path: str) -> tuple[str, ...]:
    found = an_array(value, path)
    return tuple(one_of(each, f"{path}[{place}]", CLUSTER_FIELDS) for place, each in enumerate(found))


def _by_status(value: Any, path: str) -> tuple[tuple[Severity, int], ...]:
    found = []
    for place, each in enumerate(an_array(value, path)):
        where = f"{path}[{place}]"
        given = an_object(each, where)
        levels = needed(given, "status", where, _levels, "must name levels")
        silence = needed(given, "silentTimeout", where, an_integer, "must be an integer of 0 or more")
        found += [(level, silence) for level in (levels or frozenset(Severity))]
    return tuple(found)


def _entries(value: Any, path: str, by_member: bool) -> tuple[Entry, ...]:  # noqa: FBT001 - by position
    return tuple(
        _entry(each, f"{path}[{place}]", by_member) for place, each in enumerate(an_array(value, path))
    )


def _entry(value: Any, path: str, by_member: bool) -> Entry:  # noqa: FBT001 - by position
    given = an_object(value, path)
    name = optional(given, "name", path, a_text, "", null=True)
    if by_member:
        infos = needed(given, "alertInfo", path, _infos, "must be an array")
    else:
        found = needed(given, "targets", path, _targets_by_level, "must be an array")
        infos = (Info(path=path, targets=found),)
    return Entry(path=path, name=name, moment=moment_of(given, path), infos=infos)


def _infos(value: Any, path: str) -> tuple[Info, ...]:
    infos = []
    for place, each in enumerate(an_array(value, path)):
        where = f"{path}[{place}]"
        given = an_object(each, where)
        infos.append(
            Info(
                path=where,
                name=optional(given, "name", where, a_text, "", null=True),
                targets=needed(given, "targets", where, _targets_by_member, "must be an array"),
                filter_string=optional(given, "filterString", where, _filter_string, "", null=True),
                members=optional(given, "memberInfo", where, Recipients.MEMBERS.read, (), null=True),
            )
        )
    return tuple(infos)


def _targets_by_level(value: Any, path: str) -> tuple[Target, ...]:
    found = an_array(value, path, least=1)
    return tuple(_target(each, f"{path}[{place}]", Recipients.BY_LEVEL) for place, each in enumerate(found))


def _targets_by_member(value: Any, path: str) -> tuple[Target, ...]:
    found = an_array(value, path)
    return tuple(_target(each, f"{path}[{place}]", Recipients.BY_MEMBER) for place, each in enumerate(found))


def _target(value: Any, path: str, who: Recipients) -> Target:
    given = an_object(value, path)
    to = needed(given, "to", path, who.read, "must be an array")
    security = given.get("df_source") == SECURITY
    levels = needed(given, "status", path, _security_levels if security else _levels, "must name levels")
    return Target(
        path=path,
        to=to,
        levels=levels,
        security=security,
        tags=optional(given, "tags", path, _tags, {}, null=True),
        filter_string=optional(given, "filterString", path, _filter_string, "", null=True),
        upgrades=optional(
            given, "upgradeTargets", path, lambda each, at: _upgrades(each, at, who), (), null=True
        ),
    )


def _upgrades(value: Any, path: str, who: Recipients) -> tuple[Upgrade, ...]:
    found = an_array(value, path)
    if len(found) > UPGRADES_MAX:
        raise Invalid(path, f"has {len(found)} entries", f"must have at most {UPGRADES_MAX}")
    upgrades = []
    allowed = Recipients.MEMBERS if who is Recipients.BY_MEMBER else who
    for place, each in enumerate(found):
        where = f"{path}[{place}]"
        given = an_object(each, where)
        ways: tuple[str, ...] = ()
        if who is Recipients.BY_MEMBER:
            ways = optional(given, "toWay", where, Recipients.WAYS.read, ways, null=True)
        upgrades.append(
            Upgrade(
                to=needed(given, "to", where, allowed.read, "must be an array"),
                duration=needed(given, "duration", where, an_integer, "must be an integer of 0 or more"),
                levels=optional(given, "status", where, _any_levels, None, null=True),
                ways=ways or ("email",),
            )
        )
    return tuple(upgrades)


def _any_levels(value: Any, path: str) -> frozenset[Severity] | None:
    if value == "":
        return None
    return _named_levels(value, path, LEVELS | SECURITY_LEVELS)


def _levels(value: Any, path: str) -> frozenset[Severity]:
    return _named_levels(value, path, LEVELS)


def _security_levels(value: Any, path: str) -> frozenset[Severity]:
    return _named_levels(value, path, SECURITY_LEVELS)


def _named_levels(value: Any, path: str, known: dict[str, Severity]) -> frozenset[Severity]:
    """Read levels with commas between them; "All" is none in particular."""
    words = [word.strip() for word in a_text(value, path, shortest=1, longest=1_000).split(",")]
    for word in words:
        if word not in known and word != "All":
            remedy = f"must be of {', '.join(known)} and All, with commas between them"
            raise Invalid(path, f"holds {word[:60]!r}" if word else "has an empty part", remedy)
    return frozenset() if "All" in words else frozenset(known[word] for word in words)


def _tags(value: Any, path: str) -> Json:
    tags: dict[str, tuple[str, ...]] = {}
    for name, given in an_object(value, path).items():
        a_text(name, path, longest=256)
        values = [given] if isinstance(given, str) else an_array(given, f"{path}.{name}")
        tags[name] = tuple(
            a_text(each, f"{path}.{name}[{place}]", longest=4_096) for place, each in enumerate(values)
        )
    return tags


def _filter_string(value: Any, path: str) -> str:
    return a_text(value, path, longest=65_536)
