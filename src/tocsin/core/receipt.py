"""What became of one attempt to send a notification, in the words of whoever took it or refused it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.core.evolve import quickly_made


class Outcome(StrEnum):
    """What to make of an attempt: three ways to be done with it, two to go on."""

    DELIVERED = "delivered"  # the other side says that it arrived
    SENT = "sent"  # a provider took it and will see to the rest
    TRY_AGAIN = "try_again"  # the same provider may well take it later
    NEXT_PROVIDER = "next_provider"  # this provider will not take it; another may
    NEVER = "never"  # nobody will take it as it stands


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request that was made for a message, and what was answered; *status* is None when nothing was.

    *trigger* is what a condition came to, if there was one, and *told* what the templates had to go by, as
    JSON. Nothing in it is a credential.
    """

    trigger: str = ""
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    status: int | None = None
    content: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The outcome of one attempt.

    *provider_id* is the provider's own name for the message. *error* says what went wrong, for people to
    read, and never contains a secret. *retry_after* is how long the other side asked us to wait. *exchange*
    is kept where the other side is a program that somebody may have to debug. *gone* says that the address
    will never take anything again.
    """

    outcome: Outcome
    provider_id: str = ""
    error: str = ""
    retry_after: timedelta | None = None
    exchange: Exchange | None = None
    gone: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the message has left our hands."""
        return self.outcome in (Outcome.DELIVERED, Outcome.SENT)
