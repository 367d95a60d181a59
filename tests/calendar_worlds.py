"""Calendars for feeds, and a wire behind which they lie."""

from dataclasses import dataclass, field

from tocsin.channels.base import HttpRequest, HttpResponse, Unsent
from tocsin.core.receipt import Outcome


def calendar_of(*events: str, zone: str = "") -> bytes:
    """Write a calendar of *events*."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", *([f"X-WR-TIMEZONE:{zone}"] if zone else [])]
    return "\n".join([*head, *events, "END:VCALENDAR", ""]).replace("\n", "\r\n").encode()


def event(summary: str, starts: str, ends: str, *more: str, uid: str = "1") -> str:
    """Write an event between two UTC times such as 20260306T090000Z."""
    lines = ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{starts}", f"DTEND:{ends}", f"SUMMARY:{summary}"]
    return "\n".join([*lines, *more, "END:VEVENT"])


@dataclass
class CalendarWire:
    """Answers with what lies at an address: a calendar, a status, an answer, or nothing at all."""

    at: dict[str, bytes | int | HttpResponse] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def http(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request.url)
        lies = self.at.get(request.url)
        if lies is None:
            raise Unsent(Outcome.TRY_AGAIN, "example.org cannot be reached: nobody is there")
        if isinstance(lies, HttpResponse):
            return lies
        if isinstance(lies, int):
            return HttpResponse(status=lies)
        return HttpResponse(status=200, body=lies[: request.answer_max])
