"""Answers that were given are given again while they hold, to whoever may have them."""

import gc
from datetime import timedelta

import pytest

from builders import NOW, directory, person
from tocsin.httpkit.repeats import ANSWER_BYTES_MAX, BYTES_MAX, Repeat, Repeats, repeats_of

TAG = [(b"host", b"tocsin.test"), (b"if-none-match", b'"1"')]


def answer(size: int = 3, *, until_s: float | None = None, tagged: bool = False) -> Repeat:
    return Repeat(
        messages=(
            {"type": "http.response.start", "status": 200, "headers": []},
            {"type": "http.response.body", "body": b"x" * size},
        ),
        since=NOW,
        until=None if until_s is None else NOW + timedelta(seconds=until_s),
        tagged=tagged,
    )


@pytest.mark.parametrize(
    ("given", "later_s", "headers", "holds", "because"),
    [
        (answer(), 0, (), True, "it was given at this moment"),
        (answer(), 10**8, TAG, True, "what has no tag can always be given again"),
        (answer(), -1, (), False, "the clock was set back"),
        (answer(until_s=60), 59, (), True, "it holds until then"),
        (answer(until_s=60), 60, (), False, "and not at that moment"),
        (answer(tagged=True), 0, (), True, "nobody asks whether it is another one"),
        (answer(tagged=True), 0, TAG, False, "the caller may have it already"),
    ],
)
def test_an_answer_holds_for_its_time_and_for_its_caller(given, later_s, headers, holds, because):
    assert given.holds(NOW + timedelta(seconds=later_s), headers) is holds, because


def test_the_last_answer_to_a_question_is_kept():
    repeats, first, second = Repeats(), answer(), answer()

    assert repeats.get((b"/who", b"")) is None
    repeats.keep((b"/who", b""), first)
    assert repeats.get((b"/who", b"")) is first
    repeats.keep((b"/who", b""), second)

    assert repeats.get((b"/who", b"")) is second
    assert repeats.get((b"/who", b"include=user")) is None


def test_a_directory_that_was_replaced_takes_its_answers_along():
    ana = person("Ana")
    first, second = directory(ana), directory(ana)

    repeats_of(first).keep((b"/who", b""), answer())

    assert repeats_of(first).get((b"/who", b"")) is not None
    assert repeats_of(second).get((b"/who", b"")) is None
    kept = repeats_of(first)
    del first
    gc.collect()
    assert repeats_of(directory(ana)) is not kept


def test_what_is_kept_is_bounded_and_what_is_too_large_is_not_kept():
    repeats = Repeats()
    repeats.keep((b"large", b""), answer(ANSWER_BYTES_MAX + 1))
    assert repeats.get((b"large", b"")) is None

    count = 0
    while repeats.get((b"0", b"")) or not count:
        assert count * ANSWER_BYTES_MAX <= BYTES_MAX
        repeats.keep((b"%d" % count, b""), answer(ANSWER_BYTES_MAX))
        repeats.keep((b"again", b""), answer(ANSWER_BYTES_MAX))
        count += 1

    assert repeats.get((b"%d" % (count - 1), b"")), (
        "all were forgotten when there was no more room, but for the last"
    )
