"""A front door: the routes of one API, and that API's own ways of knowing, refusing and finishing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from tocsin.actions.actor import Actor
from tocsin.httpkit.auth_digest import NONCE_LASTS
from tocsin.httpkit.auth_token import Headers, Tokens
from tocsin.httpkit.errors import Dress
from tocsin.httpkit.intake import Intake, Read
from tocsin.httpkit.limits import Gate, MinuteCounts, Rates
from tocsin.httpkit.metrics import Metrics
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route
from tocsin.settings import Settings
from tocsin.world import World

COMMENT_MAX = 200

Authenticate = Callable[[Request], Awaitable[Actor]]
Recognise = Callable[[Headers], Actor | None]


def _as_it_is(_request: Request, response: Response) -> Response:
    return response


def _nobody(_headers: Headers) -> None:
    return None


def _nobody_s(_request: Request) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One API.

    *authenticate* says who sent a request, or raises Unauthorized or Forbidden. *recognise* says the same by
    the headers where that is remembered and nothing needs to be asked or counted; without it no answer is
    repeated. *dress* turns an error into
    an answer (see ``httpkit.errors``), and *finish* has the last word on every answer, errors included.

    A path below one of *prefixes* that leads nowhere is this door's to refuse. Where two doors share a
    prefix, the first that *claims* the request, by its credential say, refuses it. *guarded* doors do so
    only to callers whom they know. *any_media* bodies need not say that they are JSON. *options* are
    answered with the methods that a path has, unless the API refuses that method like any other. A door may
    have a *shortcut* for what it is asked most: it gives what answers a request, or None.
    """

    name: str
    prefixes: tuple[str, ...]
    routes: tuple[Route, ...]
    authenticate: Authenticate
    dress: Dress
    recognise: Recognise = _nobody
    finish: Callable[[Request, Response], Response] = _as_it_is
    claims: Callable[[Request], bool] = _nobody_s
    slashes: Slashes = Slashes.EXACT
    guarded: bool = True
    any_media: bool = False
    options: bool = True
    shortcut: Callable[[Scope], ASGIApp | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What every door of one process shares.

    *public_url* is where callers reach this server. *vendor_limits* tells whether the rates that vendors set
    for their APIs hold in their dialects, too. *service_rates* count what is asked about a service, where an
    API has it so; *nonce_lasts* and *comment_max* are for APIs with digests and with bounded comments.
    """

    world: World
    tokens: Tokens
    gate: Gate
    rates: Rates
    metrics: Metrics
    intake: Intake
    body_limit: int
    public_url: str = ""
    vendor_limits: bool = True
    telephone: bool = True
    mail: bool = True
    service_rates: MinuteCounts = field(default_factory=lambda: MinuteCounts(0))
    nonce_lasts: timedelta = NONCE_LASTS
    comment_max: int = COMMENT_MAX

    @classmethod
    def of(cls, world: World, settings: Settings, *, read_events: Read) -> "Kit":
        """Put the kit together as *settings* say; *read_events* reads Tocsin's own format of events."""
        gate = Gate(settings.requests_max)
        metrics, intake = Metrics(gate), Intake(world, read_events)
        metrics.tally("tocsin_events_taken", "Events that are on disk", lambda: intake.taken)
        return cls(
            world=world,
            tokens=Tokens(world),
            gate=gate,
            rates=Rates(per_s=settings.rate_limit, burst=settings.rate_limit_burst or None),
            metrics=metrics,
            intake=intake,
            body_limit=settings.body_limit,
            public_url=settings.public_url,
            vendor_limits=settings.vendor_limits == "on",
            telephone=bool(settings.twilio_account_sid),
            mail=bool(settings.smtp_url),
            service_rates=MinuteCounts(settings.service_rate_limit),
            nonce_lasts=timedelta(seconds=settings.digest_nonce_s),
            comment_max=settings.comment_max,
        )
