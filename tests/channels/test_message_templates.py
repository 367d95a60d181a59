"""What messages say by the templates of an integration, and what they say when one cannot be filled in."""

import json
from dataclasses import replace

import pytest

from message_builders import AT, NOW, a_page, alert_line, attempt
from routing_builders import event
from tocsin.channels import message_templates
from tocsin.channels.message_templates import reword
from tocsin.channels.registry import CHANNELS, MARKUPS
from tocsin.core.alert_source import REWORDED_MAX, AlertSource
from tocsin.core.errors import Invalid
from tocsin.core.ids import IntegrationId
from tocsin.core.service import Integration

LOOPS = "{% for a in range(1000) %}{% for b in range(1000) %}{{ a }}{% endfor %}{% endfor %}"
SHOP = Integration(id=IntegrationId(5), workspace=1, service=2, kind="templated", name="Shop")


def source(channel, first=None, last=None, **templates):
    first = {"host": "db-1", "note": "<!channel> & <b>"} if first is None else first
    return AlertSource(
        integration=replace(SHOP, message_templates={channel: templates}),
        first=event(details=first),
        last=event(details=first if last is None else last),
    )


def said(channel, found, message=None):
    message = message or a_page()
    return reword(message, [found], channel=channel, plain=MARKUPS.get(channel), now=NOW)


@pytest.mark.parametrize(
    ("template", "makes"),
    [
        ("{{ payload.host | upper }} is ill", "DB-1 is ill"),
        ("{{ integration_name }}/{{ service }}/{{ labels.region }}", "Shop/Payments/eu"),
        ("{{ alert.severity }} {{ alert.title }}", "critical Disk full on db-1"),
        ("{{ grafana_oncall_link }}", "https://tocsin.example.org/alerts/alrt_000000000001"),
        ("{{ source_link }}", "https://grafana.example.org/d/abc?a=1&b=2"),
        ("  \n ", "Disk full on db-1"),  # an alert is called something
        ("{{ payload.nothing }}", "Disk full on db-1"),
    ],
)
def test_a_title_is_what_its_template_makes(template, makes):
    message, failed = said("sms", source("sms", title=template))

    assert (message.title, message.alerts[0].title, failed) == (makes, makes, ())


def test_the_title_is_by_the_first_event_and_the_message_by_the_last():
    found = source(
        "email",
        {"n": 1},
        {"n": 2},
        title="{{ payload.n }}",
        message="{{ payload.n }}",
        image_url="{{ payload.n }}",
    )

    message, _ = said("email", found)

    (line,) = message.alerts
    assert (message.title, line.title, line.message, line.image_url) == ("1", "1", "2", "")


def test_other_channels_and_other_alerts_say_what_they_say():
    found = source("email", title="Changed")

    assert said("sms", found)[0] == a_page()
    two = a_page(alerts=(alert_line(1), alert_line(2)), total=2)
    message, _ = reword(two, [None, found], channel="email", plain=None, now=NOW)
    assert [line.title for line in message.alerts] == ["Disk full on db-1", "Changed"]
    assert message.title == "Disk full on db-1"


@pytest.mark.parametrize("template", ["{{ payload.a.b.c }}", LOOPS, "{{ payload.host + 1 }}", "{{ 1 / 0 }}"])
def test_a_template_that_fails_or_never_ends_leaves_the_message_as_it_is_and_is_told(template):
    message, failed = said("voice", source("voice", title=template, message=template))

    assert message.title == a_page().title
    assert message.alerts[0].message == a_page().alerts[0].message
    assert [each.template for each in failed] == ["title", "message"]
    assert "the voice title template of Shop could not be filled in" in failed[0].sentence()


def test_many_alerts_are_bounded_in_number_and_in_work():
    lines = tuple(alert_line(number) for number in range(60))
    message = a_page(alerts=lines, total=60)
    found = source("email", title="{% for a in range(900) %}{{ a }}{% endfor %}", message=LOOPS)

    told, failed = reword(message, [found] * 60, channel="email", plain=None, now=NOW)

    assert [line.title for line in told.alerts[REWORDED_MAX:]] == [
        line.title for line in lines[REWORDED_MAX:]
    ]
    assert {each.template for each in failed} <= {"title", "message"}


def test_slack_gets_its_own_markup_in_which_a_payload_is_only_text():
    found = source(
        "slack",
        title="*<{{ grafana_oncall_link }}|{{ payload.host }}>* is _ill_",
        message="{{ payload.note }}",
        image_url="https://graphs.example.org/{{ payload.host }}.png",
    )

    message, _ = said("slack", found)
    content = CHANNELS["slack"].render(message, {})

    assert message.title == "db-1 is ill"
    assert message.alerts[0].message == "<!channel> & <b>"
    blocks = json.loads(content.body)["blocks"]
    texts = [block["text"]["text"] for block in blocks if block["type"] == "section" and "text" in block]
    assert any(
        "*<https://tocsin.example.org/alerts/alrt_000000000001|db-1>* is _ill_" in text for text in texts
    )
    assert any("&lt;!channel&gt; &amp; &lt;b&gt;" in text for text in texts)
    (image,) = [block for block in blocks if block["type"] == "image"]
    assert image == {
        "type": "image",
        "image_url": "https://graphs.example.org/db-1.png",
        "alt_text": "db-1 is ill",
    }
    assert "<!channel>" not in content.body.decode()


@pytest.mark.parametrize("channel", sorted(set(CHANNELS) - {"log"}))
def test_every_channel_says_what_the_templates_make(channel):
    found = source(
        channel, title="Called otherwise", message="Said otherwise", image_url="https://x.example/a.png"
    )

    message, failed = said(channel, found, a_page(queued_at=AT))
    content = CHANNELS[channel].render(message, {})

    text = f"{content.subject} {content.text} {content.body.decode()}"
    assert failed == ()
    assert "Called otherwise" in text
    assert "Disk full" not in text or channel == "guance_http"
    assert attempt().number == 1


@pytest.mark.parametrize(
    ("templates", "path"),
    [
        ({"pigeon": {"title": "a"}}, "message_templates.pigeon"),
        ({"sms": {"colour": "a"}}, "message_templates.sms.colour"),
        ({"sms": {"title": "{{"}}, "message_templates.sms.title"),
        ({"sms": {"title": "a\0"}}, "message_templates.sms.title"),
        ({"sms": {"title": "\ud800"}}, "message_templates.sms.title"),
        ({"sms": {"title": "{% include 'x' %}"}}, "message_templates.sms.title"),
        (
            {
                name: dict.fromkeys(("title", "message", "image_url"), "x" * 49_000)
                for name in ("sms", "slack")
            },
            "message_templates",
        ),
    ],
)
def test_templates_that_cannot_be_are_refused_with_their_place(templates, path):
    with pytest.raises(Invalid) as refused:
        message_templates.check(templates, CHANNELS)

    assert refused.value.path == path
