"""A receiver of webhooks that is as fast as aiohttp: python receiver.py PORT. GET tells what came so far."""

import sys
import time

from aiohttp import web

_seen: set[str] = set()
_found = {"new": 0, "again": 0, "last_at": 0.0}


async def take(request: web.Request) -> web.Response:
    key = request.headers.get("webhook-id", "")
    await request.read()
    if key in _seen:
        _found["again"] += 1
    else:
        _seen.add(key)
        _found["new"] += 1
        _found["last_at"] = time.monotonic()
    return web.Response()


async def tell(_request: web.Request) -> web.Response:
    return web.json_response(_found)


if __name__ == "__main__":
    app = web.Application()
    app.add_routes([web.post("/", take), web.get("/", tell)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
