"""Templates by which an integration says what messages about its alerts say on one channel.

They are those written for Jinja, and make the title, the message and the picture of an alert; what else a
message says (how bad it is, why it comes, how to answer) stays. One that cannot be filled in changes nothing.
docs/templates.md has the values that they see.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tocsin.channels import wording
from tocsin.channels.base import AlertLine, Message
from tocsin.channels.oncall_values import appearance, payload_of
from tocsin.channels.rich_templates import Allowance, read_rich
from tocsin.core.alert_source import REWORDED_MAX, AlertSource
from tocsin.core.because import Because
from tocsin.core.because_paging import TemplateFailed
from tocsin.core.errors import Invalid
from tocsin.core.event import Event

NAMES: Final = ("title", "message", "image_url")
TITLE_LENGTH_MAX: Final = 1_000
MESSAGE_LENGTH_MAX: Final = 10_000
TEMPLATES_LENGTH_MAX: Final = 200_000

Plain = Callable[[str], str]
"""What makes plain words of a channel's own markup."""


def check(templates: Mapping[str, Mapping[str, str]], channels: Mapping[str, object]) -> None:
    """Raise Invalid, with the path of what is wrong, unless these can be an integration's templates."""
    size = 0
    for channel, of_channel in templates.items():
        path = f"message_templates.{channel[:60]}"
        if channel not in channels:
            raise Invalid(path, "is no channel", f"must be one of {', '.join(channels)}")
        for name, text in of_channel.items():
            where = f"{path}.{name[:60]}"
            if name not in NAMES:
                raise Invalid(where, "is not known", f"must be one of {', '.join(NAMES)}")
            if "\0" in text or not _storable(text):
                raise Invalid(where, "cannot be stored", "must do without U+0000 and lone surrogates")
            read_rich(text, where)
            size += len(text)
    if size > TEMPLATES_LENGTH_MAX:
        remedy = f"must have at most {TEMPLATES_LENGTH_MAX}, all together"
        raise Invalid("message_templates", f"have {size} characters", remedy)


def reword(
    message: Message,
    sources: Sequence[AlertSource | None],
    *,
    channel: str,
    plain: Plain | None,
    now: datetime,
) -> tuple[Message, tuple[Because, ...]]:
    """Let the first alerts of *message* be said by the templates of their *sources*, in the same order.

    Return the message, and why any template could not be filled in. A channel with a markup of its own gives
    *plain*: the templates then make that markup, in which nothing of the payload is read as such.
    """
    teller = _Teller(message, channel, plain, now)
    lines = list(message.alerts)
    title = message.title
    for place, source in enumerate(sources[: min(REWORDED_MAX, len(lines))]):
        templates = source.integration.message_templates.get(channel) if source is not None else None
        if source is None or not templates:
            continue
        was = lines[place]
        lines[place] = teller.line(was, source, templates)
        if was.title == message.title or len(lines) == 1:
            title = lines[place].title
    if not teller.tried:
        return message, ()
    return replace(message, title=title, alerts=tuple(lines)), tuple(teller.failed.values())


class _Teller:
    """Fills in the templates of one message, all together within one allowance."""

    def __init__(self, message: Message, channel: str, plain: Plain | None, now: datetime) -> None:
        self._message = message
        self._channel = channel
        self._plain = plain
        self._allowance = Allowance(now)
        self.tried = False
        self.failed: dict[tuple[str, str], Because] = {}

    def line(self, line: AlertLine, source: AlertSource, templates: Mapping[str, str]) -> AlertLine:
        """Say one alert: its title by its first event, as its own is, and the rest by its last."""
        self.tried = True
        first, last = self._values(line, source, source.first), self._values(line, source, source.last)
        title = self._made("title", templates, first, source)
        said = self._made("message", templates, last, source)
        image = self._made("image_url", templates, last, source)
        changes: dict[str, Any] = {}
        if title is not None and title.strip():
            changes |= self._both("title", " ".join(title.split()), TITLE_LENGTH_MAX)
        if said is not None:
            changes |= self._both("message", said.strip(), MESSAGE_LENGTH_MAX)
        if image is not None and wording.is_web_link(image.strip()):
            changes["image_url"] = image.strip()
            if self._plain is None:
                changes["links"] = (*line.links, image.strip())
        return replace(line, **changes)

    def _both(self, name: str, text: str, limit: int) -> dict[str, str]:
        """Give what a template made in plain words, and in the channel's markup if it has one."""
        if self._plain is None:
            return {name: wording.shorten(text, limit)}
        plain = wording.shorten(self._plain(text), limit)
        return {name: plain, f"marked_{name}": text if len(text) <= limit else ""}

    def _made(
        self, name: str, templates: Mapping[str, str], values: Mapping[str, Any], source: AlertSource
    ) -> str | None:
        """Fill one template in; None where there is none, or it cannot be."""
        text = templates.get(name)
        if text is None:
            return None
        try:
            return wording.clean(self._allowance.fill(read_rich(text, name), values))
        except Invalid as invalid:
            self.failed[name, source.integration.name] = TemplateFailed(
                integration=source.integration.name,
                channel=self._channel,
                template=name,
                problem=f"it {invalid.problem}",
            )
            return None

    def _values(self, line: AlertLine, source: AlertSource, event: Event | None) -> dict[str, Any]:
        """Make what the templates see of *line*, by one event of it."""
        values: dict[str, Any] = {
            "payload": {} if event is None else payload_of(event),
            "labels": dict(line.labels),
            "alert": {
                "id": line.id,
                "title": line.title,
                "message": line.message,
                "severity": line.severity.value,
                "status": line.status.value,
                "host": line.host,
                "events": line.events,
                "opened_at": line.opened_at.isoformat(),
                "url": line.url,
            },
            "service": self._message.service,
            "workspace": self._message.workspace,
            "integration_name": source.integration.name,
            "link": line.url,
            "source_link": next(iter(line.links), ""),
            **appearance(line.id, line.url, self._message.workspace),
        }
        return values if self._plain is None else _escaped(values)


def _escaped(values: dict[str, Any]) -> dict[str, Any]:
    """Escape every text in *values*, so that nothing in it is markup; JSON itself has none of these signs."""
    text = json.dumps(values, ensure_ascii=False)
    escaped: dict[str, Any] = json.loads(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return escaped


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
