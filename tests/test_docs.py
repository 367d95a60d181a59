"""What the documentation shows is what happens."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.channels.standard_webhooks import make_secret, signed_headers
from tocsin.channels.templating import read_template
from tocsin.core import filters
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.sources import generic, native

DOCS = Path(__file__).parents[1] / "docs"
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)


def examples(page: str, language: str) -> list[str]:
    """The blocks of code of that language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("body", "late", "genuine"),
    [
        (b'{"type": "tocsin.page"}', timedelta(0), True),
        (b'{"type": "tocsin.Page"}', timedelta(0), False),
        (b'{"type": "tocsin.page"}', timedelta(minutes=6), False),
    ],
)
def test_the_shown_receiver_takes_what_we_signed_and_nothing_else(body, late, genuine):
    shown: dict = {}
    exec(examples("channels/webhook.md", "python")[0], shown)
    old, new = make_secret(b"o" * 32), make_secret(b"n" * 32)

    signed = signed_headers(f"{old} {new}", key="notification_1", at=NOW, body=b'{"type": "tocsin.page"}')

    for secret in (old, new):
        now = (NOW + late).timestamp()
        assert shown["is_genuine"](dict(signed), body, secret, now=now) is genuine


def test_the_shown_template_makes_json():
    template = read_template(examples("templates.md", "jinja")[0])
    alerts = [{"title": 'a "b"', "labels": {"team name": "data"}}, {"title": "c", "labels": {}}]

    made = json.loads(template.render({"title": "Disk", "alerts": alerts}))

    assert made == {
        "text": "DISK",
        "alerts": [{"title": 'a "b"', "team": "data"}, {"title": "c", "team": "none"}],
    }


def test_the_shown_filter_reads_and_the_shown_error_is_the_one_that_comes():
    example, error = examples("filters.md", "")

    assert filters.parse(example.strip()).text == example.strip()
    with pytest.raises(Invalid) as refused:
        filters.parse("severity & x")
    assert str(refused.value) == error.strip()


def test_the_shown_mapping_can_be_used():
    mapping = json.loads(examples("sources/generic.md", "json")[0])

    generic.SOURCE.check_mapping(mapping)
    item = {"name": "Disk", "id": 7, "state": "Alarm", "level": "P1", "tags": ["env:prod"]}
    (draft,) = generic.parse({"alerts": [item]}, mapping, received_at=NOW)
    assert (draft.title, draft.dedup_key, draft.severity) == ("Disk", "7", Severity.CRITICAL)
    assert draft.labels == {"env": "prod", "team": "data"}


def test_the_shown_event_is_taken():
    (command,) = examples("sources/events.md", "console")
    body = re.search(r"-d '(\{.*\})'", command, re.DOTALL)
    assert body is not None

    (draft,) = native.parse(body[1].encode(), received_at=NOW)

    assert (draft.dedup_key, draft.severity) == ("db-1/disk", Severity.CRITICAL)
    assert not any(name in draft.details for name in json.loads(body[1]))
