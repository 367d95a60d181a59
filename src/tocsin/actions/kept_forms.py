"""Forms that are kept while somebody whose session had ended signs in at a provider.

They come from people whom nobody knows yet: so there is a bound to how many are kept, and to how long.
"""

import json
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.errors import Overloaded
from tocsin.core.ids import KeptFormId
from tocsin.store import kept_forms
from tocsin.store.transaction import Tx

LASTS: Final = timedelta(minutes=10)
KEPT_MAX: Final = 500


def keep(tx: Tx, path: str, typed: str, *, now: datetime) -> KeptFormId:
    """Keep what was *typed* into a form for *path*; raise Overloaded when too much is kept already."""
    kept_forms.forget(tx, now=now)
    if kept_forms.count(tx) >= KEPT_MAX:
        raise Overloaded("too many people sign in at once", int(LASTS.total_seconds()))
    made = KeptFormId(tx.new_id())
    kept_forms.add(tx, made, json.dumps([path, typed]), expires_at=now + LASTS)
    return made


def take(tx: Tx, form: KeptFormId, *, now: datetime) -> tuple[str, str] | None:
    """Give the path and the typing of a form, once; None when it was taken, or too long ago."""
    found = kept_forms.take(tx, form, now=now)
    if found is None:
        return None
    path, typed = json.loads(found)
    return str(path), str(typed)
