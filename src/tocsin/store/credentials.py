"""API keys, found by the hash of their secret; what a kind needs besides is sealed."""

from datetime import datetime

from sqlalchemy import func, or_, select, update

from tocsin.core.credential import Key
from tocsin.core.errors import NotFound
from tocsin.core.ids import KeyId, ServiceId, UserId, WorkspaceId
from tocsin.core.listing import Listed
from tocsin.core.spelling import native
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import from_json, instant, instant_or_none, micros, micros_or_none, to_json
from tocsin.store.secrets import Vault
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import api_keys
from tocsin.store.transaction import Row, Tx, Value

_INSERT = into(api_keys)
_k = api_keys.c
_BY_HASH = Statement(select(api_keys).where(_k.secret_hash == words("hash")))
_GET = Statement(select(api_keys).where(_k.id == number("id")))
_MINE = _k.workspace_id == number("workspace")
_USERS = _k.user_id == number("user")
_LIST_ALL = select(api_keys).where(_MINE, _k.id > number("after")).order_by(_k.id).limit(number("limit"))
_LIST = Statement(_LIST_ALL)
_LIST_OF_USER = Statement(_LIST_ALL.where(_USERS))
_COUNT_ALL = select(func.count()).select_from(api_keys).where(_MINE)
_COUNT = Statement(_COUNT_ALL)
_COUNT_OF_USER = Statement(_COUNT_ALL.where(_USERS))
_OF_SERVICE = Statement(
    select(api_keys).where(_MINE, _k.service_id == number("service"), _k.revoked_at.is_(None)).order_by(_k.id)
)
_USED = Statement(
    update(api_keys)
    .where(_k.id == number("key"), or_(_k.last_used_at.is_(None), _k.last_used_at < number("at")))
    .values(last_used_at=number("at"))
)
_REVOKE = Statement(
    update(api_keys).where(_k.id == number("key"), _k.revoked_at.is_(None)).values(revoked_at=number("at"))
)


def add(tx: Tx, key: Key, *, secret_hash: str) -> None:
    """Store a new key with the hash by which it is found."""
    tx.run_many(_INSERT, [_row(tx.vault, key, secret_hash)])
    tx.wake("config")


def by_hash(tx: Tx, secret_hash: str) -> Key | None:
    """Find a key, revoked or not, by the hash of its secret."""
    row = tx.one(_BY_HASH, hash=secret_hash)
    return None if row is None else _key(tx.vault, row)


def by_id(tx: Tx, key: KeyId) -> Key | None:
    """Find a key, revoked or not, of whichever workspace."""
    row = tx.one(_GET, id=key)
    return None if row is None else _key(tx.vault, row)


def find(tx: Tx, workspace: WorkspaceId, key: KeyId) -> Key:
    """Read a key of *workspace*; raise NotFound when it has none of that id."""
    row = tx.one(_GET, id=key)
    if row is None or row[1] != workspace:
        raise NotFound("key", native("key", key))
    return _key(tx.vault, row)


def list_(
    tx: Tx, workspace: WorkspaceId, *, user: UserId | None = None, after: int | None = None, limit: int
) -> Listed[Key]:
    """List the keys of *workspace*, or of one *user*, revoked ones too, the oldest first."""
    whose: dict[str, Value] = {"workspace": workspace} | ({} if user is None else {"user": user})
    listing, counting = (_LIST, _COUNT) if user is None else (_LIST_OF_USER, _COUNT_OF_USER)
    rows = tx.rows(listing, **whose, after=after or 0, limit=limit + 1)
    items = tuple(_key(tx.vault, row) for row in rows[:limit])
    following = items[-1].id if len(rows) > limit else None
    return Listed(items=items, next=following, total=tx.scalar(counting, **whose))


def of_service(tx: Tx, workspace: WorkspaceId, service: ServiceId) -> list[Key]:
    """List the keys whose events belong to *service*, but for revoked ones."""
    return [_key(tx.vault, row) for row in tx.rows(_OF_SERVICE, workspace=workspace, service=service)]


def used(tx: Tx, key: KeyId, at: datetime) -> None:
    """Remember when a key was last used."""
    tx.run(_USED, key=key, at=micros(at))


def revoke(tx: Tx, key: KeyId, at: datetime) -> None:
    """Let a key open nothing from *at* on; one that is revoked already stays as it is."""
    tx.run(_REVOKE, key=key, at=micros(at))
    tx.wake("config")


def _place(key: int) -> str:
    return f"api_keys.extra:{key}"


def _row(vault: Vault, key: Key, secret_hash: str) -> Row:
    return (
        key.id,
        key.workspace,
        key.kind,
        key.name,
        key.user,
        key.service,
        key.hint,
        secret_hash,
        vault.seal(to_json(key.extra), _place(key.id)),
        to_json(key.scopes),
        micros(key.created_at),
        micros_or_none(key.last_used_at),
        micros_or_none(key.revoked_at),
        to_json(key.networks) if key.networks else None,
    )


def _key(vault: Vault, row: Row) -> Key:
    return Key(
        id=row[0],
        workspace=row[1],
        kind=row[2],
        name=row[3],
        user=row[4],
        service=row[5],
        hint=row[6],
        extra=from_json(vault.open(row[8], _place(row[0]))),
        scopes=tuple(from_json(row[9])),
        created_at=instant(row[10]),
        last_used_at=instant_or_none(row[11]),
        revoked_at=instant_or_none(row[12]),
        networks=tuple(from_json(row[13])) if row[13] else (),
    )
