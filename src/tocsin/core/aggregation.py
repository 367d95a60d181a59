"""How alerts are gathered into one page: by which fields, for how long, and whether the first goes ahead."""

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final

from tocsin.core.alert import Alert
from tocsin.core.errors import Invalid, check_text
from tocsin.core.filter_fields import FIELDS, MONITOR_LABELS
from tocsin.core.filters import known_field, value_of
from tocsin.core.similarity import signature

AGGREGATION_WINDOW_MAX: Final = timedelta(days=1)
FIELDS_MAX: Final = 20
FIELD_LENGTH_MAX: Final = 300
FIRST_LABELS_MAX: Final = 200
GROUP_KEY_LENGTH_MAX: Final = 512
KEYS_KEPT: Final = 1_000  # of the groups that alerts came for lately


class GatherBy(StrEnum):
    """What makes two alerts belong together: equal fields, texts that are alike, or texts that mean alike."""

    NONE = "none"
    FIELDS = "fields"
    SIMILARITY = "similarity"
    MEANING = "meaning"


_BY_TEXT: Final = frozenset({GatherBy.SIMILARITY, GatherBy.MEANING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Gather alerts that share the values of *fields* for *window*, at most AGGREGATION_WINDOW_MAX.

    *fields* are names of the filter language (``labels.cluster``, ``monitor_id``); none of them means that
    all alerts of a rule belong together. Of the ``monitor_labels`` only the first of *first_labels* counts
    that the alert carries, where there are any. By similarity and by meaning, *fields* are the texts that are
    compared, the title if none is named.

    With *first_at_once* the first alert pages at once and the others join its page; without it all wait for
    the window's end. A *digest* tells what happened in its window: a repeat that is let through, and an
    alert that is resolved after it was told of, come with the next window, and what came and went within one
    is told of all the same.
    """

    by: GatherBy = GatherBy.NONE
    fields: tuple[str, ...] = ()
    first_labels: tuple[str, ...] = ()
    window: timedelta = timedelta(0)
    first_at_once: bool = True
    digest: bool = False

    @property
    def by_text(self) -> bool:
        """Whether it is texts that are compared, so that groups need not be equal but alike."""
        return self.by in _BY_TEXT

    @property
    def texts(self) -> tuple[str, ...]:
        """The fields whose texts are compared, by similarity or by meaning."""
        return self.fields or ("title",)


UNGATHERED: Final = Gathering()
"""Each alert is on its own."""


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def group_key(gathering: Gathering, alert: Alert) -> str:
    """Name the group that *alert* belongs to: the values of the fields, as JSON text, a hash when too long.

    A missing value is null, which no value is. The order of ``monitor_labels`` does not matter. By
    similarity, and by meaning until that is known, it is the signature of the alert's texts, and names the
    group that the alert founds if there is none that is like it: see ``core.similarity``.
    """
    if gathering.by in _BY_TEXT:
        return signature(alert, gathering.texts)
    values = [_value(alert, field) for field in gathering.fields]
    if gathering.first_labels and MONITOR_LABELS in gathering.fields:
        carried = next((each for each in gathering.first_labels if each in alert.monitor_labels), None)
        values[gathering.fields.index(MONITOR_LABELS)] = carried
    return _key(tuple(values))


@lru_cache(maxsize=KEYS_KEPT)
def _key(values: tuple[str | tuple[str, ...] | None, ...]) -> str:
    key = _written(values)
    if len(key) <= GROUP_KEY_LENGTH_MAX:
        return key
    return f"sha256:{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def check(gathering: Gathering, path: str = "gathering") -> None:
    """Raise Invalid, naming the field under *path*, for a way of gathering that cannot be."""
    if not timedelta(0) <= gathering.window <= AGGREGATION_WINDOW_MAX:
        found, most = gathering.window.total_seconds(), AGGREGATION_WINDOW_MAX.total_seconds()
        raise Invalid(f"{path}.window", f"is {found:g} seconds", f"must be 0 to {most:g} seconds")
    if gathering.by is not GatherBy.NONE and not gathering.window:
        raise Invalid(f"{path}.window", "is 0 seconds", "must be longer for alerts to be gathered")
    if len(gathering.fields) > FIELDS_MAX:
        raise Invalid(
            f"{path}.fields", f"has {len(gathering.fields)} entries", f"must have at most {FIELDS_MAX}"
        )
    if len(gathering.first_labels) > FIRST_LABELS_MAX:
        problem = f"has {len(gathering.first_labels)} entries"
        raise Invalid(f"{path}.first_labels", problem, f"must have at most {FIRST_LABELS_MAX}")
    for place, label in enumerate(gathering.first_labels):
        check_text(label, f"{path}.first_labels[{place}]", shortest=1, longest=FIELD_LENGTH_MAX)
    for place, field in enumerate(gathering.fields):
        check_text(field, f"{path}.fields[{place}]", shortest=1, longest=FIELD_LENGTH_MAX)
        if not known_field(field):
            known = ", ".join(FIELDS)
            remedy = f"must be one of {known}, labels.<name>, dimensions.<name>"
            raise Invalid(f"{path}.fields[{place}]", f'is "{field}", which is no field', remedy)


def _value(alert: Alert, field: str) -> str | tuple[str, ...] | None:
    value = value_of(alert, field)
    return tuple(sorted(set(value))) if isinstance(value, tuple) else value
