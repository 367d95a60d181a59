"""The people whom a message to a place is for, as every channel names them."""

import msgspec
import pytest

from message_builders import PEOPLE, a_page
from tocsin.channels.registry import CHANNELS

READ = sorted(set(CHANNELS) - {"voice", "log", "grafana_oncall", "webhook", "guance_http", "push"})


@pytest.mark.parametrize("name", READ)
def test_what_people_read_names_them(name):
    named = CHANNELS[name].render(a_page(mentions=PEOPLE), {})
    unnamed = CHANNELS[name].render(a_page(), {})

    said = named.body.decode() + named.text
    assert "For Ana" in said
    assert "L\u00f3pez" in said or "L\\u00f3pez" in said
    assert "For Ana" not in unnamed.body.decode() + unnamed.text


def test_mails_name_them_in_the_text_and_in_the_html():
    content = CHANNELS["email"].render(a_page(mentions=PEOPLE), {})

    assert "For Ana López, <@U1> [Ben](x)" in content.text
    assert "For Ana López, &lt;@U1&gt; [Ben](x)" in content.html


def test_programs_get_their_addresses_and_telephones():
    hook = msgspec.json.decode(CHANNELS["webhook"].render(a_page(mentions=PEOPLE), {}).body)
    event = msgspec.json.decode(CHANNELS["guance_http"].render(a_page(mentions=PEOPLE), {}).body)

    ana = {"name": "Ana López", "email": "ana@example.org", "phone": "+8613800138000"}
    assert hook["data"]["mentions"][0] == ana
    assert event["df_alert_members"][0] == {
        "name": "Ana López",
        "email": "ana@example.org",
        "mobile": "+8613800138000",
    }
