"""From an event's sending to its page's first byte at a webhook receiver, durable on the way.

At 5 and at 500 events a second, beside a bare aiohttp client that calls the same receiver at the same rate.
"""

import asyncio
import time
from typing import Any

import aiohttp
from aiohttp import web
from harness import HOST, Served, free_port, quantile, tocsin, verdict
from setting import API, configure

P50_MS, P99_MS = 8.0, 40.0


class Receiver:
    """Notes when a request for each key began to arrive."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.port = free_port()

    async def take(self, request: web.Request) -> web.Response:
        at = time.perf_counter()
        body = await request.json()
        key = body.get("key") or body["data"]["alerts"][0]["title"]
        self.arrived.setdefault(key, at)
        return web.Response()

    async def start(self) -> web.AppRunner:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/", self.take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, self.port).start()
        return runner


async def paced(count: int, per_s: float, send: Any) -> dict[str, float]:
    """Call *send* with a new key so many times a second, and note when each began."""
    began: dict[str, float] = {}
    start = time.perf_counter()
    tasks = []
    for number in range(count):
        delay = start + number / per_s - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        key = f"{per_s}-{number}-{start}"
        began[key] = time.perf_counter()
        tasks.append(asyncio.create_task(send(key)))
    await asyncio.gather(*tasks)
    return began


async def one_rate(
    server: Served, receiver: Receiver, per_s: float, seconds: float
) -> tuple[list[float], list[float]]:
    headers = {"authorization": f"Bearer {server.token}"}
    count = int(per_s * seconds)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as client:

        async def event(key: str) -> None:
            body = {"dedup_key": key, "title": key, "severity": "critical"}
            async with client.post(f"{server.url}{API}/events", json=body, headers=headers) as answer:
                assert answer.status == 202, await answer.text()

        async def bare(key: str) -> None:
            async with client.post(f"http://{HOST}:{receiver.port}/", json={"key": key}) as answer:
                assert answer.status == 200

        times = []
        for send in (event, bare):
            began = await paced(count, per_s, send)
            for _ in range(500):
                if began.keys() <= receiver.arrived.keys():
                    break
                await asyncio.sleep(0.02)
            times.append([(receiver.arrived[key] - at) * 1000 for key, at in began.items()])
    return times[0], times[1]


async def measure() -> list[dict[str, Any]]:
    receiver = Receiver()
    runner = await receiver.start()
    found = []
    try:
        with tocsin() as server:
            configure(server, webhook=f"http://{HOST}:{receiver.port}/", gather=False)
            await one_rate(server, receiver, 50, 2)
            for per_s, seconds in ((5, 20), (500, 10)):
                ours, bare = await one_rate(server, receiver, per_s, seconds)
                print(
                    f"  {per_s}/s: event to webhook p50 {quantile(ours, 0.5):.1f} "
                    f"p99 {quantile(ours, 0.99):.1f} ms; "
                    f"bare aiohttp p50 {quantile(bare, 0.5):.1f} p99 {quantile(bare, 0.99):.1f} ms",
                    flush=True,
                )
                found += [
                    verdict(f"p50 at {per_s}/s", quantile(ours, 0.5), P50_MS, at_least=False, unit=" ms"),
                    verdict(f"p99 at {per_s}/s", quantile(ours, 0.99), P99_MS, at_least=False, unit=" ms"),
                ]
    finally:
        await runner.cleanup()
    return found


def main() -> list[dict[str, Any]]:
    print("event to webhook:", flush=True)
    return asyncio.run(measure())


if __name__ == "__main__":
    main()
