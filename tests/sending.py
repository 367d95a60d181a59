"""What waits in the outbox, sent over a wire that records and answers."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from prometheus_client import CollectorRegistry

from message_builders import RecordingWire
from tocsin.actions.dispatches import Dispatch
from tocsin.channels.base import Channel, HttpResponse, Mail, MailReply, Unsent
from tocsin.channels.registry import CHANNELS
from tocsin.engine.compose import Links
from tocsin.engine.deliver import Deliverer
from tocsin.engine.metrics import EngineMetrics
from tocsin.world import World

METRICS = EngineMetrics(CollectorRegistry())
LINKS = Links(public_url="http://tocsin.test", answer=lambda _word, _notification: "")


class _Post(RecordingWire):
    """A wire whose mail server takes everything."""

    async def mail(self, mail: Mail) -> MailReply:
        self.mails.append(mail)
        return MailReply(code=250, text="ok")

    def _next(self) -> HttpResponse:
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Unsent):
            raise answer
        return answer


def deliver(
    world: World,
    *answers: HttpResponse | Unsent,
    channels: Mapping[str, Channel] = CHANNELS,
    only: Callable[[Dispatch], bool] = lambda _dispatch: True,
    links: Links = LINKS,
) -> RecordingWire:
    """Send all that is due, or of it *only* some, and write down what became of it."""
    wire = _Post(*(answers or (HttpResponse(status=200),)))
    sender = Deliverer(
        replace(world, wire=wire),
        channels,
        node="test",
        links=links,
        sender="t@example.org",
        metrics=METRICS,
    )
    for dispatch in sender.claim_now():
        if only(dispatch):
            result = asyncio.run(sender.send(dispatch))
            assert result is not None
            sender.record_now(result)
    return wire
