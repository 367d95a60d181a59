from datetime import timedelta

import pytest

from message_builders import NOW
from tocsin.channels.answers import RETRY_AFTER_MAX, receipt_of, retry_after
from tocsin.channels.base import HttpResponse
from tocsin.core.receipt import Outcome


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta(0)),
        ("30", timedelta(seconds=30)),
        (" 7 ", timedelta(seconds=7)),
        ("86400", RETRY_AFTER_MAX),
        ("9" * 400, RETRY_AFTER_MAX),
        ("Tue, 24 Nov 2026 06:10:02 GMT", timedelta(minutes=1)),
        ("Tue, 24 Nov 2026 06:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_MAX),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣٠", None),
        ("Tue, 24 Nov 2026 06:10:02", None),
        ("Tue, 99 Nov 2026 06:10:02 GMT", None),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date_and_is_bounded(value, wait):
    assert retry_after(value, NOW) == wait


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([200, 201, 202, 204, 299], Outcome.DELIVERED),
        ([300, 301, 302, 303, 304, 307, 308], Outcome.NEVER),
        ([400, 401, 403, 404, 405, 409, 410, 413, 415, 422], Outcome.NEVER),
        ([408, 425, 429], Outcome.TRY_AGAIN),
        ([500, 501, 502, 503, 504, 599], Outcome.TRY_AGAIN),
    ],
)
def test_a_status_says_whether_to_try_again(statuses, outcome):
    for status in statuses:
        receipt = receipt_of(HttpResponse(status=status), whose="hooks.example.org", now=NOW)
        assert receipt.outcome is outcome, status
        assert receipt.accepted or f"hooks.example.org answered {status}" in receipt.error


def test_the_error_has_the_start_of_the_answer_on_one_line():
    response = HttpResponse(status=400, body="no\r\n such\tfield: \N{PILE OF POO}".encode() + b"x" * 1000)

    error = receipt_of(response, whose="it", now=NOW).error

    assert error.startswith("it answered 400 no such field: \N{PILE OF POO}xxx")
    assert len(error) < 130


def test_what_must_stay_secret_is_taken_out_of_an_answer_that_repeats_it():
    response = HttpResponse(status=401, body=b"bad token hunter2! for a")

    error = receipt_of(response, whose="it", now=NOW, secrets=("hunter2!", "", "a")).error

    assert error == "it answered 401 bad token (secret) for a"
