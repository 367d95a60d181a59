"""The pages in process: somebody signs in with a password, and reads and answers as a browser does."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
from argon2 import PasswordHasher

from api_world import PEOPLE, Api, directory
from front_builders import NoWire
from tocsin.actions import delivery, paging
from tocsin.core.receipt import Outcome, Receipt
from tocsin.sources.registry import inlets
from tocsin.sources.routes import integration_door
from tocsin.store import people
from tocsin.store.database import Database
from tocsin.web.door import web_door
from tocsin.web.live import Live
from tocsin.web.oidc import Provider

PASSWORD = "correct horse battery"
ORIGIN = "http://tocsin.test"
# As ours, but quick: nobody has to guess this one, and nearly every test signs in.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Browser:
    """A browser that looks at the pages over *database*; it keeps cookies and follows no redirect."""

    database: Database
    configuration: Any = field(default_factory=directory)
    api: Api = field(init=False)
    cookies: dict[str, str] = field(default_factory=dict)
    provider: Provider | None = None
    wire: Any = field(default_factory=NoWire)
    settings: Any = ()

    def __post_init__(self) -> None:
        self.api = Api(
            self.database,
            configuration=self.configuration,
            doors=(
                lambda kit: web_door(kit, Live(kit.world), inlets(), self.settings, provider=self.provider),
                integration_door,
            ),
            wire=self.wire,
        )
        if self.configuration is not None:
            self.database.transact(self._add_passwords)

    def _add_passwords(self, tx) -> None:
        for user in PEOPLE.values():
            people.set_password_hash(tx, user.id, _HASH)

    def request(self, method: str, path: str, form: Any = None, **options: Any) -> httpx.Response:
        """Send one request, as a page of ours does."""
        headers = {"origin": ORIGIN} if method == "POST" else {}
        headers |= options.pop("headers", {})

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.api)
            async with httpx.AsyncClient(
                transport=transport, base_url=ORIGIN, cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, data=form, headers=headers, **options)
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})  # what it left to be done
            return answer

        answer = asyncio.run(send())
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        for header in answer.headers.get_list("set-cookie"):
            if "max-age=0" in header.lower():
                self.cookies.pop(header.partition("=")[0], None)
        return answer

    def sign_in(self, who: str = "responder", password: str = PASSWORD, onward: str = "") -> httpx.Response:
        """Sign somebody in."""
        form = {"email": PEOPLE[who].email, "password": password, "next": onward}
        return self.request("POST", "/login", form)

    def turn(self) -> None:
        """Let the engine do what is due."""
        self.api.transact(lambda tx: paging.turn(tx, now=self.api.clock()))

    def deliver(self, outcome: Outcome) -> None:
        """Let everything that is to be sent come to *outcome*."""
        now = self.api.clock()
        claimed = self.api.transact(lambda tx: delivery.claim(tx, node="n1", now=now, machines=frozenset()))
        receipt = Receipt(outcome=outcome, error="" if outcome is Outcome.DELIVERED else "nobody listens")
        results = [
            delivery.Result(notification=each.notification, receipt=receipt, at=now, jitter=0.5, providers=1)
            for each in claimed.dispatches
        ]
        self.api.transact(lambda tx: delivery.record(tx, results, node="n1", now=now))

    def look(self, path: str) -> str:
        """Read a page, which must be there."""
        answer = self.request("GET", path)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.text

    def answer(self, say: str, *alerts: str, **form: Any) -> httpx.Response:
        """Press a button for these alerts."""
        return self.request("POST", "/alerts/answer", {"say": say, "alert": list(alerts)} | form)


def text_of(page: str) -> str:
    """Give what a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


class _Fields(HTMLParser):
    """Reads what the fields of a sheet hold, as a browser would send it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._within, self._name, self._text = False, "", ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._within = "data-sheet" in given
        elif self._within and tag == "input" and given.get("name"):
            box = given.get("type") in {"checkbox", "radio"}
            if not box or "checked" in given:
                self.found.setdefault(given["name"], []).append(given.get("value", ""))
        elif self._within and tag in {"select", "textarea"}:
            self._name, self._text, self._options = given["name"], "", []
        elif tag == "option":
            self._options.append((given["value"], "selected" in given))

    def handle_data(self, data):
        self._text += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._within = False
        elif self._within and tag == "textarea":
            self.found.setdefault(self._name, []).append(self._text.removeprefix("\n"))
        elif self._within and tag == "select" and self._options:
            chosen = next((value for value, selected in self._options if selected), self._options[0][0])
            self.found.setdefault(self._name, []).append(chosen)


def filled_in(page: str) -> dict[str, list[str]]:
    """Give what a browser would send if somebody saved the sheet of *page* as it is."""
    fields = _Fields()
    fields.feed(page)
    assert fields.found, text_of(page)
    return fields.found


def save_after_a_look(browser: Browser, path: str, form: Mapping[str, Any], *, to: str = "") -> str:
    """Save a form, and once more when the page shows first what changes; give what it showed.

    It leads *to* there, if that is given.
    """
    shown = browser.request("POST", path, form)
    assert shown.status_code == 200, text_of(shown.text)
    saved = browser.request("POST", path, filled_in(shown.text))
    assert saved.status_code == 303, text_of(saved.text)
    assert to in ("", saved.headers["location"])
    return text_of(shown.text)
