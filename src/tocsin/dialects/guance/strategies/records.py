"""Strategies as they are shown: what the policy says, and beside it what this API keeps."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET

from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.dialects.guance import permits
from tocsin.dialects.guance.handling import stamps
from tocsin.dialects.guance.reading import decoded
from tocsin.dialects.guance.spelled import KEY, MEMBER, read, spelled
from tocsin.dialects.guance.strategies.bodies import ChangedStrategy, NewStrategy
from tocsin.dialects.guance.strategies.rebuild import Plans, alert_opt_of
from tocsin.dialects.guance.strategies.translate import Meaning, meaning_of, still_means
from tocsin.dialects.guance.strategies.wire import alert_opt

KIND: Final = "alert policy"
MEANINGS_KEPT: Final = 1_024
TEXT_KEPT_MAX: Final = 32_768  # what is longer is read anew each time

Kept = Mapping[str, Any]
Json = dict[str, Any]


def meaning_of_text(text: str, zone: str) -> Meaning | None:
    """Say what the text of an ``alertOpt`` that was taken means; None when it is no longer understood."""
    return _meaning(text, zone) if len(text) > TEXT_KEPT_MAX else _remembered(text, zone)


def _meaning(text: str, zone: str) -> Meaning | None:
    try:
        return meaning_of(alert_opt(decoded(text.encode(), "alertOpt"), new=False), zone)
    except Invalid:
        return None


_remembered = lru_cache(MEANINGS_KEPT)(_meaning)


def text_of(policy: AlertPolicy, kept: Kept, plans: Plans) -> str | None:
    """Give the text of ``alertOpt``: as it came, unless the policy was changed elsewhere since."""
    text = kept.get("alertOpt")
    zone = policy.time_zone
    if text is not None:
        meaning = meaning_of_text(text, zone)
        if meaning is not None and still_means(policy, meaning):
            return str(text)
    elif kept and not policy.rules:
        return None
    return msgspec.json.encode(alert_opt_of(policy, plans)).decode()


def monitors_of(given: NewStrategy | ChangedStrategy, kept: Kept) -> set[str]:
    """Give the ids of all monitors that a strategy is for."""
    found: set[str] = set()
    for name in ("checkerUUIDs", "securityRuleUUIDs"):
        value = getattr(given, name)
        found |= set(kept.get(name, ()) if value is UNSET else value)
    return found


def kept_of(was: Kept, given: NewStrategy | ChangedStrategy, text: str | None) -> Json:
    """Say what to keep of a request."""
    opened, entries = given.openPermissionSet, given.permissionSet
    kept = {**was, **permits.kept_permissions(was, opened=opened, entries=entries)}
    for name in ("checkerUUIDs", "securityRuleUUIDs"):
        value = getattr(given, name)
        if value is not UNSET:
            kept[name] = value
    return kept if text is None else {**kept, "alertOpt": text}


def record(policy: AlertPolicy, kept: Kept, directory: Directory, *, new: bool = False) -> Json:
    """Write a strategy; the number of a *new* one is not told."""
    written: Json = {
        "uuid": spelled("alert_policy", policy.id),
        "name": policy.name,
        "desc": policy.description,
        "ruleTimezone": policy.time_zone,
        **permits.shown_permissions(kept),
        **stamps(policy.id, kept, directory.workspace),
        "score": 0,
    }
    text = text_of(policy, kept, directory.plans)
    if text is not None:
        written["alertOpt"] = msgspec.Raw(text.encode())
    security = [each for each in kept.get("securityRuleUUIDs", ()) if each in policy.scope.monitors]
    if "securityRuleUUIDs" in kept:
        written["securityRuleUUIDs"] = security
    checkers = policy.scope.monitors.difference(security)
    known = [each for each in kept.get("checkerUUIDs", ()) if each in policy.scope.monitors]
    checkers = checkers.difference(known)
    if "checkerUUIDs" in kept or checkers:
        written["checkerUUIDs"] = known + sorted(checkers)
    if new:
        written["id"] = None
    return written


def row(policy: AlertPolicy, kept: Kept, directory: Directory) -> Json:
    """Write a strategy as lists have it."""
    written = record(policy, kept, directory)
    return written | {
        "creatorInfo": somebody(written["creator"], directory),
        "updatorInfo": somebody(written["updator"], directory),
        "ruleCount": len(policy.scope.monitors),
        "refCountInfo": {},
    }


def somebody(name: str, directory: Directory) -> Json:
    """Write who did something: a member, or a key."""
    member = read(name, MEMBER)
    user = directory.users.get(member) if member is not None else None  # type: ignore[call-overload]  # an id
    if user is not None:
        return {"uuid": name, "name": user.display_name, "email": user.email, "username": user.email}
    return {"uuid": name, "name": "API key" if name.startswith(KEY) else "", "email": "", "username": ""}


def notify_names(text: str | None, directory: Directory) -> dict[str, str]:
    """Name the notify objects that an ``alertOpt`` names and that are there."""
    names = {}
    for place in directory.destinations.values():
        uuid = spelled("destination", place.id)
        if text is not None and uuid in text:
            names[uuid] = place.name
    return names


def names_any(policy: AlertPolicy, kept: Kept, directory: Directory, wanted: str) -> bool:
    """Tell whether a strategy names any of the notify objects *wanted*, ids with commas between them."""
    ids = [each.strip() for each in wanted.split(",") if each.strip()]
    text = text_of(policy, kept, directory.plans) or ""
    return not ids or any(each in text for each in ids)
