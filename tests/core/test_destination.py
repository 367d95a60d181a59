import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.destination import (
    check_email,
    check_phone,
    check_slack_channel,
    check_slack_webhook,
    check_url,
)
from tocsin.core.errors import Invalid

CHECKS = [check_email, check_phone, check_url, check_slack_webhook, check_slack_channel]
GOOD = {
    check_email: "ana@example.org",
    check_phone: "+14155550100",
    check_url: "https://example.org/hook",
    check_slack_webhook: "https://hooks.slack.com/services/T0/B0/x",
    check_slack_channel: "#ops",
}


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org",
        "Ana.Lopez+pager@Sub.Example.ORG",
        "root@localhost",
        "o'brien/x=1@example.org",
        "ünal@example.org",
        "a" * 100 + "@example.org",
        "a" * (254 - len("@example.org")) + "@example.org",
    ],
)
def test_a_mailbox_is_kept_as_it_was_written(address):
    assert check_email(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@@example.org",
        "a@b@example.org",
        ".ana@example.org",
        "ana.@example.org",
        "a..b@example.org",
        "Ana <ana@example.org>",
        "ana@example.org, ben@example.org",
        '"ana lopez"@example.org',
        "ana lopez@example.org",
        "ana@[192.0.2.1]",
        "ana@192.0.2.1",
        "ana@-example.org",
        "ana@exa mple.org",
        "ana@" + "a" * 64 + ".org",
        "a" * 255 + "@example.org",
        "\N{LATIN SMALL LETTER E WITH ACUTE}" * 125 + "@example.org",
        "ana\N{RIGHT-TO-LEFT OVERRIDE}@example.org",
    ],
)
def test_what_is_not_one_mailbox_is_refused(address):
    with pytest.raises(Invalid):
        check_email(address)


def test_a_domain_outside_ascii_is_spelled_as_name_servers_know_it():
    assert check_email("ana@bücher.example") == "ana@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+14155550100", "+14155550100"),
        ("+1 (415) 555-0100", "+14155550100"),
        ("+49 30/1234567", "+49301234567"),
        (" +44.20.7946.0018 ", "+442079460018"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_a_telephone_number_is_kept_as_plus_and_digits(written, kept):
    assert check_phone(written) == kept


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "4155550100",
        "004930123",
        "+0123456789",
        "+123456",
        "+1234567890123456",
        "+1415555O100",
        "+١٢٣٤٥٦٧٨",
    ],
)
def test_what_is_not_an_international_number_is_refused(number):
    with pytest.raises(Invalid):
        check_phone(number)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org:8080/a%2Fb?x=%3A&y=1#part",
        "https://EXAMPLE.org./",
        "http://192.0.2.1/hook",
        "http://255.249.199.0/",
        "http://[2001:db8::1]:9000/hook",
        "http://receiver_1/hook",
        "http://localhost:9000",
    ],
)
def test_a_url_is_kept_as_it_was_written(url):
    assert check_url(url) == url


def test_what_is_not_ascii_in_a_url_is_encoded_once():
    assert check_url("https://bücher.example:8443/ä%20b?q=ü") == (
        "https://xn--bcher-kva.example:8443/%C3%A4%20b?q=%C3%BC"
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "//example.org/",
        "https://ana@example.org/",
        "https://ana:secret@example.org/",
        "https://@example.org/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:port/",
        "https://exa mple.org/",
        "https://example.org/a b",
        "https://example.org\\@evil.example/",
        "https://example.org/<script>",
        "http://[::1",
        "http://[v1.x]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "https://-example.org/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://127.0.0.1./",
        "https://" + "a" * 2048,
    ],
)
def test_what_is_not_a_plain_url_is_refused(url):
    with pytest.raises(Invalid):
        check_url(url)


def test_a_slack_webhook_may_be_slacks_or_that_of_a_chat_that_understands_the_same():
    for url in (
        "https://hooks.slack.com/services/T000/B000/XXXX",
        "https://hooks.slack-gov.com/services/T000/B000/XXXX",
        "https://chat.example.org/hooks/abc",
        "http://127.0.0.1:9000/hook",
    ):
        assert check_slack_webhook(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/T000/B000/XXXX",
        "https://hooks.slack.com/",
        "https://hooks.slack.com/services/T000",
        "https://hooks.slack.com/triggers/T000/1/abc",
        "https://hooks.slack.com/workflows/T000/A/1/abc",
    ],
)
def test_a_slack_url_that_is_no_incoming_webhook_is_refused(url):
    with pytest.raises(Invalid, match="incoming webhook"):
        check_slack_webhook(url)


@pytest.mark.parametrize(
    ("written", "kept"), [("#ops", "#ops"), ("ops", "#ops"), ("@ana", "@ana"), ("C024BE91L", "C024BE91L")]
)
def test_a_slack_channel_has_its_sign_or_is_an_id(written, kept):
    assert check_slack_channel(written) == kept


@pytest.mark.parametrize("channel", ["", "#", "#a b", "<!channel>", "#ops,#dev", "#" + "a" * 81])
def test_what_names_no_slack_channel_is_refused(channel):
    with pytest.raises(Invalid):
        check_slack_channel(channel)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("mark", ["\r", "\n", "\t", "\0", "\x7f", "\x85", "\u2028", "\ud800", "\u200b"])
@pytest.mark.parametrize("place", ["before", "within", "after"])
def test_a_control_character_anywhere_is_refused_and_never_trimmed_away(check, mark, place):
    good = GOOD[check]
    text = {"before": mark + good, "within": good[:3] + mark + good[3:], "after": good + mark}[place]

    with pytest.raises(Invalid, match="invisible character"):
        check(text, "emails[0]")


@pytest.mark.parametrize("check", CHECKS)
def test_a_refusal_names_the_field_and_the_remedy(check):
    with pytest.raises(Invalid) as refusal:
        check("<>", "destinations[2].address")

    assert refusal.value.path == "destinations[2].address"
    assert "must" in str(refusal.value)


@pytest.mark.parametrize("check", CHECKS)
@given(text=st.text(max_size=60) | st.from_regex(r"\A(https?://|\+|#)?[!-~]{0,40}\Z"))
def test_any_text_is_either_refused_or_kept_in_a_form_that_is_kept_again(check, text):
    try:
        kept = check(text)
    except Invalid:
        return
    assert check(kept) == kept
    assert kept.isprintable()
