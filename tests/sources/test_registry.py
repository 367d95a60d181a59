from datetime import UTC, datetime

import pytest

from tocsin.core.errors import Invalid
from tocsin.sources.base import Inbound
from tocsin.sources.registry import SOURCES

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
BODIES = {
    "native": (b'{"title": "x"}', {}),
    "alertmanager": (b'{"alerts": [{"labels": {"alertname": "x"}}]}', {}),
    "grafana": (b'{"alerts": [{"labels": {"alertname": "x"}}]}', {}),
    "generic": (b'{"name": "x"}', {"title": "$.name"}),
    "templated": (b'{"title": "x"}', {"type": "formatted_webhook"}),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_reads_its_format_under_its_own_name(name):
    source = SOURCES[name]
    body, mapping = BODIES[name]

    source.check_mapping(mapping)
    (draft,) = source.read(Inbound(body=body, received_at=NOW, mapping=mapping))

    assert source.name == name
    assert (draft.title, draft.received_at) == ("x", NOW)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_refuses_what_is_not_its_format(name):
    _, mapping = BODIES[name]

    with pytest.raises(Invalid):
        SOURCES[name].read(Inbound(body=b"<xml/>", received_at=NOW, mapping=mapping))


@pytest.mark.parametrize(
    ("name", "mapping"),
    [
        ("native", {"title": "$.x"}),
        ("alertmanager", {"a": 1}),
        ("grafana", {"a": 1}),
        ("generic", {}),
        ("templated", {"type": "nothing"}),
        ("templated", {"title": "{{"}),
    ],
)
def test_a_mapping_that_a_source_cannot_use_is_refused(name, mapping):
    with pytest.raises(Invalid, match="mapping"):
        SOURCES[name].check_mapping(mapping)
