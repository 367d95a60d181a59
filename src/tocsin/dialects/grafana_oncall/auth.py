"""Who asks: the token alone in the Authorization header, or behind "Bearer"; and how often they may.

A key without a user is a service account. Nobody at all, a wrong token, and a service account where the
vendor wants a person are refused alike, before anything else is looked at.
"""

from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request

from tocsin.actions import tokens
from tocsin.actions.actor import Actor
from tocsin.actions.key_kinds import KeyKind
from tocsin.actions.tokens import Holder
from tocsin.core.errors import Unauthorized
from tocsin.dialects.grafana_oncall.errors import refused
from tocsin.httpkit.auth_token import TOKEN_LENGTH_MAX, Headers
from tocsin.httpkit.limits import SlidingWindow
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Uses
from tocsin.world import Tx, World

INACTIVE: Final = "Only active users are allowed to perform this action."
FOR_PEOPLE: Final = frozenset(
    {"personal_notification_rules", "info", "escalation", "make_call", "send_sms", "actions"}
)
MINUTE: Final = timedelta(minutes=1)
PER_MINUTE: Final = 300
_TAKE_JSON: Final = frozenset({b"*/*", b"application/json"})
_OWN_RATES: Final = {"make_call": ("phone", 60), "send_sms": ("phone", 60), "info": ("info", 100)}


class Holders(Remembered[Holder]):
    """The tokens that open this door; without *limits*, their holders may ask as often as they like."""

    def __init__(self, world: World, *, limits: bool) -> None:
        super().__init__(world, _find)
        self.uses = Uses(world)
        rates = {"": PER_MINUTE} | dict(_OWN_RATES.values())
        self._limits = limits
        self._windows = {name: SlidingWindow(most, MINUTE) for name, most in rates.items()}

    async def authenticate(self, request: Request) -> Actor:
        """Say who sent *request*."""
        holder = await self.opened_by(_token(request))
        resource = _resource(request)
        if holder is None or (holder.actor.user is None and resource in FOR_PEOPLE):
            raise Unauthorized
        if not holder.active:
            raise refused(INACTIVE, 403)
        actor = holder.actor
        if self._limits:
            scope, _ = _OWN_RATES.get(resource, ("", PER_MINUTE))
            self._windows[scope].take((actor.workspace, actor.user or actor.key), self._world.now())
        return actor

    def recognise(self, headers: Headers) -> Actor | None:
        """Say who sends *headers*, if their token is remembered, it is a person's, and nothing is counted."""
        token = b""
        for name, value in headers:
            if name == b"authorization":
                token = value.strip()
            elif name == b"accept" and value not in _TAKE_JSON:
                return None
        if self._limits or not token:
            return None
        scheme, _, rest = token.partition(b" ")
        holder = self.known_to_open(rest.strip() if scheme.lower() == b"bearer" else token)
        return holder.actor if holder is not None and holder.active and holder.actor.user else None

    def read_anew(self, found: Holder, now: datetime) -> None:
        """Note now and then that a token is used."""
        self.uses.note(found.actor.key, now)


def claims(request: Request) -> bool:
    """Tell whether *request* may come from a client of this API: it shows a token, and no key of another."""
    names = request.headers.keys()
    return "authorization" in names and not any(name.endswith("-api-key") for name in names)


def _find(tx: Tx, hashed: str) -> Holder | None:
    return tokens.holder_of(tx, hashed, KeyKind.GRAFANA_ONCALL)


def _token(request: Request) -> bytes:
    header = request.headers.get("authorization", "").strip().encode("latin-1")
    scheme, _, rest = header.partition(b" ")
    token = rest.strip() if scheme.lower() == b"bearer" else header
    if not token or len(token) > TOKEN_LENGTH_MAX:
        raise Unauthorized
    return token


def _resource(request: Request) -> str:
    """Name the resource that is asked for: the third part of the path."""
    parts = [part for part in request.scope["path"].split("/") if part]
    return parts[2] if len(parts) > 2 else ""  # api, v1, and it
