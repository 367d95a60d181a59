"""Who asks: a bearer token; and how often: so many requests an hour, and so many in a burst.

Every answer says how many are left of the hour's.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tocsin.actions import tokens
from tocsin.actions.actor import Actor
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.errors import Unauthorized
from tocsin.httpkit.auth_token import bearer_token
from tocsin.httpkit.limits import SlidingWindow, Taken
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Uses
from tocsin.world import Tx, World

PER_HOUR: Final = 5_000
PER_MINUTE: Final = 250
_CALLER: Final = "tocsin.digitalocean.caller"


class Bearers(Remembered[Actor]):
    """The tokens that open this door; without *limits*, their holders may ask as often as they like."""

    def __init__(self, world: World, *, limits: bool) -> None:
        super().__init__(world, _find)
        self.uses = Uses(world)
        self._limits = limits
        self._now = world.now
        self._hour = SlidingWindow(PER_HOUR, timedelta(hours=1))
        self._burst = SlidingWindow(PER_MINUTE, timedelta(minutes=1))

    async def authenticate(self, request: Request) -> Actor:
        """Say who sent *request*."""
        token = bearer_token(request.headers.get("authorization", "").encode("latin-1"))
        actor = await self.opened_by(token)
        if actor is None:
            raise Unauthorized("the token is wrong, or it was revoked")
        caller = (actor.workspace, actor.key)
        request.scope[_CALLER] = caller
        now = self._now()
        if self._limits:
            self._burst.take(caller, now)
            self._hour.take(caller, now)
        return actor

    def read_anew(self, found: Actor, now: datetime) -> None:
        """Note now and then that a token is used."""
        self.uses.note(found.key, now)

    def finish(self, request: Request, response: Response) -> Response:
        """Say on *response* how many requests are left, and when there will be more."""
        state = self._state(request)
        throttled = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        remaining = 0 if throttled else state.remaining
        response.headers["ratelimit-limit"] = str(state.most)
        response.headers["ratelimit-remaining"] = str(remaining)
        response.headers["ratelimit-reset"] = str(int(state.resets_at.timestamp()))
        return response

    def _state(self, request: Request) -> Taken:
        caller = request.scope.get(_CALLER)
        if caller is None:  # a stranger: nothing of anybody's is counted
            now = self._now()
            return Taken(most=PER_HOUR, remaining=PER_HOUR, resets_at=now + timedelta(hours=1))
        return self._hour.state(caller, self._now())


def _find(tx: Tx, hashed: str) -> Actor | None:
    holder = tokens.holder_of(tx, hashed, KeyKind.DIGITALOCEAN)
    return holder.actor if holder is not None and holder.active else None
