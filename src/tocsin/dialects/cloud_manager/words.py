"""The vendor's words: event types and what they are about, units, metrics."""

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

METRIC_THRESHOLD: Final = "OUTSIDE_METRIC_THRESHOLD"
HOST_DOWN: Final = "HOST_DOWN"
NEW_ALERT: Final = "NEW_ALERT"
EVENT_TYPE_LENGTH_MAX: Final = 255


class About(StrEnum):
    """What an event type is about, as the pages name it in their classes."""

    HOST = "HOST"
    HOST_METRIC = "HOST_METRIC"
    REPLICA_SET = "REPLICA_SET"
    CLUSTER = "CLUSTER"
    AGENT = "AGENT"
    BACKUP = "BACKUP"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


def _all(about: About, text: str) -> dict[str, About]:
    return dict.fromkeys(text.split(), about)


_ABOUT: Final[Mapping[str, About]] = {
    **_all(About.HOST_METRIC, "OUTSIDE_METRIC_THRESHOLD INSIDE_METRIC_THRESHOLD"),
    **_all(
        About.HOST,
        "HOST_DOWN HOST_UP HOST_UPGRADED HOST_DOWNGRADED HOST_EXPOSED HOST_LOCKED_DOWN HOST_NOW_PRIMARY"
        " HOST_NOW_SECONDARY HOST_NOW_STANDALONE HOST_RECOVERING HOST_RECOVERED HOST_RESTARTED HOST_ROLLBACK"
        " HOST_SECURITY_CHECKUP_NOT_MET HOST_SSL_CERTIFICATE_STALE HOST_SSL_CERTIFICATE_CURRENT"
        " VERSION_BEHIND VERSION_CURRENT VERSION_CHANGED NEW_HOST ATTEMPT_KILLOP_AUDIT"
        " ATTEMPT_KILLSESSION_AUDIT DB_PROFILER_ENABLE_AUDIT DB_PROFILER_DISABLE_AUDIT ADD_HOST_AUDIT"
        " DELETE_HOST_AUDIT UNDELETE_HOST_AUDIT DISABLE_HOST_AUDIT HIDE_HOST_AUDIT"
        " HIDE_AND_DISABLE_HOST_AUDIT PAUSE_HOST_AUDIT RESUME_HOST_AUDIT ADD_HOST_TO_REPLICA_SET_AUDIT"
        " REMOVE_HOST_FROM_REPLICA_SET_AUDIT HOST_IP_CHANGED_AUDIT BI_CONNECTOR_DOWN BI_CONNECTOR_UP",
    ),
    **_all(
        About.REPLICA_SET,
        "CONFIGURATION_CHANGED TOO_FEW_HEALTHY_MEMBERS ENOUGH_HEALTHY_MEMBERS TOO_MANY_UNHEALTHY_MEMBERS"
        " MEMBER_ADDED MEMBER_REMOVED MULTIPLE_PRIMARIES ONE_PRIMARY NO_PRIMARY PRIMARY_ELECTED"
        " TOO_MANY_ELECTIONS",
    ),
    **_all(About.CLUSTER, "CLUSTER_MONGOS_IS_MISSING CLUSTER_MONGOS_IS_PRESENT SHARD_ADDED SHARD_REMOVED"),
    **_all(
        About.AGENT,
        "AUTOMATION_AGENT_DOWN AUTOMATION_AGENT_UP BACKUP_AGENT_DOWN BACKUP_AGENT_UP"
        " BACKUP_AGENT_CONF_CALL_FAILURE BACKUP_AGENT_VERSION_BEHIND BACKUP_AGENT_VERSION_CURRENT"
        " MONITORING_AGENT_DOWN MONITORING_AGENT_UP MONITORING_AGENT_VERSION_BEHIND"
        " MONITORING_AGENT_VERSION_CURRENT NEW_AGENT",
    ),
    **_all(
        About.BACKUP,
        "BAD_CLUSTERSHOTS GOOD_CLUSTERSHOT INCONSISTENT_BACKUP_CONFIGURATION"
        " CONSISTENT_BACKUP_CONFIGURATION OPLOG_BEHIND OPLOG_CURRENT RESYNC_REQUIRED RESYNC_PERFORMED"
        " CLUSTER_DENYLIST_UPDATED_AUDIT CLUSTER_CHECKKPOINT_UPDATED_AUDIT CLUSTER_CREDENTIAL_UPDATED_AUDIT"
        " CLUSTER_SNAPSHOT_SCHEDULE_UPDATED_AUDIT CLUSTER_STATE_CHANGED_AUDIT"
        " CLUSTER_STORAGE_ENGINE_UPDATED_AUDIT CLUSTERSHOT_DELETED_AUDIT CLUSTERSHOT_EXPIRY_UPDATED_AUDIT"
        " INITIAL_SYNC_STARTED_AUDIT INITIAL_SYNC_FINISHED_AUDIT RESTORE_REQUESTED_AUDIT"
        " RS_DENYLIST_UPDATED_AUDIT RS_CREDENTIAL_UPDATED_AUDIT RS_ROTATE_MASTER_KEY_AUDIT"
        " RS_SNAPSHOT_SCHEDULE_UPDATED_AUDIT RS_STATE_CHANGED_AUDIT RS_STORAGE_ENGINE_UPDATED_AUDIT"
        " SNAPSHOT_DELETED_AUDIT SNAPSHOT_EXPIRY_UPDATED_AUDIT SYNC_PENDING_AUDIT SYNC_REQUIRED_AUDIT"
        " CPS_RESTORE_REQUESTED_AUDIT",
    ),
    **_all(
        About.OTHER,
        "AUTOMATION_CONFIG_PUBLISHED_AUDIT DATA_EXPLORER DATA_EXPLORER_CRUD ALL_ORG_USERS_HAVE_MFA"
        " ORG_USERS_WITHOUT_MFA ALL_USERS_HAVE_MULTI_FACTOR_AUTH USERS_WITHOUT_MULTI_FACTOR_AUTH DELINQUENT"
        " PAID_IN_FULL CASE_CREATED USER_ADDED_TO_TEAM USER_ROLES_CHANGED_AUDIT REQUESTED_TO_JOIN_GROUP"
        " STALE_PENDING_INVOICES PAYMENT_FORGIVEN PREPAID_PLAN_ACTIVATED PROMO_CODE_APPLIED REFUND_ISSUED"
        " DISCOUNT_APPLIED CHECK_PAYMENT_RECEIVED WIRE_TRANSFER_PAYMENT_RECEIVED",
    ),
}
# Families of which every member is about neither hosts nor clusters.
_OTHERS = re.compile(
    r"(ORG|TEAM|ACCOUNT|CHARGE|CREDIT|CREDIT_CARD|DAILY_BILL|INVOICE|PENDING_INVOICE|INVITED_TO|JOINED"
    r"|JOIN_GROUP_REQUEST|REMOVED_FROM)_[A-Z_]+"
)
_CLASSES: Final[Mapping[About, str]] = {
    About.HOST_METRIC: "HOST_METRIC",
    About.OTHER: "OTHER",
    About.UNKNOWN: "OTHER",
}

WITH_HOST: Final = frozenset({About.HOST, About.HOST_METRIC, About.REPLICA_SET, About.UNKNOWN})
WITH_REPLICA_SET: Final = frozenset({*WITH_HOST, About.BACKUP})
WITH_CLUSTER: Final = frozenset({About.CLUSTER, About.REPLICA_SET, About.BACKUP, About.UNKNOWN})
WITH_THRESHOLD: Final = frozenset({"TOO_FEW_HEALTHY_MEMBERS", "TOO_MANY_UNHEALTHY_MEMBERS"})

UNITS: Final = frozenset(
    _all(
        About.OTHER,
        "RAW BITS BYTES KILOBITS KILOBYTES MEGABITS MEGABYTES GIGABITS GIGABYTES TERABYTES PETABYTES"
        " NANOSECONDS MILLISECONDS SECONDS MINUTES HOURS MILLION_MINUTES DAYS RPU THOUSAND_RPU MILLION_RPU"
        " WPU THOUSAND_WPU MILLION_WPU",
    )
)

_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def about(event_type: str) -> About:
    """Tell what *event_type* is about; of those that are on no list nothing is known."""
    known = _ABOUT.get(event_type)
    if known is not None:
        return known
    return About.OTHER if _OTHERS.fullmatch(event_type) else About.UNKNOWN


def types_about(subjects: Collection[About]) -> tuple[str, ...]:
    """List the event types that are about any of *subjects*."""
    return tuple(name for name, subject in _ABOUT.items() if subject in subjects)


def type_name(event_type: str) -> str:
    """Give the name of the class that alerts of *event_type* have had in the past."""
    found = about(event_type)
    return _CLASSES.get(found, found.value)


def upper_snake(text: str) -> str:
    """Write the name of a rule as event types are written: ``HighLatency p99`` as ``HIGH_LATENCY_P99``."""
    words = _SEPARATORS.sub("_", _HUMP.sub("_", text)).strip("_").upper()
    return words[:EVENT_TYPE_LENGTH_MAX] or NEW_ALERT


def units_of(text: str) -> str:
    """Give the vendor's word for *text*, which names units in some way; RAW when it has none."""
    found = upper_snake(text) if text else ""
    return found if found in UNITS else _UNITS_SPOKEN.get(text.strip().lower(), "RAW")


_UNITS_SPOKEN: Final[Mapping[str, str]] = {
    "b": "BYTES",
    "byte": "BYTES",
    "kb": "KILOBYTES",
    "mb": "MEGABYTES",
    "gb": "GIGABYTES",
    "tb": "TERABYTES",
    "pb": "PETABYTES",
    "bit": "BITS",
    "ns": "NANOSECONDS",
    "ms": "MILLISECONDS",
    "s": "SECONDS",
    "second": "SECONDS",
    "min": "MINUTES",
    "minute": "MINUTES",
    "h": "HOURS",
    "hour": "HOURS",
    "d": "DAYS",
    "day": "DAYS",
}
