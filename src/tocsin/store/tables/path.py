"""The path of an alert: event, alert, page, notification, and the timers between them.

A storm writes here, so secondary indexes are few. There are no foreign keys: what these tables speak of may
go while its history stays.
"""

from sqlalchemy import PrimaryKeyConstraint, Table

from tocsin.store.columns import flag, identity, json, text, whole
from tocsin.store.tables.base import index, metadata

events = Table(
    "events",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("service_id"),
    whole("integration_id", optional=True),
    whole("alert_id", optional=True),
    text("dedup_key"),
    text("status"),
    text("severity"),
    whole("received_at"),
    whole("occurred_at"),
    json("payload"),
    index("alert_id", "id"),
)

alerts = Table(
    "alerts",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("service_id"),
    whole("integration_id", optional=True),
    text("dedup_key"),
    text("status"),
    text("severity"),
    text("worst_severity"),
    whole("severity_since"),
    text("title"),
    text("message"),
    text("source"),
    json("labels"),
    json("details"),  # the rest of what the newest firing event said, without what it left out
    whole("opened_at"),
    whole("last_seen_at"),
    whole("events"),
    whole("ack_by", optional=True),
    text("ack_by_name", optional=True),
    whole("ack_at", optional=True),  # the alert is acknowledged while this is set
    whole("ack_until", optional=True),
    text("ack_comment", optional=True),
    text("ack_how", optional=True),
    whole("resolved_at", optional=True),
    whole("resolved_by", optional=True),
    text("routing", optional=True),
    json("memory"),
    flag("drill"),
    whole("version"),
    # One open alert for each dedup key: what keeps two nodes from opening the same trouble twice.
    index(
        "service_id",
        "dedup_key",
        name="uq_alerts_open",
        unique=True,
        where="status = 'firing' AND dedup_key <> ''",
    ),
    index("workspace_id", "status", "id"),
    index("workspace_id", "service_id", "id"),
    # Few alerts are in these: with uq_alerts_open they tell how many of a service fire, without looking.
    index("service_id", name="ix_alerts_keyless", where="status = 'firing' AND dedup_key = ''"),
    index(
        "workspace_id",
        "service_id",
        name="ix_alerts_withdrawn",
        where="status = 'firing' AND routing = 'withdrawn'",
    ),
)

pages = Table(
    "pages",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("service_id"),
    text("title"),
    text("severity"),
    whole("plan_id"),
    text("importance"),
    whole("policy_id", optional=True),
    whole("rule_id", optional=True),
    text("group_key"),
    whole("gathers_until", optional=True),
    text("status"),
    whole("began_at"),
    whole("next_step"),
    whole("due", optional=True),
    whole("rounds"),
    whole("alerts"),
    whole("joined"),
    json("responders"),
    json("destinations"),
    whole("wake_at", optional=True),
    flag("drill"),
    whole("version"),
    text("follows", optional=True),  # a severity, or that it is a digest; see store.pages
    # One open window for each group: what keeps two nodes from opening the same window twice.
    index(
        "policy_id",
        "rule_id",
        "plan_id",
        "group_key",
        name="uq_pages_gathering",
        unique=True,
        where="gathers_until IS NOT NULL",
    ),
    index("workspace_id", "status", "id"),
)

page_alerts = Table(
    "page_alerts",
    metadata,
    whole("page_id"),
    whole("alert_id"),
    whole("joined_at", optional=True),
    PrimaryKeyConstraint("page_id", "alert_id"),
    index("alert_id"),
    sqlite_with_rowid=False,
)

notifications = Table(
    "notifications",
    metadata,
    identity(),
    whole("workspace_id"),
    text("kind"),
    whole("page_id", optional=True),
    whole("service_id", optional=True),
    whole("user_id", optional=True),
    whole("contact_method_id", optional=True),
    whole("destination_id", optional=True),
    text("channel"),
    text("address"),  # sealed when it is a destination's
    whole("address_mark"),  # the vault's fingerprint of channel and address
    text("importance"),
    text("severity"),
    text("because"),
    text("body"),
    whole("queued_at"),
    whole("due"),
    text("state"),
    whole("attempts"),
    whole("provider"),
    text("provider_id"),
    text("last_error"),
    whole("sent_at", optional=True),
    whole("bundled_into", optional=True),
    text("node", optional=True),
    whole("leased_until", optional=True),
    # What is bundled into another message is not sent by itself.
    index("due", "id", name="ix_notifications_queued", where="state = 'queued' AND bundled_into IS NULL"),
    index(
        "workspace_id",
        "address_mark",
        "due",
        "id",
        name="ix_notifications_lanes",
        where="state = 'queued' AND bundled_into IS NULL AND workspace_id > 0",
    ),
    index("leased_until", name="ix_notifications_sending", where="state = 'sending'"),
    index("page_id"),
    index("user_id", "id", where="user_id IS NOT NULL"),
    index("bundled_into", name="ix_notifications_bundled", where="bundled_into IS NOT NULL"),
    index("address_mark", "sent_at", name="ix_notifications_sent", where="sent_at IS NOT NULL"),
)

timers = Table(
    "timers",
    metadata,
    text("kind"),
    whole("subject_id"),
    whole("workspace_id"),  # 0 for what a node does for all of them
    whole("due_at"),
    whole("attempts"),
    text("last_error"),
    PrimaryKeyConstraint("subject_id", "kind"),
    index("due_at"),
    sqlite_with_rowid=False,
)
