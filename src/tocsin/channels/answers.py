"""What an HTTP answer means for a message: taken, not now, or never, and how long to wait."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from tocsin.channels.base import HttpResponse
from tocsin.core.receipt import Outcome, Receipt

SECRET_LENGTH_MIN = 6  # anything shorter is in every text by chance
RETRY_AFTER_MAX = timedelta(minutes=10)  # a page cannot wait longer than that on anybody's word

# The other side did not read the request, or asks for it again: too slow, too early, too many.
_AGAIN = frozenset({408, 425, 429})


def receipt_of(response: HttpResponse, *, whose: str, now: datetime, secrets: Iterable[str] = ()) -> Receipt:
    """Read *response* of the server that people know as *whose*; keep *secrets* out of what it says.

    2xx is delivered. 408, 425, 429 and 5xx are to be tried again, after what ``Retry-After`` says. All
    else was understood and refused, and would be again: never, so that the next rung of the ladder is
    taken at once. That holds for redirects too, which are not followed: the address is to be corrected.
    """
    status = response.status
    if 200 <= status < 300:
        return Receipt(outcome=Outcome.DELIVERED)
    error = f"{whose} answered {status} {_without(response.excerpt(), secrets)}".strip()
    if status in _AGAIN or status >= 500:
        wait = retry_after(response.headers.get("retry-after", ""), now)
        return Receipt(outcome=Outcome.TRY_AGAIN, error=error, retry_after=wait)
    if 300 <= status < 400:
        error = f"{whose} answered {status}, a redirect, which is not followed; correct the address"
    return Receipt(outcome=Outcome.NEVER, error=error)


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if len(secret) >= SECRET_LENGTH_MIN:
            text = text.replace(secret, "(secret)")
    return text


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a ``Retry-After`` header, seconds or a date (RFC 9110, 10.2.3), of at most RETRY_AFTER_MAX."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return timedelta(seconds=min(int(value[:9]), RETRY_AFTER_MAX.total_seconds()))
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    wait = at - now if at.tzinfo else None
    return None if wait is None else max(timedelta(0), min(wait, RETRY_AFTER_MAX))
