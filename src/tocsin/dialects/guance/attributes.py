"""What filters here call the attributes of an event, and where the domain has them."""

from typing import Final

from tocsin.core.filter_fields import DIMENSIONS, LABELS, METRIC_VALUE, MONITOR_LABELS, SEVERITY, TAGS
from tocsin.core.filter_tree import And, Compare, Exists, Expression, In, Not, Operator, Or, any_of

SOURCE_OF_EVENTS: Final = "monitor"  # where nothing else is said

_SOURCE: Final = f"{TAGS}df_source"
_FIELDS: Final = {
    "df_status": SEVERITY,
    "df_title": "title",
    "df_message": "message",
    "source": "source",
    "df_monitor_checker_id": "monitor_id",
    "df_monitor_checker_name": "monitor_name",
    "df_monitor_checker_event_ref": "dedup_key",
    "df_label": MONITOR_LABELS,
    "df_dimension_tags": "dimensions",
    "df_monitor_checker_value": METRIC_VALUE,
    "Result": METRIC_VALUE,
}
_NAMES: Final = {
    **{field: name for name, field in reversed(_FIELDS.items())},
    "host": "host",
}


def fields_of(name: str) -> tuple[str, ...]:
    """Give the domain's fields behind the attribute *name*: a test holds when it holds for any of them."""
    if name == "host":
        return (f"{TAGS}{name}", "host")
    return (_FIELDS.get(name, f"{TAGS}{name}"),)


def name_of(field: str) -> str:
    """Give the attribute that a field of the domain is here."""
    for prefix in (LABELS, DIMENSIONS, TAGS):
        if field.startswith(prefix):
            return field.removeprefix(prefix)
    return _NAMES.get(field, field)


def with_source(expression: Expression) -> Expression:
    """Let an event that does not say otherwise be one of a monitor."""
    match expression:
        case Compare(field, Operator.EQUAL, value) if (field, value) == (_SOURCE, SOURCE_OF_EVENTS):
            return any_of(expression, Not(Exists(_SOURCE)))
        case In(field, values) if field == _SOURCE and SOURCE_OF_EVENTS in values:
            return any_of(expression, Not(Exists(_SOURCE)))
        case Not(part):
            return Not(with_source(part))
        case And(parts):
            return And(tuple(map(with_source, parts)))
        case Or(parts):
            return Or(tuple(map(with_source, parts)))
        case _:
            return expression
