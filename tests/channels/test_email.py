import asyncio
import email
import re
from datetime import timedelta
from email import policy
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_builders import KEY, NOW, RecordingWire, a_page, alert_line, attempt, of_kind, worst
from receivers import mail_server
from tocsin.channels import wording
from tocsin.channels.base import BundledPage, Mail, MailReply, deliver
from tocsin.channels.email import EmailChannel, compose, receipt
from tocsin.core.alert import AlertStatus
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome, Receipt
from tocsin.httpkit.outbound import OutboundWire

CHANNEL = EmailChannel()
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "X-Tocsin-Notification",
    "X-Tocsin-Kind",
    "X-Tocsin-Severity",
    "X-Tocsin-Page",
    "Importance",
    "X-Priority",
    "MIME-Version",
    "Content-Type",
}


def written(message, recipient="ana@example.org"):
    return compose(CHANNEL.render(message, {}), recipient=recipient, now=NOW)


def read(message, recipient="ana@example.org"):
    return email.message_from_bytes(written(message, recipient), policy=policy.default)


def texts(message):
    mail = read(message)
    parts = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    return tuple(part.replace("\r\n", "\n") for part in parts)


class Page(HTMLParser):
    """What a mail program would see in the HTML: links, and elements that are not closed."""

    VOID = frozenset({"meta", "br", "img"})

    def __init__(self, html):
        super().__init__()
        self.links, self.open, self.tags = [], [], set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "a":
            self.links.append(dict(attributes)["href"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_mail_has_these_headers_and_no_others():
    mail = read(a_page())

    assert set(mail.keys()) == HEADERS
    assert mail["From"] == "Tocsin <tocsin@example.org>"
    assert mail["To"] == "ana@example.org"
    assert mail["Subject"] == "[Critical] Disk full on db-1"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == f"<{KEY}@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Tocsin <pages.tocsin.example.org>"
    assert (mail["X-Tocsin-Severity"], mail["X-Tocsin-Kind"]) == ("critical", "page")
    assert mail["Importance"] == "high"


def test_the_plain_text_is_this():
    plain, _ = texts(a_page(drill=True, late_by=timedelta(minutes=41), total=3))

    assert plain == (
        "[Drill] [Critical] Disk full on db-1\n"
        "\n"
        "Hello Ana López,\n"
        "\n"
        "This is a drill. Nothing is broken; please answer as if it were.\n"
        "\n"
        "Late by 41 min: this was wanted at Tue 24 Nov 2026, 07:09 (UTC+1).\n"
        "\n"
        "Acknowledge: https://tocsin.example.org/r/ack\n"
        "Resolve:     https://tocsin.example.org/r/res\n"
        "Open:        https://tocsin.example.org/pages/page_0123456789ab\n"
        "\n"
        "Service: Payments\n"
        "Page:    page_0123456789ab\n"
        "\n"
        "Why you\n"
        "  You are on call in “Primary”.\n"
        "\n"
        "What happens next\n"
        "  At 07:14 Ben Okafor is asked.\n"
        "\n"
        "3 alerts\n"
        "\n"
        "* [Critical] Disk full on db-1\n"
        "  firing since Tue 24 Nov 2026, 07:09 (UTC+1)\n"
        "  /var is 97 % full\n"
        "  and fills in 42 min\n"
        "  host=db-1  region=eu\n"
        "  https://tocsin.example.org/alerts/alrt_000000000001\n"
        "  https://grafana.example.org/d/abc?a=1&b=2\n"
        "\n"
        "and 2 more alerts\n"
        "\n"
        "-- \n"
        f"Sent by Tocsin as {KEY}\n"
        "Links ask before they do anything. No more mail about this page: https://tocsin.example.org/r/dec\n"
    )


def test_the_html_says_what_the_text_says_and_offers_the_same_links():
    plain, html = texts(a_page())
    page = Page(html)

    assert page.open == []
    assert not page.tags & {"script", "img", "form", "link", "iframe", "object"}
    assert set(page.links) == set(re.findall(r"https://\S+", plain))
    for part in (
        "Acknowledge",
        "Payments",
        "You are on call in “Primary”.",
        "At 07:14 Ben Okafor is asked.",
        "host=db-1",
    ):
        assert part in html


@pytest.mark.parametrize("kind", list(NotificationKind))
def test_only_what_can_be_answered_has_buttons(kind):
    links = {"acknowledge_url": "https://x.example/a", "resolve_url": "https://x.example/r"}
    plain, html = texts(a_page(kind=kind, **links))

    asks = kind.asks or kind is NotificationKind.TEST
    assert ("https://x.example/a" in plain) is asks
    assert ("https://x.example/a" in Page(html).links) is asks


def test_all_mails_of_a_page_hang_together_whichever_comes_first():
    opened, again = read(a_page()), read(a_page(key="ntf_00000000000b"))
    resolved = read(a_page(key="ntf_00000000000c", kind=NotificationKind.RESOLVED))
    other = read(a_page(key="ntf_00000000000d", page="page_000000000009"))

    threads = [mail["References"] for mail in (opened, again, resolved, other)]
    assert threads[0] == threads[1] == threads[2] != threads[3]
    assert all(mail["In-Reply-To"] == mail["References"] for mail in (opened, again, resolved, other))
    assert len({mail["Message-ID"] for mail in (opened, again, resolved, other)}) == 4
    without_state = {re.sub(r"^(\[[^]]*\] )+", "", mail["Subject"]) for mail in (opened, again, resolved)}
    assert without_state == {"Disk full on db-1"}


def test_a_thread_may_be_the_alerts_own():
    assert read(a_page(thread="alrt_00000000000x"))["References"] == "<alrt_00000000000x.thread@example.org>"
    assert read(a_page(page="", thread=""))["References"] == f"<{KEY}.thread@example.org>"


def test_one_click_leads_to_the_declining_link_and_is_not_offered_without_one():
    mail, without = read(a_page()), read(a_page(decline_url=""))

    assert mail["List-Unsubscribe"] == "<https://tocsin.example.org/r/dec>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in without
    assert "List-Unsubscribe-Post" not in without


def test_sent_again_it_is_the_same_mail_byte_for_byte():
    assert written(a_page()) == written(a_page())


@pytest.mark.parametrize("message", [a_page(), worst(), of_kind(NotificationKind.VERIFICATION)])
def test_what_goes_over_the_wire_is_ascii_in_lines_of_bearable_length(message):
    data = written(message)

    data.decode("ascii")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998


TITLES = (
    st.text(max_size=300)
    | st.text(alphabet="ab =?:<>\r\n\t,;@\"'é🚨ב\u202e\ud800", max_size=300)
    | st.text(alphabet="é =?", max_size=40).map(
        lambda text: f"{text}=?utf-8?q?=0D=0ABcc:_x=40evil.example?= {text}"
    )
)


@given(title=TITLES, because=TITLES, sender=st.sampled_from(["t@example.org", "Wächter <t@example.org>"]))
def test_no_text_can_add_a_header_or_lose_its_own(title, because, sender):
    message = a_page(
        title=title, because=because, service=title, recipient=title, workspace=title, sender=sender
    )
    mail = read(message)

    assert set(mail.keys()) == HEADERS
    assert mail["Subject"].split() == wording.headline(message).split()
    assert mail["From"].addresses[0].addr_spec == "t@example.org"
    assert len(list(mail.walk())) == 3


def test_text_from_alerts_is_never_markup_and_never_a_dangerous_link():
    _, html = texts(worst())
    page = Page(html)

    assert page.open == []
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert all(re.fullmatch(r"https://[!-~]+", link) for link in page.links)
    assert "https://ok.example/?a=1&b=2" in page.links
    assert not any("evil" in link or "script" in link for link in page.links)


def test_the_worst_message_is_still_short_enough_to_be_shown_whole():
    _, html = texts(worst())

    assert len(html.encode()) < 102 * 1024
    assert "and 12,285 more alerts" in html
    assert "and 20 more" in html


def test_either_direction_of_writing_is_laid_out_by_its_own_text():
    _, html = texts(a_page(title="הדיסק מלא", service="خدمة", alerts=(alert_line(title="القرص ممتلئ"),)))

    assert re.search(r'<h1[^>]*dir="auto"[^>]*>הדיסק מלא</h1>', html)
    assert "<bdi>خدمة</bdi>" in html
    assert '<meta name="color-scheme" content="light dark">' in html


def test_a_resolved_or_acknowledged_alert_says_so():
    alert = alert_line(status=AlertStatus.RESOLVED, acknowledged_by="Ben Okafor")
    plain, html = texts(a_page(kind=NotificationKind.RESOLVED, alerts=(alert,)))

    for text in (plain, html):
        assert "resolved, was firing" in text
        assert "acknowledged by" in text


def test_pages_that_wait_beside_it_are_told_in_a_line_each():
    other = BundledPage(
        page="page_1", title="Latency", severity=Severity.WARNING, service="Search", url="https://x.example/1"
    )
    plain, html = texts(a_page(bundled=(other,)))

    assert "Also waiting for you\n* [Warning] Latency (Search)\n  https://x.example/1\n" in plain
    assert "https://x.example/1" in Page(html).links


def test_mail_arrives_at_a_real_server_and_is_sent_not_delivered():
    async def story():
        async with mail_server() as server, OutboundWire(smtp_url=f"smtp://127.0.0.1:{server.port}") as wire:
            return await deliver(CHANNEL, a_page(), attempt("ana@example.org"), wire), server.mails

    receipt, [envelope] = asyncio.run(story())

    assert receipt == Receipt(outcome=Outcome.SENT, provider_id="4F001")
    assert (envelope.mail_from, envelope.rcpt_tos) == ("tocsin@example.org", ["ana@example.org"])
    assert envelope.content == written(a_page())


def test_a_mail_that_is_refused_at_the_end_of_its_data_is_not_counted_as_sent():
    async def story():
        async with mail_server() as server:
            server.refusals["DATA"] = "554 5.7.1 looks like spam"
            async with OutboundWire(smtp_url=f"smtp://127.0.0.1:{server.port}") as wire:
                return await deliver(CHANNEL, a_page(), attempt("ana@example.org"), wire)

    receipt = asyncio.run(story())

    assert receipt == Receipt(
        outcome=Outcome.NEVER, error="the mail server answered 554 5.7.1 looks like spam"
    )


def test_a_mailbox_outside_ascii_is_written_to_as_it_is():
    wire = RecordingWire(MailReply(code=250, text="ok"))

    receipt = asyncio.run(deliver(CHANNEL, a_page(), attempt("ünal@example.org"), wire))

    [mail] = wire.mails
    assert receipt.accepted
    assert mail.recipient == "ünal@example.org"
    assert "To: ünal@example.org\r\n".encode() in mail.content


@pytest.mark.parametrize(
    ("code", "text", "outcome", "provider_id"),
    [
        (250, "2.0.0 Ok: queued as 4FaB1c", Outcome.SENT, "4FaB1c"),
        (250, "OK id=1sAbc-0001-XY", Outcome.SENT, "1sAbc-0001-XY"),
        (250, "Ok 0102018f", Outcome.SENT, "Ok 0102018f"),
        (421, "4.3.2 closing", Outcome.TRY_AGAIN, ""),
        (451, "greylisted", Outcome.TRY_AGAIN, ""),
        (452, "mailbox full", Outcome.TRY_AGAIN, ""),
        (550, "no such user", Outcome.NEVER, ""),
        (552, "too large", Outcome.NEVER, ""),
        (354, "out of order", Outcome.TRY_AGAIN, ""),
    ],
)
def test_the_servers_last_word_decides(code, text, outcome, provider_id):
    got = receipt(MailReply(code=code, text=text))

    assert (got.outcome, got.provider_id) == (outcome, provider_id)
    assert (text in got.error) is (outcome is not Outcome.SENT)


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("pager@ops.example", "Tocsin <pager@ops.example>"),
        ('"Tocsin, Inc" <pager@ops.example>', '"Tocsin, Inc" <pager@ops.example>'),
        ("Wächter <pager@bücher.example>", "Wächter <pager@xn--bcher-kva.example>"),
    ],
)
def test_the_sender_may_have_any_name(sender, shown):
    assert read(a_page(sender=sender))["From"] == shown


@pytest.mark.parametrize("sender", ["", "nobody", "wächter@ops.example", "a@b@c"])
def test_a_sender_that_cannot_be_one_is_named_as_the_setting_that_it_is(sender):
    wire = RecordingWire()
    receipt = asyncio.run(deliver(CHANNEL, a_page(sender=sender), attempt("ana@example.org"), wire))

    assert receipt.outcome is Outcome.NEVER
    assert receipt.error.startswith("TOCSIN_MAIL_FROM")


def test_the_envelope_carries_the_senders_bare_address():
    wire = RecordingWire(MailReply(code=250, text="ok"))

    asyncio.run(deliver(CHANNEL, a_page(sender="pager@ops.example"), attempt("ana@example.org"), wire))

    [mail] = wire.mails
    assert isinstance(mail, Mail)
    assert mail.sender == "pager@ops.example"
    assert b"From: Tocsin <pager@ops.example>\r\n" in mail.content
