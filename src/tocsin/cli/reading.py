"""What people type: durations, instants, labels and targets."""

import re
from datetime import UTC, datetime, timedelta

import click

from tocsin.core.spelling import PREFIXES, from_native

_UNIT_S = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_PART = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([a-z]+)[\s,]*(?:and\s+)?", re.IGNORECASE)
_TARGETS = ("user", "team", "schedule", "escalation_policy")


class Duration(click.ParamType[timedelta]):
    """``90s``, ``45m``, ``2h``, ``1h30m``, ``1.5 days``, ``2 hours and 5 minutes``."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read *value*; every number needs its unit."""
        text = value.strip()
        seconds, place = 0.0, 0
        while place < len(text):
            part = _PART.match(text, place)
            if part is None or part[2].lower() not in _UNIT_S:
                self.fail(f"{value!r} is no duration; write it like 45m, 2h, 1h30m or 1d", param, ctx)
            seconds += float(part[1].replace(",", ".")) * _UNIT_S[part[2].lower()]
            place = part.end()
        if seconds < 1:
            self.fail(f"{value!r} is no time at all; write it like 45m, 2h, 1h30m or 1d", param, ctx)
        return timedelta(seconds=seconds)


class Instant(click.ParamType[datetime]):
    """RFC 3339, such as ``2026-03-06T09:00:00Z``; without an offset it is this machine's local time."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read *value* and return it in UTC."""
        try:
            return datetime.fromisoformat(value.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no time; write it like 2026-03-06T09:00:00Z or 2026-03-06 09:00", param, ctx
            )


class Pair(click.ParamType[tuple[str, str]]):
    """``name=value``; ``name:value`` is taken as well."""

    name = "name=value"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split *value* at its first ``=``, or at its first ``:`` when it has no ``=``."""
        name, sign, text = value.partition("=" if "=" in value else ":")
        if not sign or not name.strip():
            self.fail(f"{value!r} is no label; write it like team=database", param, ctx)
        return name.strip(), text.strip()


class Target(click.ParamType[tuple[str, str]]):
    """Whom to page: an id such as ``team_…``, or its kind and its name, such as ``user:ana@example.org``."""

    name = "target"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read *value* into a kind and an id or a name."""
        kind, sign, rest = value.partition(":")
        kind = kind.strip().lower().replace("-", "_")
        if sign and kind in _TARGETS and rest.strip():
            return kind, rest.strip()
        if sign or kind_of(value) not in _TARGETS:
            forms = ", ".join(f"{target}:NAME" for target in _TARGETS)
            self.fail(f"{value!r} names nobody; write an id, or {forms}", param, ctx)
        return kind_of(value), value


def kind_of(identifier: str) -> str:
    """Tell the kind from an id as the API spells it: ``user`` of ``usr_06cq3x1k2m4n``; empty if none."""
    kind = _KINDS.get(identifier.partition("_")[0], "")
    return kind if kind and from_native(identifier, kind) is not None else ""


def rfc3339(instant: datetime) -> str:
    """Write an aware instant as the API reads it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
