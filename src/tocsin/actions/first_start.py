"""The first start of a server whose database is empty: a code from its log lets one person set it up.

Whoever can read the log runs the server. The code is the same on every node, good for CODE_LIFETIME, and gone
as soon as there is a workspace.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from tocsin.actions import workspace as workspaces_
from tocsin.actions.workspace import Beginning
from tocsin.core.errors import Invalid
from tocsin.core.spelling import CROCKFORD
from tocsin.store import server_secrets, workspaces
from tocsin.store.transaction import Tx

NAME: Final = "setup code"
CODE_LENGTH: Final = 10  # 50 bits: at the rate at which codes may be tried, for longer than anybody waits
CODE_LIFETIME: Final = timedelta(hours=1)

Entropy = Callable[[int], bytes]


def is_needed(tx: Tx) -> bool:
    """Tell whether nobody has set this server up yet."""
    return workspaces.count(tx) == 0


def is_offered(tx: Tx, *, now: datetime) -> bool:
    """Tell whether there is a code that is good at *now*."""
    return _known(tx, now) is not None


def code(tx: Tx, *, entropy: Entropy, now: datetime) -> str | None:
    """Give the code that sets this server up, a new one when the last is too old; None when that is done."""
    if not is_needed(tx):
        server_secrets.drop(tx, NAME)
        return None
    known = _known(tx, now)
    if known is None:
        known = "".join(CROCKFORD[byte % len(CROCKFORD)] for byte in entropy(CODE_LENGTH))
        server_secrets.put(tx, NAME, json.dumps([known, (now + CODE_LIFETIME).timestamp()]), now=now)
    return f"{known[:5]}-{known[5:]}"


def begin(
    tx: Tx,
    given: str,
    *,
    email: str,
    name: str,
    password_hash: str,
    workspace_name: str,
    service_name: str,
    entropy: Entropy,
    now: datetime,
) -> Beginning:
    """Set the server up by the code in its log; raise Invalid for another one, Conflict when it is done."""
    workspaces.lock_all(tx)
    known = _known(tx, now)
    if is_needed(tx) and (known is None or not compare_digest(known.encode(), _plain(given).encode())):
        raise Invalid("code", "is not the one in the server's log", "must be; it is good for an hour")
    made = workspaces_.init(
        tx,
        email=email,
        name=name,
        workspace_name=workspace_name,
        service_name=service_name,
        password_hash=password_hash,
        entropy=entropy,
        now=now,
    )
    server_secrets.drop(tx, NAME)
    return made


def _known(tx: Tx, now: datetime) -> str | None:
    kept = server_secrets.find(tx, NAME)
    if kept is None:
        return None
    known, until = json.loads(kept)
    return str(known) if until > now.timestamp() else None


def _plain(given: str) -> str:
    """Read a code as people type it: in capitals, with a dash or without."""
    return given.replace("-", "").replace(" ", "").casefold()
