import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.sources.inbound_email import plain, read

FORM = "application/x-www-form-urlencoded"
KEY = "abcdefgh12345678"


def form(**fields: str):
    return read(FORM, urlencode(fields).encode())


@pytest.mark.parametrize(
    "fields",
    [
        {"recipient": f"{KEY}@oncall.example.org"},
        {"to": f"Ops <{KEY}@oncall.example.org>, other@example.org"},
        {"to": "list@example.org", "envelope": json.dumps({"to": [f"{KEY}@x"], "from": "a@b"})},
        {"recipient": f"{KEY}+tag@oncall.example.org"},
    ],
)
def test_the_key_is_found_wherever_a_service_puts_the_recipient(fields):
    assert KEY in form(subject="x", **fields).keys


def test_text_comes_before_html_which_is_turned_into_text():
    said = {"recipient": f"{KEY}@x", "subject": "Disk", "html": "<p>one</p><p>two &amp; three</p>"}

    assert form(**said).message == "one\ntwo & three"
    assert form(**said, text="plain").message == "plain"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<style>p { x }</style>a<script>b</script>c", "ac"),
        ("<STYLE>never closed", ""),
        ("a < b", "a < b"),
        ("<head><title>x</title></head><body>  a   b </body>", "a b"),
        ("<script" * 20_000, ""),
        ("<" * 100_000, "<" * 100_000),
    ],
)
def test_html_becomes_what_people_see_however_it_is_broken(html, text):
    assert plain(html) == text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[]"),
        ("application/json", b"{"),
        ("multipart/form-data; boundary=x", b"nothing"),
        ("multipart/form-data", b""),
    ],
)
def test_what_is_no_mail_is_refused(kind, body):
    with pytest.raises(Invalid):
        read(kind, body)


@given(kind=st.sampled_from([FORM, "multipart/form-data; boundary=b", ""]), body=st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(kind, body):
    try:
        read(kind, body)
    except Invalid:
        return
