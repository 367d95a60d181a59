"""Who is on call: schedules, and all that can put a name into one."""

from sqlalchemy import PrimaryKeyConstraint, Table

from tocsin.store.columns import flag, identity, json, text, whole
from tocsin.store.tables.base import index, metadata, refers_to

schedules = Table(
    "schedules",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
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
    refers_to("schedules", whole("schedule_id"), cascade=True),
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
    index("schedule_id"),
)

schedule_overrides = Table(
    "schedule_overrides",
    metadata,
    identity(),
    refers_to("schedules", whole("schedule_id"), cascade=True),
    whole("position"),
    whole("user_id"),
    whole("starts_at"),
    whole("ends_at"),
    whole("instead_of", optional=True),
    index("schedule_id"),
)

recurring_shifts = Table(
    "recurring_shifts",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    whole("team_id", optional=True),
    json("duty"),
)

schedule_shifts = Table(
    "schedule_shifts",
    metadata,
    refers_to("schedules", whole("schedule_id"), cascade=True),
    refers_to("recurring_shifts", whole("shift_id"), cascade=True),
    whole("position"),
    PrimaryKeyConstraint("schedule_id", "shift_id"),
    index("shift_id"),
    sqlite_with_rowid=False,
)

schedule_feeds = Table(
    "schedule_feeds",
    metadata,
    identity(),
    refers_to("schedules", whole("schedule_id"), cascade=True),
    whole("position"),
    text("url_sealed"),
    flag("overrides"),
    index("schedule_id"),
)

# The last good copy of each feed, and how it goes with it. No part of the configuration but the copy.
feed_copies = Table(
    "feed_copies",
    metadata,
    refers_to("schedule_feeds", identity("feed_id"), cascade=True),
    whole("due_at"),
    whole("checked_at", optional=True),
    whole("read_at", optional=True),
    text("problem"),
    whole("skipped"),
    text("remark"),
    text("digest"),
    json("calendar", optional=True),
    index("due_at"),
)

shift_swaps = Table(
    "shift_swaps",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    refers_to("schedules", whole("schedule_id"), cascade=True),
    whole("starts_at"),
    whole("ends_at"),
    whole("beneficiary"),
    whole("benefactor", optional=True),
    text("description"),
    whole("updated_at"),
    index("schedule_id"),
)
