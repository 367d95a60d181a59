"""What a browser carries from one step of signing in to the next: sealed, for some minutes, and used once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tocsin.actions import tickets
from tocsin.world import World

LASTS: Final = timedelta(minutes=10)


class Tickets:
    """Gives tickets for one *purpose*, each in a cookie of that name, and takes them back."""

    def __init__(self, world: World, purpose: str, *, https: bool) -> None:
        self._world = world
        self._https = https
        self._purpose = purpose
        self._cookie = f"tocsin_{purpose}"

    def give(self, response: Response, values: Mapping[str, str], now: datetime) -> Response:
        """Let the browser carry *values*."""
        sealed = tickets.seal(self._world.database.vault, self._purpose, values, until=now + LASTS)
        response.set_cookie(
            self._cookie,
            sealed,
            max_age=int(LASTS.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=self._https,
        )
        return response

    async def take(self, request: Request, now: datetime) -> Mapping[str, str] | None:
        """Give what the browser carries, once; None when it carries nothing that is still good."""
        sealed = request.cookies.get(self._cookie, "")
        values = tickets.opened(self._world.database.vault, self._purpose, sealed, now=now)
        if values is None:
            return None
        first = await self._world.database.write(
            lambda tx: tickets.first_use(tx, sealed, lasts=LASTS, now=now)
        )
        return values if first else None

    def forget(self, response: Response) -> Response:
        """Let the browser carry nothing any more."""
        response.delete_cookie(self._cookie, httponly=True, samesite="lax", secure=self._https)
        return response
