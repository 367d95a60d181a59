"""The reasons that decisions carry, and each one's sentence.

A reason is a small frozen value. The timeline stores it, the pages show its sentence, explain prints it and
metrics count its code. Each new way in which Tocsin can decide gets a class of its own: in ``because_alert``
for what became of an alert, in ``because_routing`` for where it went, in ``because_page`` and
``because_paging`` for pages, people and messages.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why something was decided; *code* is the class's name in snake case and never changes once released."""

    code: ClassVar[str] = ""
    kinds: ClassVar[dict[str, type["Because"]]] = {}

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        Because.kinds[cls.code] = cls

    def sentence(self) -> str:
        """Say it in one sentence that stands alone: names, not ids; UTC times in ISO form."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The sentence as people read it: with a capital at its beginning and a full stop at its end."""
        said = self.sentence()
        return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten(Because):
    """A stored reason whose *kind* this version does not know, or not in this form; *text* is how it was."""

    kind: str
    text: str

    def sentence(self) -> str:
        """Give what is left of it."""
        return f"{self.kind.replace('_', ' ')}: {self.text}"


# --- words for sentences ------------------------------------------------------------------------------


def moment(at: datetime) -> str:
    """Write *at* in UTC to the second, as 2026-03-06T09:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(length: timedelta) -> str:
    """Write *length* in words, its two largest units: "2 hours 5 minutes". Under a second is "0 seconds"."""
    rest, words = int(length.total_seconds()), list[str]()
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, rest = divmod(rest, size)
        if count and len(words) < 2:
            words.append(f"{count} {unit}{'s' * (count != 1)}")
    return " ".join(words) or "0 seconds"


def lateness(late: timedelta) -> str:
    """Write ", 41 minutes late", or nothing when it is not."""
    return f", {span(late)} late" if late else ""


def listing(names: Iterable[str]) -> str:
    """Write names as "Ana, Ben and Cem"."""
    *first, last = list(names) or ["nobody"]
    return f"{', '.join(first)} and {last}" if first else last
