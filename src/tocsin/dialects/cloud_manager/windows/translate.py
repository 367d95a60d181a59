"""A maintenance window as a silence of one project, and back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tocsin.core.filter_tree import And, Compare, Exists, Expression, In, Not, Operator, any_of
from tocsin.core.filters import Filter, from_expression
from tocsin.core.ids import UNMADE, ServiceId, SilenceId, made_at
from tocsin.core.service import Service
from tocsin.core.silence import Silence
from tocsin.core.spelling import to_hex_24
from tocsin.dialects.cloud_manager.errors import Refused, bad
from tocsin.dialects.cloud_manager.lists import Link
from tocsin.dialects.cloud_manager.times import show_time
from tocsin.dialects.cloud_manager.windows.wire import WindowBody, WindowDocument
from tocsin.dialects.cloud_manager.words import About, types_about

DIALECT: Final = "cloud_manager"
KIND: Final = "silence"

_ABOUT: Final[Mapping[str, frozenset[About]]] = {
    "HOST": frozenset({About.HOST, About.HOST_METRIC}),
    "REPLICA_SET": frozenset({About.REPLICA_SET}),
    "CLUSTER": frozenset({About.CLUSTER}),
    "AGENT": frozenset({About.AGENT}),
    "BACKUP": frozenset({About.BACKUP}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A maintenance window: alerts about *classes* tell nobody from *starts_at* to *ends_at*."""

    starts_at: datetime
    ends_at: datetime
    classes: tuple[str, ...]
    description: str = ""


def window_of(
    body: WindowBody, was: Window | None, read: Callable[[str, str], datetime], now: datetime
) -> Window:
    """Make a window, or change *was*; *read* reads times. Raise a refusal for what cannot be."""
    start = _moment(body.start_date, "startDate", read) or (was.starts_at if was else None)
    end = _moment(body.end_date, "endDate", read) or (was.ends_at if was else None)
    names = tuple(dict.fromkeys(body.alert_type_names or ())) or (was.classes if was else ())
    if start is None:
        raise _absent("START_DATE", "startDate")
    if end is None:
        raise _absent("END_DATE", "endDate")
    if not names or body.alert_type_names == []:
        raise _absent("ALERT_TYPE_NAME", "alertTypeNames")
    if start >= end:
        detail = "The start date of a maintenance window must be before its end date."
        raise bad("MAINTENANCE_WINDOW_START_DATE_AFTER_END_DATE", detail)
    if was is not None and end <= now:
        raise bad("INVALID_JSON_ATTRIBUTE", "The end date must be in the future.", "endDate")
    described = body.description if body.description is not None else (was.description if was else "")
    return Window(starts_at=start, ends_at=end, classes=names, description=described)


def silence_of(window: Window, service: Service) -> Silence:
    """Make the silence, which has no id yet."""
    return Silence(
        id=SilenceId(UNMADE),
        workspace=service.workspace,
        name=f"Maintenance of {service.name}: {', '.join(window.classes)}"[:255],
        comment=window.description,
        filter=filter_of(window.classes),
        services=frozenset({service.id}),
        starts_at=window.starts_at,
        ends_at=window.ends_at,
    )


def filter_of(classes: Sequence[str]) -> Filter:
    """Take alerts about *classes*, which they name, or which show in what they are about."""
    subjects = frozenset(about for name in classes for about in _ABOUT[name])
    parts: list[Expression] = [In("event_type", types_about(subjects))]
    if "HOST" in classes:
        silent = Not(Exists("event_type"))
        parts.append(And((silent, any_of(Exists("metric.name"), Exists("host")))))
    parts += [Compare("labels.alert_class", Operator.EQUAL, name) for name in classes]
    return from_expression(any_of(*parts))


def window_in(silence: Silence, extras: Mapping[str, Any]) -> Window | None:
    """Read a silence as a maintenance window; None for one that is not for certain classes and a span."""
    names = tuple(extras.get("classes", ()))
    known = bool(names) and filter_of(names).text == silence.filter.text
    if not known or silence.ends_at is None or silence.recurring is not None or len(silence.services) != 1:
        return None
    return Window(
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        classes=names,
        description=silence.comment,
    )


def extras_of(window: Window, now: datetime) -> dict[str, Any]:
    """Gather what is kept beside the silence."""
    return {"classes": list(window.classes), "updated": show_time(now)}


def show(silence: Silence, window: Window, extras: Mapping[str, Any], address: str) -> WindowDocument:
    """Write a window; *address* is that of the list."""
    spelled = to_hex_24(silence.id)
    created = show_time(made_at(silence.id))
    return WindowDocument(
        id=spelled,
        group_id=to_hex_24(group_of(silence)),
        created=created,
        updated=extras.get("updated", created),
        start_date=show_time(window.starts_at),
        end_date=show_time(window.ends_at),
        alert_type_names=list(window.classes),
        description=window.description,
        links=[Link("self", f"{address}/{spelled}")],
    )


def group_of(silence: Silence) -> ServiceId:
    """Name the one project of a window."""
    (group,) = silence.services
    return group


def windows(
    silences: Iterable[Silence], extras: Mapping[int, Mapping[str, Any]], group: ServiceId
) -> list[tuple[Silence, Window]]:
    """Find the windows of a project."""
    found = (
        (each, window_in(each, extras.get(each.id, {}))) for each in silences if each.services == {group}
    )
    return [(silence, window) for silence, window in found if window is not None]


def _moment(text: str | None, name: str, read: Callable[[str, str], datetime]) -> datetime | None:
    return None if text is None else read(text, name)


def _absent(what: str, name: str) -> Refused:
    return bad(f"MISSING_MAINTENANCE_WINDOW_{what}", f"The attribute {name} must be specified.", name)
