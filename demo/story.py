"""The story, told live: what Tocsin's own timelines say, and what mailboxes and telephones got."""

import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from town import Town

_STYLES = {
    "red": "1;31",
    "green": "1;32",
    "yellow": "33",
    "blue": "1;34",
    "magenta": "35",
    "cyan": "36",
    "dim": "2",
    "bold": "1",
}
# By the kind of reason: a mark, and a colour. All others are told quietly.
_MARKS: Mapping[str, tuple[str, str]] = {
    "alert_opened": ("●", "red"),
    "severity_rose": ("▲", "red"),
    "page_began": ("▶", "blue"),
    "step_taken": ("▶", "blue"),
    "alert_joined": ("+", "blue"),
    "told": ("→", "magenta"),
    "delivery_failed": ("✗", "red"),
    "alert_acknowledged": ("✔", "green"),
    "alert_resolved": ("✔", "green"),
    "page_rests": ("✔", "green"),
    "page_stopped": ("✔", "green"),
    "left_out": ("✔", "yellow"),
    "nobody_left": ("✗", "red"),
    "plan_ended": ("■", "yellow"),
}
_PLAIN_MARKS = str.maketrans("●▲▶→✗✔■✉☎…", "*^>>x+#@!.")


class Teller:
    """Prints lines, from any thread, with the time in front: in colour on a terminal, plainly elsewhere."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        encoding = (sys.stdout.encoding or "ascii").lower()
        self._signs = encoding.startswith("utf")

    def say(self, text: str = "", style: str = "") -> None:
        """Print one line as it is."""
        if not self._signs:
            text = text.translate(_PLAIN_MARKS).encode("ascii", "replace").decode()
        with self._lock:
            print(self._styled(text, style), flush=True)

    def tell(
        self, mark: str, text: str, style: str = "", *, whose: str = "", at: datetime | None = None
    ) -> None:
        """Print one line of the story: what happened to *whose* alert, page or mailbox, and when."""
        when = f"{(at or datetime.now(UTC)).astimezone():%H:%M:%S}"
        self.say(f"{self._styled(f'{when} {whose:7}', 'dim')} {self._styled(f'{mark} {text}', style)}")

    def mail(self, mail: EmailMessage) -> None:
        """Tell of a mail that was delivered."""
        self.tell("✉", f"mail to {mail['To']}: {mail['Subject']}", "cyan")

    def telephone(self, whose: str, message: Mapping[str, Any]) -> None:
        """Tell of a message that a telephone, or the operations room, has got."""
        headline = message["data"]["headline"]
        self.tell("☎", f"message to {whose}: {headline}", "cyan")

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and self._colours else text


class Story:
    """Follows alerts and pages through the API, and tells what is new about them."""

    def __init__(self, town: Town, teller: Teller) -> None:
        self._town = town
        self._teller = teller
        self._told: dict[str, int] = {}
        self._titles: dict[str, str] = {}
        self._pages: dict[str, str] = {}
        self._next: dict[str, tuple[object, ...]] = {}

    @property
    def first_page(self) -> str:
        """The id of the page that began first."""
        return next(iter(self._pages))

    def follow(self) -> None:
        """Tell once what has happened since the last time, in the order in which it happened."""
        api = self._town.api
        alerts = api.get("/alerts", [("limit", 200)])["alerts"]
        pages = api.get("/pages", [("limit", 200)])["pages"]
        self._titles |= {each["id"]: each["title"] for each in (*alerts, *pages)}
        for page in reversed(pages):
            self._pages.setdefault(page["id"], f"page {len(self._pages) + 1}")
        news = [entry for each in alerts for entry in self._news(f"/alerts/{each['id']}", own="alert_id")]
        news += [entry for each in pages for entry in self._news(f"/pages/{each['id']}", own="page_id")]
        for entry in sorted(news, key=lambda entry: entry["at"]):
            self._tell(entry)
        for page in reversed(pages):
            self._say_what_is_next(page)

    def _news(self, path: str, *, own: str) -> Sequence[Mapping[str, Any]]:
        story = self._town.api.get(f"{path}/timeline", [("limit", 200)])["timeline"]
        mine = [entry for entry in story if entry[own] and path.endswith(entry[own])]
        news = mine[self._told.get(path, 0) :]
        self._told[path] = len(mine)
        return news

    def _tell(self, entry: Mapping[str, Any]) -> None:
        mark, style = _MARKS.get(entry["code"], ("·", "dim"))
        alert, page = entry["alert_id"], entry["page_id"]
        about = f"{self._titles[alert]}: " if alert else ""
        whose = "alert" if alert else self._pages[page]
        at = datetime.fromisoformat(entry["at"])
        self._teller.tell(mark, f"{about}{entry['sentence']}", style, whose=whose, at=at)

    def _say_what_is_next(self, page: Mapping[str, Any]) -> None:
        """Say once what happens on a page if nobody answers, and again when that changes."""
        coming = [(page["next_at"], self._step(page))] if page["next_at"] else []
        coming += [
            (each["next_at"], f"{each['name']} is told in another way")
            for each in page["responders"]
            if each["next_at"]
        ]
        coming.sort()
        seen = (page["status"], *coming)
        if page["status"] != "triggered" or self._next.get(page["id"]) == seen:
            return
        self._next[page["id"]] = seen
        for at, what in coming:
            seconds = max(0.0, datetime.fromisoformat(at).timestamp() - time.time())
            text = f"if nobody answers, {what} in {seconds:.0f} s"
            self._teller.tell("…", text, "yellow", whose=self._pages[page["id"]])

    def _step(self, page: Mapping[str, Any]) -> str:
        number, plan = page["next_step"], page["plan"]
        if number is None:
            return f"{plan['name']} goes on"
        action = plan["steps"][number - 1]["action"]
        whom = [self._town.names.get(each["id"], each["id"]) for each in action.get("targets", ())]
        return f"step {number} of {len(plan['steps'])} of {plan['name']} ({' and '.join(whom)}) follows"
