import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from message_builders import AT, alert_line
from tocsin.core.alert import AlertStatus
from tocsin.core.escalation import PageStatus
from tocsin.core.event import Severity
from tocsin.replies.links import BadLink, Reply
from tocsin.replies.page import Stage, Standing, apologise, refuse, show


def standing(**changes):
    fields = {
        "title": "Disk full on db-1",
        "severity": Severity.CRITICAL,
        "status": PageStatus.TRIGGERED,
        "service": "Payments",
        "who": "Ana López",
        "alerts": (alert_line(),),
        "total": 1,
        "time_zone": "Europe/Berlin",
        "page_url": "https://tocsin.example.org/pages/page_1",
    }
    return Standing(**(fields | changes))


class Page(HTMLParser):
    def __init__(self, response):
        super().__init__()
        self.response, self.tags, self.heading, self.inputs, self._in = response, [], "", {}, ""
        self.feed(response.body.decode())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._in = tag
        if tag == "input":
            self.inputs[dict(attributes)["name"]] = dict(attributes).get("value")

    def handle_data(self, data):
        if self._in == "h1":
            self.heading += data.strip()

    @property
    def asks(self):
        return "form" in self.tags


@pytest.mark.parametrize(
    ("reply", "heading"),
    [
        (Reply.ACKNOWLEDGE, "Do you have it?"),
        (Reply.RESOLVE, "Is it over?"),
        (Reply.DECLINE, "No more messages about this?"),
    ],
)
def test_the_page_asks_before_anything_is_done(reply, heading):
    page = Page(show(reply, standing(), Stage.ASKED))

    assert (page.heading, page.asks) == (heading, True)
    assert page.inputs["confirm"] == "yes"
    assert ("comment" in page.inputs) is (reply is Reply.ACKNOWLEDGE)
    assert "Ana López" in page.response.body.decode()


@pytest.mark.parametrize(
    ("reply", "status", "heading"),
    [
        (Reply.ACKNOWLEDGE, PageStatus.ACKNOWLEDGED, "You have it"),
        (Reply.RESOLVE, PageStatus.RESOLVED, "It is resolved"),
        (Reply.DECLINE, PageStatus.TRIGGERED, "You are left out"),
        (Reply.ACKNOWLEDGE, PageStatus.RESOLVED, "It is over already"),
    ],
)
def test_afterwards_it_says_what_was_done_and_asks_no_more(reply, status, heading):
    page = Page(show(reply, standing(status=status), Stage.DONE))

    assert (page.heading, page.asks) == (heading, False)


def test_whoever_has_it_already_is_named_with_the_time():
    already = standing(status=PageStatus.ACKNOWLEDGED, acknowledged_by="Ben Okafor", acknowledged_at=AT)
    page = Page(show(Reply.ACKNOWLEDGE, already, Stage.ASKED))

    assert (page.heading, page.asks) == ("Ben Okafor has it", False)
    assert "since Tue 24 Nov 2026, 07:09 (UTC+1)" in page.response.body.decode()
    assert Page(show(Reply.RESOLVE, already, Stage.ASKED)).asks
    assert Page(show(Reply.DECLINE, already, Stage.ASKED)).asks


def test_what_is_resolved_cannot_be_acknowledged_or_resolved_again():
    over = standing(status=PageStatus.RESOLVED, alerts=(alert_line(status=AlertStatus.RESOLVED),))

    for reply in (Reply.ACKNOWLEDGE, Reply.RESOLVE):
        page = Page(show(reply, over, Stage.ASKED))
        assert (page.heading, page.asks) == ("It is over already", False)


def test_few_alerts_are_shown_and_the_others_counted():
    many = standing(alerts=tuple(alert_line(number) for number in range(9)), total=240)
    html = show(Reply.ACKNOWLEDGE, many, Stage.ASKED).body.decode()

    assert html.count("<li ") == 3
    assert "and 237 more" in html


def test_texts_are_never_markup():
    nasty = "<script>alert(1)</script>\u202e\ud800"
    hostile = standing(
        title=nasty,
        service=nasty,
        who=nasty,
        acknowledged_by=nasty,
        status=PageStatus.ACKNOWLEDGED,
        alerts=(alert_line(title=nasty, message=nasty),),
    )
    for reply in Reply:
        page = Page(show(reply, hostile, Stage.ASKED))
        assert "script" not in page.tags


@pytest.mark.parametrize(
    "response",
    [
        show(Reply.ACKNOWLEDGE, standing(), Stage.ASKED),
        show(Reply.DECLINE, standing(), Stage.DONE),
        refuse(BadLink.BROKEN),
        refuse(BadLink.EXPIRED),
        apologise(503, "Tocsin is busy."),
    ],
)
def test_the_page_may_do_nothing_and_be_nowhere_but_here(response):
    html = response.body.decode()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-robots-tag"] == "noindex, nofollow"
    assert " style=" not in html
    assert "<script" not in html
    assert "http" not in style


@pytest.mark.parametrize(("bad", "status"), [(BadLink.BROKEN, 404), (BadLink.EXPIRED, 410)])
def test_a_bad_link_is_told_apart_and_offers_nothing(bad, status):
    page = Page(refuse(bad))

    assert page.response.status_code == status
    assert page.heading.startswith("This link")
    assert not page.asks
