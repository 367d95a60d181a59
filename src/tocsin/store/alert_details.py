"""What of an alert stands in one column, as JSON: what few alerts have, and nobody looks for."""

from collections.abc import Mapping
from operator import attrgetter

import msgspec

from tocsin.core.alert import Acknowledgement, Alert, Snooze
from tocsin.core.event import Metric
from tocsin.core.ids import RuleId, UserId
from tocsin.core.reminders import Reminder
from tocsin.store.columns import instant, instant_or_none, micros, micros_or_none, to_json


class _Snooze(msgspec.Struct, array_like=True):
    """Who silenced the alert, when and until when."""

    by: UserId | None
    by_name: str
    at: int
    until: int | None


class _Reminder(msgspec.Struct, array_like=True):
    """When whoever has the alert is asked whether they still do, or was, and by when they are to answer."""

    ask_at: int | None
    asked_at: int | None
    answer_by: int | None


class Details(msgspec.Struct, omit_defaults=True):
    """What the newest firing event said beyond the columns, and what few alerts have."""

    links: tuple[str, ...] = ()
    event_type: str = ""
    metric: Metric | None = None
    host: str = ""
    monitor_id: str = ""
    monitor_name: str = ""
    monitor_labels: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = {}
    snooze: _Snooze | None = None
    parts: tuple[str, ...] = ()
    rules: tuple[RuleId, ...] = ()
    erased: bool = False
    reminder: _Reminder | None = None


_NO_DETAILS = Details()
_rare = attrgetter(*(name for name in Details.__struct_fields__ if name != "reminder"))
_NOTHING_RARE = _rare(_NO_DETAILS)
_details = msgspec.json.Decoder(Details).decode


def details_of(text: str) -> Details:
    """Read what is kept of an alert."""
    return _NO_DETAILS if text == "{}" else _details(text)


def written_details(alert: Alert) -> str:
    """Write what is to be kept of *alert*."""
    if _rare(alert) == _NOTHING_RARE and alert.acknowledgement is None:
        return "{}"
    return to_json(
        Details(
            alert.links,
            alert.event_type,
            alert.metric,
            alert.host,
            alert.monitor_id,
            alert.monitor_name,
            alert.monitor_labels,
            alert.dimensions,
            _written_snooze(alert.snooze) if alert.snooze is not None else None,
            alert.parts,
            alert.rules,
            alert.erased,
            _written_reminder(alert.acknowledgement),
        )
    )


def snooze_of(details: Details) -> Snooze | None:
    """Give who silenced the alert."""
    kept = details.snooze
    if kept is None:
        return None
    at, until = instant(kept.at), instant_or_none(kept.until)
    return Snooze(by=kept.by, by_name=kept.by_name, at=at, until=until)


def reminder_of(details: Details) -> Reminder | None:
    """Give when whoever has the alert is asked whether they still do."""
    kept = details.reminder
    if kept is None:
        return None
    ask_at, asked_at, answer_by = map(instant_or_none, (kept.ask_at, kept.asked_at, kept.answer_by))
    return Reminder(ask_at=ask_at, asked_at=asked_at, answer_by=answer_by)


def _written_snooze(snooze: Snooze) -> _Snooze:
    return _Snooze(snooze.by, snooze.by_name, micros(snooze.at), micros_or_none(snooze.until))


def _written_reminder(held: Acknowledgement | None) -> _Reminder | None:
    if held is None or held.reminder is None:
        return None
    one = held.reminder
    return _Reminder(*map(micros_or_none, (one.ask_at, one.asked_at, one.answer_by)))
