"""One user asked by one page, going through their own notification rules."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.core.ids import UserId
from tocsin.core.people import Importance


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Somebody being asked. *position* is that of the last rung taken, -1 before the first.

    *due* is when the next rung is to be taken, None when the ladder is at its end or the page rests.
    *via* names channels that replace the user's rules. *asked_at* is when they were asked last, *told_at* when
    a message last went out to them since then. *why* says how they came to be asked, for their messages.
    """

    user: UserId
    importance: Importance
    asked_at: datetime
    why: str = ""
    via: tuple[str, ...] = ()
    position: int = -1
    told_at: datetime | None = None
    due: datetime | None
