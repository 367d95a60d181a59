"""The story of an alert or a page as JSON has it: one entry for each reason, in order."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta

from tocsin.core.because import Because, Forgotten
from tocsin.core.story import StoryEntry
from tocsin.dialects.native.wire.shapes import View
from tocsin.dialects.native.wire.spelled import spelled


class ReasonView(View):
    """Why something was decided."""

    code: Annotated[str, Meta(description="names the kind of reason; it never changes")]
    sentence: Annotated[str, Meta(description="the reason in words")]
    facts: Annotated[Mapping[str, Any], Meta(description="what the sentence is made of")]


class StoryView(ReasonView, kw_only=True):
    """Something that was decided about an alert or a page, and why."""

    at: datetime
    alert_id: str | None
    page_id: str | None


class Story(View):
    """A stretch of a story. What was decided together comes together, and counts as one in the limit."""

    timeline: list[StoryView]
    next: str | None
    total: Annotated[int, Meta(description="how many times something was decided")]


def show_story(entries: Iterable[StoryEntry]) -> list[StoryView]:
    """Write a stretch of a story."""
    return [
        StoryView(
            at=entry.at,
            alert_id=spelled("alert", entry.alert),
            page_id=spelled("page", entry.page),
            code=because.code,
            sentence=because.text,
            facts=facts(because),
        )
        for entry in entries
        for because in entry.because
    ]


def show_reason(because: Because) -> ReasonView:
    """Write one reason."""
    return ReasonView(code=because.code, sentence=because.text, facts=facts(because))


def sentence(because: Because) -> str:
    """Say a reason in words; one whose kind is gone has none of its own."""
    return because.sentence() if isinstance(because, Forgotten) else because.text


def facts(because: Because) -> dict[str, Any]:
    """Write what a reason is made of; spans are seconds, under names that say so."""
    told: dict[str, Any] = {}
    for field in fields(because):
        value = getattr(because, field.name)
        if isinstance(value, timedelta):
            told[f"{field.name}_s"] = value.total_seconds()
        else:
            told[field.name] = value
    return told
