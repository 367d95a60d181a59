"""Who asks: an answer to a digest's challenge, or an access token that was got for a client's secret."""

from datetime import datetime, timedelta

from starlette.requests import Request

from tocsin.actions import digest_keys
from tocsin.actions.actor import Actor
from tocsin.actions.digest_keys import Access
from tocsin.core.errors import Unauthorized
from tocsin.httpkit.auth_digest import Challenged, Digests, is_digest
from tocsin.httpkit.auth_token import bearer_token
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Uses
from tocsin.world import World


class Credentials:
    """What opens this door."""

    def __init__(self, world: World, *, nonce_lasts: timedelta) -> None:
        self.digests = Digests(world, nonce_lasts=nonce_lasts)
        self.tokens = AccessTokens(world)

    async def known(self, request: Request) -> Actor:
        """Say who sent *request*; raise Challenged when that is not known."""
        given = [bytes(value) for name, value in request.scope["headers"] if name == b"authorization"]
        if len(given) != 1:
            raise Challenged
        if is_digest(given[0]):
            return await self.digests.answered_by(request, given[0])
        try:
            return await self.tokens.opened_now(bearer_token(given[0]))
        except Unauthorized:
            raise Challenged from None


class AccessTokens(Remembered[Access]):
    """Access tokens, each for an hour."""

    def __init__(self, world: World) -> None:
        super().__init__(world, digest_keys.of_access_token)
        self.uses = Uses(world)

    async def opened_now(self, token: bytes) -> Actor:
        """Say who acts with *token*; raise Unauthorized when it opens nothing, or no more."""
        found = await self.opened_by(token)
        if found is None or found.until <= self._world.now():
            raise Unauthorized
        return found.actor

    def read_anew(self, found: Access, now: datetime) -> None:
        """Note now and then that the key is used."""
        self.uses.note(found.actor.key, now)
