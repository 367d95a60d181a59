"""Who may come in: signing in, keys, and how often somebody has tried."""

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from tocsin.store.columns import identity, json, text, whole
from tocsin.store.tables.base import index, metadata, refers_to

sessions = Table(
    "sessions",
    metadata,
    identity(),
    refers_to("users", whole("user_id"), cascade=True),
    text("secret_hash"),  # of the token in the cookie
    text("browser"),
    whole("created_at"),
    whole("last_seen_at"),
    whole("expires_at"),
    UniqueConstraint("secret_hash"),
    index("user_id"),
)

identities = Table(
    "identities",
    metadata,
    identity(),
    refers_to("users", whole("user_id"), cascade=True),
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
    refers_to("users", whole("user_id"), cascade=True),
    text("credential"),
    text("public_key"),
    whole("count"),
    text("label"),
    whole("created_at"),
    whole("last_used_at", optional=True),
    UniqueConstraint("credential"),
    index("user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    identity(),
    refers_to("users", whole("user_id"), cascade=True),
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

api_keys = Table(
    "api_keys",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("kind"),
    text("name"),
    refers_to("users", whole("user_id", optional=True), cascade=True),
    refers_to("services", whole("service_id", optional=True), cascade=True),
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

access_tokens = Table(
    "access_tokens",
    metadata,
    text("token_hash"),
    whole("key_id"),
    whole("expires_at"),
    PrimaryKeyConstraint("token_hash"),
    index("expires_at"),
    sqlite_with_rowid=False,
)

# What a digest's nonce was used for: each count once, whichever node it is shown to.
used_nonces = Table(
    "used_nonces",
    metadata,
    whole("nonce"),
    whole("count"),
    whole("expires_at"),
    PrimaryKeyConstraint("nonce", "count"),
    index("expires_at"),
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
    index("ends_at"),
    sqlite_with_rowid=False,
)
