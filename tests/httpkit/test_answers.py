"""Answers that were written are given again while what they tell of stands."""

import gc

import pytest

from builders import directory, person
from tocsin.core.errors import NotFound
from tocsin.httpkit.answers import ANSWER_BYTES_MAX, BYTES_MAX, Answers, answers_of


class Scribe:
    """Writes answers, and counts them."""

    def __init__(self, size: int = 3) -> None:
        self.size = size
        self.written = 0

    def __call__(self) -> bytes:
        self.written += 1
        return b"%d" % self.written + b"x" * self.size


def test_an_answer_is_written_once_for_what_is_asked():
    answers, write = Answers(), Scribe()

    given = [answers.get(asked, write) for asked in ("a", "b", "a", "b", "a")]

    assert given == [b"1xxx", b"2xxx", b"1xxx", b"2xxx", b"1xxx"]


def test_a_refusal_is_no_answer():
    answers = Answers()

    def refuse() -> bytes:
        raise NotFound("schedule", "7")

    for _ in range(2):
        with pytest.raises(NotFound):
            answers.get("a", refuse)
    assert answers.get("a", Scribe()) == b"1xxx"


def test_a_directory_that_was_replaced_takes_its_answers_along():
    ana = person("Ana")
    first, second = directory(ana), directory(ana)

    answers_of(first).get("who", lambda: b"old")

    assert answers_of(first) is answers_of(first)
    assert answers_of(second).get("who", lambda: b"new") == b"new"
    kept = answers_of(first)
    del first
    gc.collect()
    assert answers_of(directory(ana)) is not kept


def test_what_is_kept_is_bounded_and_what_is_too_large_is_not_kept():
    answers, small, large = Answers(), Scribe(ANSWER_BYTES_MAX // 2), Scribe(ANSWER_BYTES_MAX)
    rooms = BYTES_MAX // (ANSWER_BYTES_MAX // 2 + 10)

    for _ in range(2):
        answers.get("large", large)
    for number in range(rooms):
        answers.get(number, small)
    answers.get(0, small)
    assert (large.written, small.written) == (2, rooms)

    for number in range(rooms, rooms + 3):
        answers.get(number, small)
    answers.get(0, small)
    assert small.written == rooms + 4, "all were forgotten when there was no more room"
