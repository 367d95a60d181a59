from datetime import timedelta

import pytest

from builders import NOW
from tocsin.core.because import Because, listing, span
from tocsin.core.because_paging import (
    GaveUp,
    PlanEnded,
    RulePassed,
    StepPassed,
    StepsRepeated,
    StepTaken,
    StepWaits,
    StillAsked,
    TriedAgain,
    WindowClosed,
)

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("because", "sentence"),
    [
        (
            StepTaken(plan="Backend", step=1, steps=2, asked=("Ana", "Ben")),
            "step 1 of 2 of Backend asks Ana and Ben",
        ),
        (
            StepPassed(plan="Backend", step=2, why="it reaches nobody"),
            "step 2 of Backend is passed: it reaches nobody",
        ),
        (StillAsked(name="Ana"), "Ana is being asked already, and their notification rules go on"),
        (
            RulePassed(name="Ana", rule="rule 1 of 2, push", why="none is verified"),
            "Ana: rule 1 of 2, push is passed: none is verified",
        ),
        (
            StepWaits(plan="Backend", step=2, why="these are not its hours"),
            "step 2 of Backend waits: these are not its hours",
        ),
        (
            StepsRepeated(plan="Backend", round=2, times=3),
            "Backend starts over at once, repeat 2 of 3",
        ),
        (
            StepsRepeated(plan="Backend", round=2, times=3, wait=MINUTE),
            "Backend starts over in 1 minute, repeat 2 of 3",
        ),
        (
            PlanEnded(plan="Backend", reached=True),
            "Backend is at its end: there is nobody else to ask",
        ),
        (
            PlanEnded(plan="Backend", reached=False),
            "Backend is at its end and has reached nobody: check whom its steps name",
        ),
        (WindowClosed(joined=0), "the gathering window closed and no more alerts had come"),
        (WindowClosed(joined=1), "the gathering window closed with 1 more alert"),
        (WindowClosed(joined=12), "the gathering window closed with 12 more alerts"),
        (
            TriedAgain(error="", at=NOW, provider=1, attempt=1),
            "it could not be sent (no reason given); try 1 with provider 2 at 2026-03-06T09:00:00Z",
        ),
        (
            GaveUp(error="550 no such user", why="the answer was final"),
            "it could not be sent (550 no such user); given up: the answer was final",
        ),
    ],
)
def test_every_reason_is_a_sentence_that_stands_alone(because, sentence):
    assert because.sentence() == sentence


def test_every_reason_is_known_by_its_code():
    assert Because.kinds["step_taken"] is StepTaken
    assert StepTaken.code == "step_taken"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 seconds"),
        (timedelta(milliseconds=999), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (41 * MINUTE, "41 minutes"),
        (timedelta(hours=2, minutes=5, seconds=9), "2 hours 5 minutes"),
        (timedelta(days=1, seconds=1), "1 day 1 second"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(length, words):
    assert span(length) == words


@pytest.mark.parametrize(
    ("names", "words"),
    [((), "nobody"), (("Ana",), "Ana"), (("Ana", "Ben"), "Ana and Ben"), ("abc", "a, b and c")],
)
def test_names_are_listed_as_people_say_them(names, words):
    assert listing(names) == words
