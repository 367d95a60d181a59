"""What whoever watches over Tocsin asks: does it answer, can it do its work, what does it count."""

import asyncio
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from tocsin import __version__
from tocsin.actions import nodes
from tocsin.actions.actor import Actor
from tocsin.core.errors import TocsinError, Unauthorized
from tocsin.httpkit.auth_token import bearer_token
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import problem
from tocsin.httpkit.requests import Call
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Answer, Routes
from tocsin.world import World

READY_WITHIN_S = 2.0
LOOK_EVERY = timedelta(seconds=1)
_log = structlog.get_logger(__name__)


class Part(Protocol):
    """Something that runs beside the requests, begun and ended with the server."""

    name: str

    @property
    def problem(self) -> str:
        """What to say of it when it does not."""

    async def start(self) -> None:
        """Begin, on the running event loop."""

    async def stop(self) -> None:
        """Finish what is under way, and end."""

    def turning(self, now: datetime) -> bool:
        """Tell whether it still does its work."""


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the server is: *problems* says of what is not right what is wrong with it."""

    status: str
    problems: dict[str, str] = {}


class Readiness:
    """Whether this node can do its work. The database is tried by a write, once a second at most."""

    def __init__(
        self, world: World, node: str, parts: Sequence[Part], *, within_s: float = READY_WITHIN_S
    ) -> None:
        self._world = world
        self._node = node
        self._parts = parts
        self._within_s = within_s
        self._started_at = world.now()
        self._looked_at: datetime | None = None
        self._found: dict[str, str] = {}

    async def look(self) -> dict[str, str]:
        """Say of whatever is not right what is wrong with it."""
        now = self._world.now()
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < LOOK_EVERY:
            self._looked_at = now
            self._found = await self._look(now)
        return self._found

    async def _look(self, now: datetime) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(self._within_s):
                await self._world.database.write(
                    lambda tx: nodes.seen(
                        tx, self._node, started_at=self._started_at, version=__version__, now=now
                    )
                )
        except TimeoutError:
            found["database"] = f"took no write within {self._within_s:g} s"
        except TocsinError as error:
            found["database"] = str(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the answer is no
            _log.error("the database cannot be written", exc_info=error)
            found["database"] = "cannot be written; the log says why"
        for part in self._parts:
            if not part.turning(now):
                found[part.name] = part.problem
        return found


def health_door(kit: Kit, readiness: Readiness, *, metrics_token: str) -> Door:
    """Make the door at which ``/healthz``, ``/readyz`` and ``/metrics`` are."""
    routes = Routes(tag="Health")

    @routes.get("/healthz", permission=None, summary="Tell whether the process answers")
    async def read_liveness(call: Call) -> Health:  # noqa: ARG001  # every handler takes it
        return Health("ok")

    @routes.get("/readyz", permission=None, summary="Tell whether this node can do its work")
    async def read_readiness(call: Call) -> Answer[Health]:  # noqa: ARG001  # every handler takes it
        found = await readiness.look()
        if found:
            return Answer(value=Health("not ready", found), status=503, headers={"retry-after": "5"})
        return Answer(value=Health("ready"))

    @routes.get("/metrics", permission=None, summary="Read the metrics, in Prometheus' format")
    async def read_metrics(call: Call) -> Response:
        headers = call.request.headers
        if metrics_token:
            token = bearer_token(headers.get("authorization", "").encode("latin-1"))
            if not hmac.compare_digest(token, metrics_token.encode()):
                raise Unauthorized
        text, content_type = kit.metrics.text(headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    return Door(
        name="health",
        prefixes=("/healthz", "/readyz", "/metrics"),
        routes=tuple(routes),
        authenticate=_nobody,
        dress=problem,
        slashes=Slashes.IGNORE,
        guarded=False,
    )


async def _nobody(_request: Request) -> Actor:
    raise Unauthorized
