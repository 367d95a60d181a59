"""Move in from another on-call system."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request

import click

from tocsin import __version__
from tocsin.cli import printing
from tocsin.cli.client import OPENER, Refused, Server, Unreachable, server_url, talks_as
from tocsin.dialects.grafana_oncall.importing.copying import Item, Outcome
from tocsin.dialects.grafana_oncall.importing.peers import Json, PeerRefused
from tocsin.dialects.grafana_oncall.importing.run import import_all

PAGE_SIZE = 100
PAGES_MAX = 10_000
TRIES_MAX = 6
PAUSE_MAX_S = 120
BROKE_OFF_PAUSE_S = 0.1  # before the second try, and twice as long before each other one


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """A server that speaks OnCall's API, and the token that opens it."""

    url: str
    token: str
    timeout_s: float = 30.0

    def every(self, resource: str) -> Iterator[Json]:
        """Give all things of a resource; the server's own idea of its address is not followed."""
        for number in range(1, PAGES_MAX):
            query = urlencode({"page": number, "perpage": PAGE_SIZE})
            page = self.send("GET", f"{resource}/?{query}", None)
            if not isinstance(page.get("results"), list):
                raise Unreachable(f"{self.url} answers, but not as OnCall does; check the address")
            yield from page["results"]
            if not page.get("next"):
                return

    def send(self, method: str, path: str, body: Json | None) -> Json:
        """Send one request; wait when the server says so, and try again when it is in trouble.

        An answer that breaks off is asked for again where asking changes nothing.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": self.token,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"tocsin/{__version__}",
        }
        address = f"{self.url.rstrip('/')}/api/v1/{path}"
        request = Request(address, data=data, headers=headers, method=method)  # noqa: S310 - server_url sees to it
        for tries_left in reversed(range(TRIES_MAX)):
            try:
                with OPENER.open(request, timeout=self.timeout_s) as response:
                    return _object(response.read(), self.url)
            except HTTPError as error:
                with error:
                    pause_s = _pause_s(error)
                    if pause_s is None or not tries_left:
                        raise PeerRefused(error.code, _said(error)) from None
            except (OSError, HTTPException) as error:
                broke_off = method == "GET" and not isinstance(error, URLError)
                if not (broke_off and tries_left):
                    raise Unreachable(f"{self.url} cannot be reached: {error}") from None
                pause_s = BROKE_OFF_PAUSE_S * 2 ** (TRIES_MAX - 1 - tries_left)
            time.sleep(pause_s)
        raise AssertionError("the last try returns or raises")


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """This server by its own API."""

    server: Server

    def every(self, path: str, name: str) -> Iterator[Json]:
        """Give all entries of a list."""
        yield from self.server.every(path, name)

    def send(self, method: str, path: str, body: Json | None) -> Json:
        """Send a request that changes something."""
        try:
            data = None if body is None else json.dumps(body).encode()
            answer: Json = self.server.call(method, path, body=data)
        except Refused as error:
            raise PeerRefused(error.status, error.message) from None
        return answer


@click.group(name="import")
def import_() -> None:
    """Move in from another on-call system."""


@import_.command(name="grafana-oncall")
@click.option("--url", "source_url", required=True, callback=server_url, help="The OnCall that is left.")
@click.option("--token", "source_token", required=True, help="An API token of its.")
@click.option("--plan", is_flag=True, help="Only tell what would be made, and what cannot come along.")
@partial(talks_as, "tocsin")
def grafana_oncall(*, server: Server, source_url: str, source_token: str, plan: bool) -> None:
    """Copy the people, rules, schedules, chains, integrations and webhooks of a Grafana OnCall.

    It is read through its API and left as it is. Doing it again makes only what is missing. Addresses of
    integrations stay the same but for the host.
    """
    key = server.post("/api-keys", {"kind": "grafana_oncall", "name": "import from Grafana OnCall"})
    try:
        here = OnCall(url=server.url, token=key["key"], timeout_s=server.timeout_s)
        source = OnCall(url=source_url, token=source_token, timeout_s=server.timeout_s)
        items, counts = import_all(source, here, Native(server=server), plan=plan)
    except PeerRefused as error:
        raise Refused(f"{error.said} ({error.status})", status=error.status) from None
    finally:
        server.call("DELETE", f"/api-keys/{key['id']}")
    _tell(items, counts, as_json=server.as_json, plan=plan)
    if counts[Outcome.REFUSED]:
        raise click.exceptions.Exit(1)


def _tell(items: Sequence[Item], counts: Mapping[Outcome, int], *, as_json: bool, plan: bool) -> None:
    if as_json:
        shown = [
            {"kind": item.kind, "name": item.name, "outcome": item.outcome.value, "why": item.why}
            for item in items
        ]
        printing.as_json({"plan": plan, "items": shown, "counts": dict(counts)})
        return
    rows = [(item.outcome.value, item.kind, item.name, item.why) for item in items]
    printing.table(("OUTCOME", "KIND", "NAME", "WHY"), rows)
    words = [f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome]]
    click.echo(f"{'Planned' if plan else 'Done'}: {', '.join(words)}.")


def _object(body: bytes, url: str) -> Json:
    try:
        value: Any = json.loads(body) if body else {}
    except ValueError:
        raise Unreachable(f"{url} answers, but not as OnCall does; check the address") from None
    return value if isinstance(value, dict) else {}


def _pause_s(error: HTTPError) -> float | None:
    """Tell how long to wait before another try; None when there is no use in one."""
    asked = error.headers.get("Retry-After", "")
    if error.code == 429:
        return min(float(asked), PAUSE_MAX_S) if asked.isdecimal() else 1.0
    return 1.0 if error.code in (502, 503, 504) else None


def _said(error: HTTPError) -> str:
    """Say in one line why a request was refused."""
    try:
        body = json.loads(error.read())
    except (ValueError, OSError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(body, dict) and isinstance(body.get("detail"), str):
        return printing.plain(body["detail"])
    return printing.plain(json.dumps(body))
