"""The schema, whole, for both engines.

Secondary indexes are few on the tables that a storm writes to (events, alerts, pages, notifications, timers,
timeline), and those tables have no foreign keys: what they speak of may go while its history stays.
"""

from sqlalchemy import Column, ForeignKey, Index, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy import text as sql

from tocsin.store.columns import flag, identity, json, text, whole

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def _of(target: str, column: Column[int], *, cascade: bool = False) -> Column[int]:
    """Let *column* refer to the id of *target*; with *cascade* its rows go with what they belong to."""
    column.append_foreign_key(ForeignKey(f"{target}.id", ondelete="CASCADE" if cascade else None))
    return column


# --- the tenant and its people ------------------------------------------------------------------------

workspaces = Table(
    "workspaces",
    metadata,
    identity(),
    text("name"),
    whole("version"),
    whole("catch_all_policy_id", optional=True),
    json("settings"),
    whole("created_at"),
    whole("ask_after", optional=True),  # microseconds from an acknowledgement to the question after it
    whole("answer_within", optional=True),
)

users = Table(
    "users",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("email"),
    text("email_key"),  # the address in lower case, as Python does it: one user of a workspace has it
    text("name"),
    text("role"),
    text("status"),
    text("time_zone"),
    text("password_hash", optional=True),
    UniqueConstraint("workspace_id", "email_key"),
)

sessions = Table(
    "sessions",
    metadata,
    identity(),
    _of("users", whole("user_id"), cascade=True),
    text("secret_hash"),  # of the token in the cookie
    text("browser"),
    whole("created_at"),
    whole("last_seen_at"),
    whole("expires_at"),
    UniqueConstraint("secret_hash"),
    Index(None, "user_id"),
)

identities = Table(
    "identities",
    metadata,
    identity(),
    _of("users", whole("user_id"), cascade=True),
    text("issuer"),
    text("subject"),
    whole("created_at"),
    whole("last_used_at"),
    UniqueConstraint("issuer", "subject"),
    UniqueConstraint("user_id", "issuer"),
)

passkeys = Table(
    "passkeys",
    metadata,
    identity(),
    _of("users", whole("user_id"), cascade=True),
    text("credential"),
    text("public_key"),
    whole("count"),
    text("label"),
    whole("created_at"),
    whole("last_used_at", optional=True),
    UniqueConstraint("credential"),
    Index(None, "user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    identity(),
    _of("users", whole("user_id"), cascade=True),
    text("purpose"),
    text("secret_hash"),  # of the token in the link
    whole("created_at"),
    whole("expires_at"),
    UniqueConstraint("secret_hash"),
    UniqueConstraint("user_id", "purpose"),
)

kept_forms = Table(
    "kept_forms",
    metadata,
    identity(),
    text("form"),  # sealed
    whole("expires_at"),
)

contact_methods = Table(
    "contact_methods",
    metadata,
    identity(),
    _of("users", whole("user_id"), cascade=True),
    text("channel"),
    text("address"),
    text("label"),
    whole("verified_at", optional=True),
    text("code_hash", optional=True),
    whole("code_expires_at", optional=True),
    whole("code_attempts"),
    json("context", optional=True),
    UniqueConstraint("user_id", "channel", "address"),
)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    _of("contact_methods", whole("contact_method_id"), cascade=True),
    text("subscription"),  # sealed: where the browser's push service takes messages for it, and its keys
    PrimaryKeyConstraint("contact_method_id"),
)

notification_rules = Table(
    "notification_rules",
    metadata,
    identity(),
    _of("users", whole("user_id"), cascade=True),
    text("importance"),
    whole("position"),
    text("channel", optional=True),
    _of("contact_methods", whole("contact_method_id", optional=True)),
    whole("wait"),
    whole("gather", optional=True),
    UniqueConstraint("user_id", "importance", "position"),
)

teams = Table(
    "teams",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    text("handle"),
    text("description"),
    UniqueConstraint("workspace_id", "handle"),
)

team_members = Table(
    "team_members",
    metadata,
    _of("teams", whole("team_id"), cascade=True),
    _of("users", whole("user_id"), cascade=True),
    text("role"),
    whole("position"),
    PrimaryKeyConstraint("team_id", "user_id"),
    Index("ix_team_members_user_id", "user_id"),
    sqlite_with_rowid=False,
)

# --- what raises alerts, and the ways in and out ------------------------------------------------------

services = Table(
    "services",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    text("slug"),
    text("description"),
    whole("team_id", optional=True),
    UniqueConstraint("workspace_id", "slug"),
)

integrations = Table(
    "integrations",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    _of("services", whole("service_id"), cascade=True),
    text("kind"),
    text("name"),
    text("token_hash"),
    text("token_hint"),
    json("mapping"),
    whole("revoked_at", optional=True),
    text("description", optional=True),
    whole("heartbeat", optional=True),  # how long may pass between two beats
    text("token_sealed", optional=True),  # of those whose address is shown again
    json("message_templates", optional=True),
    UniqueConstraint("token_hash"),
)

destinations = Table(
    "destinations",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    text("channel"),
    text("address_sealed"),
    text("secret_sealed"),
    text("options_sealed"),
    json("subscription", optional=True),
)

_OF_ALERT = sql("alert_id IS NOT NULL")

# What was sent to a destination and what it answered, the newest of it.
exchanges = Table(
    "exchanges",
    metadata,
    identity(),
    whole("workspace_id"),
    _of("destinations", whole("destination_id"), cascade=True),
    whole("alert_id", optional=True),
    whole("at"),
    text("content_sealed"),
    Index("ix_exchanges_destination_id_id", "destination_id", "id"),
    Index("ix_exchanges_alert_id_id", "alert_id", "id", sqlite_where=_OF_ALERT, postgresql_where=_OF_ALERT),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    _of("integrations", identity("integration_id"), cascade=True),
    whole("workspace_id"),
    whole("seen_at"),
    flag("missing"),
)

api_keys = Table(
    "api_keys",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("kind"),
    text("name"),
    _of("users", whole("user_id", optional=True), cascade=True),
    _of("services", whole("service_id", optional=True), cascade=True),
    text("hint"),
    text("secret_hash"),
    text("extra_sealed"),
    json("scopes"),
    whole("created_at"),
    whole("last_used_at", optional=True),
    whole("revoked_at", optional=True),
    json("networks", optional=True),  # where it may be used from; null is anywhere
    UniqueConstraint("secret_hash"),
)

# What a digest's nonce was used for: each count once, whichever node it is shown to.
used_nonces = Table(
    "used_nonces",
    metadata,
    whole("nonce"),
    whole("count"),
    whole("expires_at"),
    PrimaryKeyConstraint("nonce", "count"),
    Index("ix_used_nonces_expires_at", "expires_at"),
    sqlite_with_rowid=False,
)

# How often somebody has tried something lately, such as to sign in; all nodes count here.
tries = Table(
    "tries",
    metadata,
    whole("about"),
    whole("count"),
    whole("ends_at"),
    PrimaryKeyConstraint("about"),
    Index("ix_tries_ends_at", "ends_at"),
    sqlite_with_rowid=False,
)

access_tokens = Table(
    "access_tokens",
    metadata,
    text("token_hash"),
    whole("key_id"),
    whole("expires_at"),
    PrimaryKeyConstraint("token_hash"),
    Index("ix_access_tokens_expires_at", "expires_at"),
    sqlite_with_rowid=False,
)

# --- who is on call, and what is done about an alert --------------------------------------------------

schedules = Table(
    "schedules",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    text("time_zone"),
    json("teams"),
    json("tags"),
    text("shift_zone", optional=True),
)

schedule_layers = Table(
    "schedule_layers",
    metadata,
    identity(),
    _of("schedules", whole("schedule_id"), cascade=True),
    whole("position"),
    text("name"),
    whole("effective_date"),
    whole("end_date", optional=True),
    whole("rotation_start"),
    whole("days"),
    whole("seconds"),
    json("members"),
    json("restrictions"),
    text("time_zone", optional=True),
    Index("ix_schedule_layers_schedule_id", "schedule_id"),
)

schedule_overrides = Table(
    "schedule_overrides",
    metadata,
    identity(),
    _of("schedules", whole("schedule_id"), cascade=True),
    whole("position"),
    whole("user_id"),
    whole("starts_at"),
    whole("ends_at"),
    whole("instead_of", optional=True),
    Index("ix_schedule_overrides_schedule_id", "schedule_id"),
)

recurring_shifts = Table(
    "recurring_shifts",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    whole("team_id", optional=True),
    json("duty"),
)

schedule_shifts = Table(
    "schedule_shifts",
    metadata,
    _of("schedules", whole("schedule_id"), cascade=True),
    _of("recurring_shifts", whole("shift_id"), cascade=True),
    whole("position"),
    PrimaryKeyConstraint("schedule_id", "shift_id"),
    Index("ix_schedule_shifts_shift_id", "shift_id"),
    sqlite_with_rowid=False,
)

schedule_feeds = Table(
    "schedule_feeds",
    metadata,
    identity(),
    _of("schedules", whole("schedule_id"), cascade=True),
    whole("position"),
    text("url_sealed"),
    flag("overrides"),
    Index("ix_schedule_feeds_schedule_id", "schedule_id"),
)

# The last good copy of each feed, and how it goes with it. No part of the configuration but the copy.
feed_copies = Table(
    "feed_copies",
    metadata,
    _of("schedule_feeds", identity("feed_id"), cascade=True),
    whole("due_at"),
    whole("checked_at", optional=True),
    whole("read_at", optional=True),
    text("problem"),
    whole("skipped"),
    text("remark"),
    text("digest"),
    json("calendar", optional=True),
    Index("ix_feed_copies_due_at", "due_at"),
)

shift_swaps = Table(
    "shift_swaps",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    _of("schedules", whole("schedule_id"), cascade=True),
    whole("starts_at"),
    whole("ends_at"),
    whole("beneficiary"),
    whole("benefactor", optional=True),
    text("description"),
    whole("updated_at"),
    Index("ix_shift_swaps_schedule_id", "schedule_id"),
)

escalation_policies = Table(
    "escalation_policies",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    text("description"),
    whole("plan_id"),
    json("teams"),
)

# Never changed and never deleted: pages run the plan that they began with, until somebody starts them over.
escalation_plans = Table(
    "escalation_plans",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("policy_id", optional=True),
    text("name"),
    json("steps"),
)

alert_policies = Table(
    "alert_policies",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    flag("enabled"),
    json("definition"),
)

silences = Table(
    "silences",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    text("comment"),
    text("filter"),
    json("services"),
    whole("starts_at"),
    whole("ends_at", optional=True),
    json("recurring", optional=True),
    whole("created_by", optional=True),
)

date_sets = Table(
    "date_sets",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("name"),
    json("dates"),
    Index("ix_date_sets_workspace_id", "workspace_id"),
)

monitors = Table(
    "monitors",
    metadata,
    identity(),
    _of("workspaces", whole("workspace_id")),
    text("key"),
    text("name"),
    text("description"),
    UniqueConstraint("workspace_id", "key"),
)

# --- the path: event, alert, page, notification -------------------------------------------------------

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
    Index("ix_events_alert_id_id", "alert_id", "id"),
)

_OPEN = sql("status = 'firing' AND dedup_key <> ''")
_KEYLESS = sql("status = 'firing' AND dedup_key = ''")
_WITHDRAWN = sql("status = 'firing' AND routing = 'withdrawn'")

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
    Index(
        "uq_alerts_open",
        "service_id",
        "dedup_key",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index("ix_alerts_workspace_id_status_id", "workspace_id", "status", "id"),
    Index("ix_alerts_workspace_id_service_id_id", "workspace_id", "service_id", "id"),
    # Few alerts are in these: with uq_alerts_open they tell how many of a service fire, without looking.
    Index("ix_alerts_keyless", "service_id", sqlite_where=_KEYLESS, postgresql_where=_KEYLESS),
    Index(
        "ix_alerts_withdrawn",
        "workspace_id",
        "service_id",
        sqlite_where=_WITHDRAWN,
        postgresql_where=_WITHDRAWN,
    ),
)

_GATHERING = sql("gathers_until IS NOT NULL")

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
    Index(
        "uq_pages_gathering",
        "policy_id",
        "rule_id",
        "plan_id",
        "group_key",
        unique=True,
        sqlite_where=_GATHERING,
        postgresql_where=_GATHERING,
    ),
    Index("ix_pages_workspace_id_status_id", "workspace_id", "status", "id"),
)

page_alerts = Table(
    "page_alerts",
    metadata,
    whole("page_id"),
    whole("alert_id"),
    whole("joined_at", optional=True),
    PrimaryKeyConstraint("page_id", "alert_id"),
    Index("ix_page_alerts_alert_id", "alert_id"),
    sqlite_with_rowid=False,
)

# What is bundled into another message is not sent by itself.
_QUEUED = sql("state = 'queued' AND bundled_into IS NULL")
_IN_LANES = sql("state = 'queued' AND bundled_into IS NULL AND workspace_id > 0")
_SENDING = sql("state = 'sending'")
_SENT = sql("sent_at IS NOT NULL")
_BUNDLED = sql("bundled_into IS NOT NULL")
_TO_USER = sql("user_id IS NOT NULL")

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
    Index("ix_notifications_queued", "due", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
    Index(
        "ix_notifications_lanes",
        "workspace_id",
        "address_mark",
        "due",
        "id",
        sqlite_where=_IN_LANES,
        postgresql_where=_IN_LANES,
    ),
    Index("ix_notifications_sending", "leased_until", sqlite_where=_SENDING, postgresql_where=_SENDING),
    Index("ix_notifications_page_id", "page_id"),
    Index("ix_notifications_user_id_id", "user_id", "id", sqlite_where=_TO_USER, postgresql_where=_TO_USER),
    Index("ix_notifications_bundled", "bundled_into", sqlite_where=_BUNDLED, postgresql_where=_BUNDLED),
    Index("ix_notifications_sent", "address_mark", "sent_at", sqlite_where=_SENT, postgresql_where=_SENT),
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
    Index("ix_timers_due_at", "due_at"),
    sqlite_with_rowid=False,
)

# --- what is kept beside the path ---------------------------------------------------------------------

_ALERTS = sql("alert_id IS NOT NULL")
_PAGES = sql("page_id IS NOT NULL")

timeline = Table(
    "timeline",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("alert_id", optional=True),
    whole("page_id", optional=True),
    whole("at"),
    json("entries"),
    Index("ix_timeline_alert_id_id", "alert_id", "id", sqlite_where=_ALERTS, postgresql_where=_ALERTS),
    Index("ix_timeline_page_id_id", "page_id", "id", sqlite_where=_PAGES, postgresql_where=_PAGES),
)

audit_log = Table(
    "audit_log",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("at"),
    whole("user_id", optional=True),
    whole("key_id", optional=True),
    text("by_name"),
    text("how"),
    text("action"),
    text("kind"),
    whole("subject_id", optional=True),
    text("name"),
    json("changes"),
    Index("ix_audit_log_workspace_id_id", "workspace_id", "id"),
)

# What people write down about an alert.
alert_notes = Table(
    "alert_notes",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("alert_id"),
    whole("author_id", optional=True),
    text("author_name"),
    text("text"),
    whole("created_at"),
    Index("ix_alert_notes_alert_id_id", "alert_id", "id"),
    Index("ix_alert_notes_workspace_id_id", "workspace_id", "id"),
)

round_robins = Table("round_robins", metadata, identity("step_id"), whole("turn"))

extras = Table(
    "extras",
    metadata,
    text("dialect"),
    text("kind"),
    whole("subject_id"),
    json("value"),
    PrimaryKeyConstraint("dialect", "kind", "subject_id"),
    Index("ix_extras_kind_subject_id", "kind", "subject_id"),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    whole("workspace_id"),
    text("key"),
    text("request_hash"),
    whole("status"),
    json("headers"),
    text("body"),
    whole("created_at"),
    PrimaryKeyConstraint("workspace_id", "key"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

server_secrets = Table(
    "server_secrets",
    metadata,
    text("name"),
    text("secret"),  # sealed
    whole("created_at"),
    PrimaryKeyConstraint("name"),
)

moves = Table(
    "moves",
    metadata,
    text("direction"),  # away, or here
    whole("at"),
    json("details"),
    PrimaryKeyConstraint("direction"),
)
nodes = Table(
    "nodes",
    metadata,
    text("name"),
    whole("started_at"),
    whole("seen_at"),
    json("details"),
    whole("leased_until", optional=True),
    PrimaryKeyConstraint("name"),
)
