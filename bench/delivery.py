"""Webhook deliveries from the outbox, as a ratio to a bare aiohttp client with as many requests in flight.

A real server is given so many alerts at once, in one body, each a page to one webhook: all of them lie in
the outbox when the first goes out, so that taking them in is not measured. Both sides are measured from the
first request that the receiver sees to the last. The receiver and the bare client share a core; the server
has the other one.
"""

import asyncio
import os
import time
from typing import Any

import aiohttp
from aiohttp import web
from harness import HOST, LOAD_CORE, free_port, median, tocsin, verdict
from setting import API, configure

MESSAGES = 1_000  # as many as one body may hold
IN_FLIGHT = 25  # what the wire allows to one host
ROUNDS = 9


class Counter:
    def __init__(self) -> None:
        self.times: list[float] = []
        self.port = free_port()

    async def take(self, request: web.Request) -> web.Response:
        await request.read()
        self.times.append(time.perf_counter())
        return web.Response()

    async def rate(self, count: int) -> float:
        """Wait for *count* requests and return how many came a second."""
        for _ in range(6_000):
            if len(self.times) >= count:
                break
            await asyncio.sleep(0.01)
        assert len(self.times) >= count, f"only {len(self.times)} of {count} arrived"
        return (count - 1) / (self.times[-1] - self.times[0])


async def bare(counter: Counter, body: bytes) -> float:
    counter.times.clear()
    left = iter(range(MESSAGES))
    headers = {"content-type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as client:

        async def worker() -> None:
            for _ in left:
                async with client.post(
                    f"http://{HOST}:{counter.port}/", data=body, headers=headers
                ) as answer:
                    await answer.read()

        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return await counter.rate(MESSAGES)


async def ours(counter: Counter, server: Any, turn: int) -> float:
    counter.times.clear()
    headers = {"authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession() as client:
        events = [{"dedup_key": f"{turn}-{number}", "title": "t"} for number in range(MESSAGES)]
        url = f"{server.url}{API}/events"
        async with client.post(url, json={"events": events}, headers=headers) as answer:
            assert answer.status == 202, await answer.text()
    return await counter.rate(MESSAGES)


async def measure() -> list[float]:
    counter = Counter()
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/", counter.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, counter.port).start()
    ratios = []
    try:
        with tocsin() as server:
            configure(server, webhook=f"http://{HOST}:{counter.port}/", gather=False)
            for turn in range(ROUNDS):
                floor = await bare(counter, b"x" * 1_200)
                rate = await ours(counter, server, turn)
                print(f"  {rate:,.0f}/s from the outbox, {floor:,.0f}/s bare", flush=True)
                ratios.append(rate / floor)
    finally:
        await runner.cleanup()
    return ratios


def main() -> list[dict[str, Any]]:
    print("webhook delivery:", flush=True)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    try:
        ratio = median(asyncio.run(measure()))
    finally:
        os.sched_setaffinity(0, cores)
    return [verdict("outbox / bare aiohttp client", ratio, 0.5, at_least=True)]


if __name__ == "__main__":
    main()
