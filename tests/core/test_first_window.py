"""Windows that decide, severities that last and are silenced by themselves: the timed rules of a policy."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import person, step, target
from builders import plan as plan_of
from routing_builders import HOUR, MINUTE, NOW, SECOND, event, opened, plan, policy, rule
from tocsin.core.alert import fold
from tocsin.core.alert_policy import Lasting, Mode, RepeatSilence
from tocsin.core.calendar import CronWindow, DatedWindow
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId
from tocsin.core.judging import judge
from tocsin.core.verdict import Quiet, Routed

CRITICAL, ERROR, WARNING, INFO, NODATA = (
    Severity.CRITICAL,
    Severity.ERROR,
    Severity.WARNING,
    Severity.INFO,
    Severity.NODATA,
)

# NOW is a Friday, 09:00 UTC.
MORNING = CronWindow(expression="0 8 * * 1-5", duration=timedelta(hours=4), time_zone="UTC")
DAY = CronWindow(expression="0 8 * * 1-5", duration=timedelta(hours=10), time_zone="UTC")
NIGHT = CronWindow(expression="0 22 * * *", duration=timedelta(hours=8), time_zone="UTC")
FRIDAY = DatedWindow(dates=(NOW.date(),), start=NOW.time(), duration=HOUR, time_zone="UTC")


def decide(alert, *policies, now=NOW, **fields):
    return judge(policies, (), {}, alert, now, catch_all=None, **fields)


def paged(judgement) -> list[str]:
    return [each.plan.name for each in judgement.verdicts if isinstance(each, Routed) and each.level is None]


def entries(*rules):
    return policy(*rules, mode=Mode.FIRST_WINDOW)


@pytest.mark.parametrize(
    ("rules", "acts", "because"),
    [
        ([("A", MORNING), ("B", DAY)], ["A"], "the first open window decides alone"),
        ([("A", NIGHT), ("B", DAY)], ["B"], "windows are tried from the top"),
        ([("A", DAY), ("B", NIGHT), ("C", DAY)], ["A", "C"], "all rules of that window act"),
        ([("A", FRIDAY), ("B", DAY)], ["A"], "listed dates are windows like any other"),
        ([("A", DAY), ("F", None)], ["A"], "fallbacks stand back while a window is open"),
        ([("A", NIGHT), ("F", None), ("G", None)], ["F", "G"], "all fallbacks act together when none is"),
        ([("A", NIGHT)], [], "no window and no fallback is nobody"),
        ([("F", None), ("A", DAY)], ["A"], "wherever they stand"),
    ],
)
def test_the_first_window_that_is_open_settles_which_rules_act(rules, acts, because):
    made = [rule(plan(name), window=window, fallback=window is None) for name, window in rules]

    assert paged(decide(opened(), entries(*made))) == acts, because


def test_a_window_decides_even_if_none_of_its_rules_takes_the_alert():
    ops = entries(
        rule(plan("Critical"), window=DAY, severities=frozenset({CRITICAL})),
        rule(plan("Fallback"), fallback=True),
        rule(plan("Later"), window=MORNING),
    )

    assert paged(decide(opened(WARNING), ops)) == []


def test_whoever_stands_back_for_another_window_says_so():
    ops = entries(rule(plan("A"), window=MORNING, name="morning"), rule(plan("B"), window=DAY, name="day"))

    said = [each.because.text for each in decide(opened(), ops).verdicts]

    assert said[1] == ("Rule day of Operations stands back: the first open window is that of rule morning.")


def test_the_time_of_the_event_decides_and_not_that_of_its_arrival():
    ops = entries(rule(plan("Day"), window=DAY), rule(plan("Night"), window=NIGHT))
    night = NOW.replace(hour=23)

    assert paged(decide(opened(), ops, now=night)) == ["Night"]
    assert paged(decide(opened(), ops, now=night, said_at=NOW)) == ["Day"]


def test_other_modes_go_by_the_time_of_arrival():
    ops = policy(rule(plan("Day"), window=DAY), rule(plan("Night"), window=NIGHT))

    assert paged(decide(opened(), ops, now=NOW.replace(hour=23), said_at=NOW)) == ["Night"]


# --- repeats --------------------------------------------------------------------------------------------


def told(ops, *story, alert=None):
    """Tell who is paged at each of *story*: (severity, seconds after NOW)."""
    said = []
    for severity, after in story:
        now = NOW + after * SECOND
        spoken = event(severity, after=after * SECOND)
        alert = fold(alert, spoken, now, alert_id=AlertId(7)).alert
        judgement = decide(alert, ops, now=now)
        alert = judgement.alert
        said.append(bool(paged(judgement)))
    return said


@pytest.mark.parametrize(
    ("repeat", "story", "pages", "because"),
    [
        (RepeatSilence(after=600 * SECOND), [(ERROR, 0), (ERROR, 599), (ERROR, 600)], [1, 0, 1], "it ends"),
        (RepeatSilence(after=None), [(ERROR, 0), (ERROR, 10**6)], [1, 0], "never again in this fault"),
        (RepeatSilence(after=0 * SECOND), [(ERROR, 0), (ERROR, 1)], [1, 1], "none at all"),
        (
            RepeatSilence(after=600 * SECOND),
            [(ERROR, 0), (ERROR, 600), (ERROR, 1100), (ERROR, 1200)],
            [1, 1, 0, 1],
            "the clock starts again with each page",
        ),
        (RepeatSilence(after=None), [(ERROR, 0), (CRITICAL, 1), (WARNING, 2)], [1, 1, 0], "only a rise"),
        (
            RepeatSilence(after=None, each_severity=True),
            [(ERROR, 0), (CRITICAL, 1), (WARNING, 2), (NODATA, 3), (INFO, 4)],
            [1, 1, 1, 1, 1],
            "each severity is an alert of its own",
        ),
        (
            RepeatSilence(after=None, each_severity=True),
            [(CRITICAL, 0), (WARNING, 1), (CRITICAL, 2), (WARNING, 3)],
            [1, 1, 0, 0],
            "coming back to one does not break its silence",
        ),
        (
            RepeatSilence(after=600 * SECOND, each_severity=True),
            [(CRITICAL, 0), (WARNING, 500), (CRITICAL, 600), (WARNING, 700), (WARNING, 1100)],
            [1, 1, 1, 0, 1],
            "each has a clock of its own",
        ),
        (
            RepeatSilence(after=None, by_severity={ERROR: 60 * SECOND}, each_severity=True),
            [(ERROR, 0), (ERROR, 60), (CRITICAL, 61), (CRITICAL, 999)],
            [1, 1, 1, 0],
            "and a length of its own",
        ),
    ],
)
def test_a_policy_keeps_quiet_about_repeats(repeat, story, pages, because):
    assert told(policy(rule(), repeat=repeat), *story) == [bool(page) for page in pages], because


def test_a_severity_that_no_rule_takes_is_no_worse_than_what_was_paged_before():
    ops = policy(
        rule(plan("Critical"), severities=frozenset({CRITICAL, WARNING})),
        repeat=RepeatSilence(after=None, each_severity=True),
    )
    alert = decide(opened(CRITICAL), ops).alert
    alert = fold(alert, event(WARNING, after=SECOND), NOW + SECOND, alert_id=AlertId(7)).alert
    alert = decide(alert, ops, now=NOW + SECOND).alert
    alert = fold(alert, event(ERROR, after=MINUTE), NOW + MINUTE, alert_id=AlertId(7)).alert

    judged = judge((ops,), (), {}, alert, NOW + MINUTE, catch_all=plan("Last resort"))

    assert [type(each) for each in judged.verdicts][-1] is Quiet
    assert len(judged.alert.memory) == 2


# --- what lasts -----------------------------------------------------------------------------------------

ANA = person("Ana", "email")


def lasting(name: str, minutes: int, *severities: Severity) -> Lasting:
    return Lasting(
        severities=frozenset(severities), plan=plan_of(step(target(ANA), after=minutes), name=name)
    )


@pytest.mark.parametrize(
    ("severity", "watched"),
    [(CRITICAL, ["ten", "hour"]), (WARNING, ["ten"]), (INFO, [])],
)
def test_a_rule_that_takes_an_alert_watches_whether_it_lasts(severity, watched):
    ops = policy(
        rule(
            plan("Now"),
            severities=frozenset({CRITICAL, WARNING}),
            lasting=(lasting("ten", 10), lasting("hour", 60, CRITICAL, ERROR)),
        )
    )

    verdicts = decide(opened(severity), ops).verdicts

    levels = [each for each in verdicts if isinstance(each, Routed) and each.level is not None]
    assert [each.plan.name for each in levels] == watched
    assert all(each.level is severity and each.group_key is None for each in levels)


def test_what_is_watched_says_for_how_long():
    ops = policy(rule(plan("Now"), lasting=(lasting("Boss", 10),)))

    because = decide(opened(CRITICAL), ops).verdicts[-1].because

    assert because.text == ("Rule 1 of Operations runs Boss once the alert has been critical for 10 minutes.")


def test_a_rule_may_have_nothing_but_plans_for_what_lasts():
    ops = policy(replace(rule(), inline=(), lasting=(lasting("Boss", 10),)))

    judged = decide(opened(CRITICAL), ops)

    assert [each.plan.name for each in judged.verdicts] == ["Boss"]
    assert judged.alert.memory
