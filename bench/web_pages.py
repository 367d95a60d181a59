"""The first page with 10,000 open alerts and 200 schedules, and how soon 500 open pages see an event.

The page is read as a browser reads it, signed in and compressed, and at last by Chromium (see `browsing`). A
change is timed from the moment in which its event is sent, so before its commit, to the moment in which the
last of the open pages has the new list.
"""

import asyncio
import gzip
import json
import time
from base64 import b64decode
from functools import lru_cache
from typing import Any

import aiohttp
from browsing import browse
from harness import median, tocsin, verdict
from setting import API, configure

ALERTS = 10_000
AT_ONCE = 1_000
SCHEDULES = 200
LOOKS = 40
PAGES = 500
CHANGES = 7
CALM_S = 1.5  # between changes, so that each is told by itself
PATIENCE_S = 120
SEVERITIES = ("critical", "error", "warning", "nodata", "info")
BROWSER = {"accept-encoding": "gzip", "accept": "text/html"}


def fill(server: Any) -> None:
    configure(server, gather=False)
    for number in range(SCHEDULES):
        layer = {
            "name": "Days",
            "effective_date": "2026-01-01T00:00:00Z",
            "rotation_start": "2026-01-05T08:00:00Z",
            "interval": {"days": 1},
            "members": [{"user_id": server.credentials["document"]["owner"]["id"]}],
        }
        body = {"name": f"Schedule {number}", "time_zone": "Europe/Berlin", "layers": [layer]}
        server.call("POST", f"{API}/schedules", body)
    for start in range(0, ALERTS, AT_ONCE):
        events = [
            {
                "title": f"Latency of service {number % 97} is over {number % 13} s on host-{number}",
                "message": "The ninety-ninth percentile has been over its limit for five minutes.",
                "severity": SEVERITIES[number % 5],
                "dedup_key": f"load-{number}",
                "labels": {"team": f"team-{number % 7}", "host": f"host-{number}", "env": "prod"},
            }
            for number in range(start, start + AT_ONCE)
        ]
        server.call("POST", f"{API}/events", {"events": events})


async def sign_in(client: aiohttp.ClientSession, server: Any) -> None:
    owner = server.credentials["document"]["owner"]
    form = {"email": owner["email"], "password": owner["password"], "next": ""}
    headers = {"origin": server.url}
    async with client.post(f"{server.url}/login", data=form, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


async def settled(client: aiohttp.ClientSession, server: Any) -> None:
    """Wait until the outbox is empty: what is measured is the page, not what was before it."""
    headers = {"authorization": f"Bearer {server.token}"}
    for _ in range(PATIENCE_S):
        url = f"{server.url}{API}/notifications?state=queued&limit=1"
        async with client.get(url, headers=headers) as answer:
            if not (await answer.json())["total"]:
                return
        await asyncio.sleep(1)


async def look(client: aiohttp.ClientSession, server: Any, path: str) -> tuple[float, int]:
    """Read a page, and give how many seconds it took and how many bytes it weighed on the wire."""
    start = time.perf_counter()
    async with client.get(f"{server.url}{path}", headers=BROWSER) as answer:
        raw = await answer.read()
        assert answer.status == 200
    took = time.perf_counter() - start
    return took, len(gzip.compress(raw, 5)) if answer.headers.get("content-encoding") != "gzip" else len(raw)


@lru_cache(8)
def text_of(line: bytes) -> str:
    """Unpack what the pages were sent; it is the same for all of them, and a browser does it once."""
    return gzip.decompress(b64decode(line.removeprefix(b"data: "))).decode()


class OpenPage:
    """A page that is open, and when it last saw the event that it waits for."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.wanted = ""
        self.seen = asyncio.Event()
        self.at = 0.0

    async def follow(self, client: aiohttp.ClientSession, url: str) -> None:
        async with client.get(url, timeout=aiohttp.ClientTimeout(total=None)) as answer:
            self.opened.set()
            async for line in answer.content:
                if not line.startswith(b"data: H4sI"):
                    continue
                at = time.perf_counter()
                if self.wanted and self.wanted in text_of(line):
                    self.at, self.wanted = at, ""
                    self.seen.set()


async def change(client: aiohttp.ClientSession, server: Any, pages: list[OpenPage], number: int) -> float:
    """Send an event and return how long it took until every page had it."""
    title = f"Event {number} of the bench"
    for page in pages:
        page.seen.clear()
        page.wanted = title
    headers = {"authorization": f"Bearer {server.token}", "content-type": "application/json"}
    body = json.dumps({"title": title, "severity": "critical", "dedup_key": title})
    start = time.perf_counter()
    async with client.post(f"{server.url}{API}/events", data=body, headers=headers) as answer:
        assert answer.status == 202
    await asyncio.wait_for(asyncio.gather(*(page.seen.wait() for page in pages)), PATIENCE_S)
    return max(page.at for page in pages) - start


async def measure(server: Any) -> list[dict[str, Any]]:
    connector = aiohttp.TCPConnector(limit=0)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=jar, auto_decompress=False, read_bufsize=2**20
    ) as client:
        await sign_in(client, server)
        await settled(client, server)
        found = []
        for name, path in (("the first page", "/now"), ("gathered by a label", "/now?by=label:team")):
            used = server.cpu_s()
            looks = [await look(client, server, path) for _ in range(LOOKS)]
            own = 1000 * (server.cpu_s() - used) / LOOKS  # what other work on the machine disturbs least
            found.append(verdict(f"{name}, the server's own CPU", own, 75, at_least=False, unit=" ms"))
            took, weight = median([each for each, _ in looks]), max(size for _, size in looks)
            found.append(verdict(f"{name}, 10,000 open", 1000 * took, 150, at_least=False, unit=" ms"))
            found.append(verdict(f"{name}, compressed", weight / 1024, 150, at_least=False, unit=" KB"))
        pages = [OpenPage() for _ in range(PAGES)]
        tasks = [asyncio.create_task(page.follow(client, f"{server.url}/now/live")) for page in pages]
        await asyncio.wait_for(asyncio.gather(*(page.opened.wait() for page in pages)), PATIENCE_S)
        await asyncio.sleep(CALM_S)
        times, used = [], server.cpu_s()
        for number in range(CHANGES):
            times.append(await change(client, server, pages, number))
            await asyncio.sleep(CALM_S)
        own = (server.cpu_s() - used) / CHANGES
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        name = f"an event on the last of {PAGES} open pages, worst of {CHANGES}"
        found.append(verdict(name, max(times), 1.0, at_least=False, unit=" s"))
        name = f"an event on {PAGES} open pages and all that follows, the server's own CPU"
        found.append(verdict(name, own, 1.0, at_least=False, unit=" s"))
        print("  each:", ", ".join(f"{each:.2f} s" for each in times))
        return found


def main() -> list[dict[str, Any]]:
    """Measure the pages."""
    print("the first page, and 500 of them open")
    with tocsin() as server:
        fill(server)
        return asyncio.run(measure(server)) + browse(server)


if __name__ == "__main__":
    main()
