"""The words by which monitoring systems say how bad something is, how it stands, and when it was."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.core.event import EventStatus, Severity

_SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical crit page emergency emerg fatal disaster panic alert urgent highest "
    "blocker p0 p1 sev0 sev1",
    Severity.ERROR: "error err errors high major severe p2 sev2 failure failed",
    Severity.WARNING: "warning warn medium moderate average minor p3 sev3",
    Severity.NODATA: "nodata no_data no-data missing stale",
    Severity.INFO: "info information informational low lowest notice none debug trivial ok p4 p5 sev4 sev5",
}
_STATUSES: Mapping[EventStatus, str] = {
    EventStatus.FIRING: "firing fire fired alerting alert alarm triggered trigger problem open opened active "
    "down failing failed failure error critical warning unhealthy new reopened no_data nodata",
    EventStatus.ACKNOWLEDGED: "acknowledged acknowledge ack acked",
    EventStatus.RESOLVED: "resolved resolve ok okay closed close recovered recovery recover normal up "
    "healthy inactive cleared clear success successful passing done",
}
_SEVERITY_OF = {word: severity for severity, words in _SEVERITIES.items() for word in words.split()}
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words.split()}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Today ten digits count seconds, thirteen milliseconds, sixteen microseconds, nineteen nanoseconds.
_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
# Go's zero time and its neighbours in other zones mean "not known", not the first year of our era.
_NEVER = datetime(2, 1, 1, tzinfo=UTC)


def severity_of(word: str) -> Severity | None:
    """Tell which severity a monitoring system means by *word*, in any case; None when it is not known."""
    return _SEVERITY_OF.get(word.strip().lower().replace(" ", "_"))


def status_of(word: str) -> EventStatus | None:
    """Tell which status a monitoring system means by *word*, in any case; None when it is not known."""
    return _STATUS_OF.get(word.strip().lower().replace(" ", "_"))


def instant_of(value: str | float) -> datetime | None:
    """Read an instant: RFC 3339 text, or a number of seconds, milli-, micro- or nanoseconds since 1970.

    Text without an offset is taken as UTC, as senders that leave it out mostly mean it. The unit of a number
    follows from its size. None when *value* says nothing, as 0001-01-01 does. Raises ValueError when it is
    no instant at all.
    """
    if isinstance(value, str):
        return _instant_of_text(value.strip())
    if value == 0:
        return None
    for below, per_second in _UNITS:
        if 0 < value < below:
            return _EPOCH + timedelta(seconds=value / per_second)
    raise ValueError("no instant")


def _instant_of_text(text: str) -> datetime | None:
    if not text:
        return None
    if text.replace(".", "", 1).isdecimal() and text.isascii():
        return instant_of(float(text))
    try:
        instant = msgspec.convert(text, datetime)
    except msgspec.ValidationError as error:
        raise ValueError("no instant") from error
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return utc(instant)


def utc(instant: datetime) -> datetime | None:
    """Turn an aware *instant* to UTC; None when it is the zero of the sender's clock, and so says nothing."""
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:  # the first and the last hours of the calendar, in a zone that is not UTC
        return None
    return None if instant < _NEVER else instant
