"""Silences: made, changed, lifted; whatever they cover is judged anew when that changes."""

from datetime import datetime

from tocsin.core.silence import Silence, changes_at
from tocsin.store import timers
from tocsin.store.transaction import Tx


def time_silence(tx: Tx, silence: Silence, now: datetime) -> None:
    """Have the alerts judged anew when *silence* next begins or stops to be in force."""
    moment = changes_at(silence, now)
    if moment is None:
        timers.cancel(tx, "silence", silence.id)
    else:
        timers.put(tx, "silence", silence.id, silence.workspace, moment)
