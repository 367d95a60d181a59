"""Explanations: what an event would come to, told beforehand with every reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import builders
from builders import MINUTE, destination, directory, person, rules, step, target
from routing_builders import NOW, SERVICE, WORKSPACE, event, policy, resolved, rule, silence
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import Change, acknowledge
from tocsin.core.alert_policy import Lasting, RepeatSilence
from tocsin.core.escalation import (
    Assignment,
    DestinationTarget,
    EscalationPlan,
    MoreAlertsThan,
    PageStatus,
    RepeatSteps,
    ResolveAlerts,
    begin,
)
from tocsin.core.event import EventStatus, Severity
from tocsin.core.filters import parse
from tocsin.core.foreseen import Around
from tocsin.core.foresight import HORIZON, MOMENTS_MAX, event_of, explain
from tocsin.core.ids import PageId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Role
from tocsin.core.reminders import Reminders
from tocsin.core.retelling import retell
from tocsin.core.service import Service

ANA, BEN = person("Ana", "email"), person("Ben", "email")
OPS = destination("#ops")
PLAN = builders.plan(step(target(ANA)), step(target(BEN), after=10))


def configured(*plans: EscalationPlan, silences=(), things=(ANA, BEN, OPS), **fields):
    """A workspace whose one alert policy runs *plans*."""
    service = Service(id=SERVICE, workspace=WORKSPACE, name="Shop", slug="shop")
    return replace(
        directory(*things),
        services={SERVICE: service},
        alert_policies=(policy(rule(*(plans or (PLAN,))), **fields),),
        silences=tuple(silences),
    )


def told(explanation) -> list[tuple[int, str, str]]:
    """Who would be told, after so many minutes, and what kind of message it is."""
    names = {ANA.id: "Ana", BEN.id: "Ben", None: "#ops"}
    return [
        ((moment.at - NOW) // MINUTE, names[each.user], each.kind.value)
        for run in explanation.runs
        for moment in run.moments
        for each in moment.messages
    ]


def codes(explanation) -> list[str]:
    return [because.code for run in explanation.runs for moment in run.moments for because in moment.because]


def test_new_trouble_is_explained_from_its_event_to_the_last_message():
    explained = explain(configured(), event(), NOW)

    assert (explained.change, explained.alert.title) == (Change.OPENED, "disk full")
    assert [type(verdict).__name__ for verdict in explained.judgement.verdicts] == ["Routed"]
    assert told(explained) == [(0, "Ana", "page"), (10, "Ben", "page")]
    assert codes(explained) == ["page_began", "step_taken", "step_taken", "plan_ended"]
    assert (explained.until, explained.runs[0].goes_on, explained.runs[0].id) == (None, False, None)


def test_the_rules_of_a_person_are_followed_to_their_end():
    patient = replace(ANA, rules=rules(ANA.id, 5, "email", 20, "email"))

    explained = explain(configured(builders.plan(step(target(patient))), things=(patient,)), event(), NOW)

    assert [minute for minute, _, _ in told(explained)] == [5, 25]


def test_trouble_that_nobody_takes_is_explained_too():
    explained = explain(replace(configured(), alert_policies=()), event(), NOW)

    assert explained.runs == ()
    assert [verdict.because.code for verdict in explained.judgement.verdicts] == ["nobody_took_it"]


def test_an_event_that_changes_nothing_says_so():
    explained = explain(configured(), resolved(), NOW)

    assert (explained.alert, explained.change, explained.judgement) == (None, Change.IGNORED, None)
    assert [because.code for because in explained.because] == ["nothing_open"]


def test_lasting_plans_of_two_rules_that_come_due_together_are_foretold_as_one_message():
    both = [
        rule(
            PLAN, lasting=(Lasting(plan=builders.plan(step(DestinationTarget(destination=OPS.id), after=n))),)
        )
        for n in (20, 20, 30)
    ]
    town = replace(configured(), alert_policies=(policy(*both),))

    assert [each for each in told(explain(town, event(), NOW)) if each[1] == "#ops"] == [
        (20, "#ops", "page"),
        (30, "#ops", "page"),
    ]


def test_a_repeat_is_kept_quiet_and_what_its_policies_would_say_afresh_is_told():
    town = configured()
    known = explain(town, event(), NOW).alert

    explained = explain(town, event(), NOW + MINUTE, Around(known=known))

    assert [type(verdict).__name__ for verdict in explained.judgement.verdicts] == ["Quiet"]
    assert [type(verdict).__name__ for verdict in explained.afresh.verdicts] == ["Routed"]
    assert explained.runs == ()


def running(known, plan=PLAN, *, policy_of, **fields):
    """A page that runs *plan* for *known* under the one policy there is."""
    (its_policy,) = policy_of.alert_policies
    page = begin(
        page_id=PageId(7), plan=plan, alert=known, now=NOW, policy=its_policy.id, rule=its_policy.rules[0].id
    )
    return replace(page, **fields)


def test_a_rise_starts_the_page_over_that_runs_already():
    town = configured()
    known = explain(town, event(Severity.WARNING), NOW).alert
    page = running(known, policy_of=town, next_step=2, due=None)

    explained = explain(town, event(Severity.CRITICAL), NOW, Around(known=known, pages=(page,)))

    (run,) = explained.runs
    assert (explained.change, run.id, run.routed is not None) == (Change.RISEN, PageId(7), True)
    assert told(explained) == [(0, "Ana", "page"), (10, "Ben", "page")]
    assert codes(explained)[0] == "page_started_over"


def test_a_page_under_way_goes_on_from_where_it_stands():
    town = configured()
    known = explain(town, event(), NOW).alert
    page = running(known, policy_of=town, next_step=1, due=NOW + 4 * MINUTE)

    explained = explain(town, event(), NOW, Around(known=known, pages=(page,)))

    assert told(explained) == [(4, "Ben", "page")]
    assert explained.runs[0].routed is None


def test_an_event_that_resolves_stops_the_page_and_tells_whom_it_has_told():
    town = configured()
    known = explain(town, event(), NOW).alert
    page = running(known, policy_of=town)
    was_told = explain(town, event(), NOW).runs[0].moments[0].messages

    explained = explain(town, resolved(), NOW, Around(known=known, pages=(page,), told={page.id: was_told}))

    assert explained.change is Change.RESOLVED
    assert told(explained) == [(0, "Ana", "resolved")]
    assert explained.runs[0].page.status is PageStatus.RESOLVED


def test_a_policy_that_keeps_good_news_to_itself_does_so_in_explanations():
    town = configured(
        builders.plan(step(target(ANA)), step(action=ResolveAlerts(), after=5)), notify_resolved=False
    )

    assert told(explain(town, event(), NOW)) == [(0, "Ana", "page")]


def test_a_step_that_resolves_stops_every_page_of_the_alert_and_everybody_hears_of_it():
    short = builders.plan(step(target(ANA)), step(action=ResolveAlerts(), after=5), name="Short")

    explained = explain(configured(short, PLAN), event(), NOW)

    # Both plans ask Ana of the same alert in the same moment, and once is enough.
    assert sorted(told(explained)) == [(0, "Ana", "page"), (5, "Ana", "resolved")]


def test_what_is_begun_and_resolved_in_one_instant_is_no_news_to_anybody():
    at_once = builders.plan(step(target(ANA)), step(action=ResolveAlerts()))

    explained = explain(configured(at_once), event(), NOW)

    assert told(explained) == []
    assert codes(explained)[-1] == "page_stopped"


def test_a_page_whose_window_is_open_takes_the_alert_in():
    gathering = Gathering(by=GatherBy.FIELDS, window=10 * MINUTE)
    town = configured(gathering=gathering)
    window = replace(
        explain(town, event(dedup_key="other"), NOW).runs[0].page,
        id=PageId(9),
        gathers_until=NOW + 5 * MINUTE,
    )
    window = replace(window, responders=tuple(replace(each, told_at=NOW) for each in window.responders))

    explained = explain(
        town, event(), NOW, Around(gathering=lambda _verdict: window, others=lambda _page: (1, 0))
    )

    (run,) = explained.runs
    assert (run.id, run.page.alerts) == (PageId(9), 2)
    assert codes(explained)[:2] == ["alert_joined", "window_closed"]
    assert (5, "Ana", "page") in told(explained)


def test_an_acknowledgement_of_one_alert_leaves_a_page_of_two_as_it_is():
    town = configured()
    known = explain(town, event(), NOW).alert
    page = running(known, policy_of=town, alerts=2, next_step=1, due=NOW + 4 * MINUTE)
    from_source = event(status=EventStatus.ACKNOWLEDGED)

    alone = explain(town, from_source, NOW, Around(known=known, pages=(replace(page, alerts=1),)))
    both = explain(town, from_source, NOW, Around(known=known, pages=(page,), others=lambda _page: (1, 0)))

    assert (told(alone), codes(alone)) == ([], ["page_rests"])
    assert told(both) == [(4, "Ben", "page")]


def test_when_an_acknowledgement_ends_the_page_starts_over():
    town = configured()
    known = explain(town, event(), NOW).alert
    held, _ = acknowledge(
        known, by=ANA.id, by_name="Ana", until=NOW + 30 * MINUTE, comment="", how="api", now=NOW
    )
    page = running(held, policy_of=town, status=PageStatus.ACKNOWLEDGED, due=None)

    explained = explain(town, event(), NOW, Around(known=held, pages=(page,)))

    assert told(explained) == [(30, "Ana", "page"), (40, "Ben", "page")]
    assert [asked.because[0].code for asked in explained.again] == ["acknowledgement_ended"]
    again = explained.runs[0].moments[0].because[0]
    assert "the acknowledgement by Ana ended" in again.sentence()


def has_it(reminders: Reminders, until: int | None = None):
    """Ana has the alert of a page, and is asked by *reminders* whether she still has it."""
    town = replace(configured(), reminders=reminders)
    known = explain(town, event(), NOW).alert
    ends = None if until is None else NOW + until * MINUTE
    held, _ = acknowledge(
        known, by=ANA.id, by_name="Ana", until=ends, comment="", how="api", reminders=reminders, now=NOW
    )
    page = running(held, policy_of=town, status=PageStatus.ACKNOWLEDGED, due=None)
    return town, Around(known=held, pages=(page,))


def test_whoever_does_not_answer_a_reminder_is_foretold_to_lose_the_alert_which_pages_again():
    town, around = has_it(Reminders(ask_after=60 * MINUTE, within=20 * MINUTE))

    explained = explain(town, event(), NOW, around)

    assert told(explained) == [(60, "Ana", "reminder"), (80, "Ana", "page"), (90, "Ben", "page")]
    assert [((each.at - NOW) // MINUTE, each.because[0].code) for each in explained.again] == [
        (60, "acknowledgement_questioned"),
        (80, "acknowledgement_unanswered"),
    ]
    assert explained.until is None
    text = retell(explained, town)
    assert "is asked whether that is still so, with an answer due by 2026-03-06T10:20:00Z" in text
    assert "has not answered: nobody has it now, and it still fires" in text


def test_of_reminders_that_only_remind_the_first_ones_are_foretold_and_that_they_go_on():
    town, around = has_it(Reminders(ask_after=60 * MINUTE))

    explained = explain(town, event(), NOW, around)

    assert told(explained) == [(60, "Ana", "reminder"), (120, "Ana", "reminder"), (180, "Ana", "reminder")]
    assert explained.until == NOW + 180 * MINUTE


def test_a_question_that_is_overdue_is_foretold_for_now():
    town, around = has_it(Reminders(ask_after=60 * MINUTE, within=20 * MINUTE))
    later = NOW + 61 * MINUTE

    explained = explain(town, event(), later, around)

    assert told(explained)[:2] == [(61, "Ana", "reminder"), (81, "Ana", "page")]


def test_an_acknowledgement_that_ends_before_the_question_asks_nothing():
    town, around = has_it(Reminders(ask_after=60 * MINUTE, within=20 * MINUTE), until=30)

    assert told(explain(town, event(), NOW, around)) == [(30, "Ana", "page"), (40, "Ben", "page")]


@pytest.mark.parametrize("settings", [None, Reminders(ask_after=60 * MINUTE, within=20 * MINUTE)])
def test_nothing_is_foretold_of_questions_that_nobody_will_ask(settings):
    town, around = has_it(Reminders(ask_after=60 * MINUTE, within=20 * MINUTE))
    town = replace(town, reminders=settings)
    if settings is not None:
        around = replace(around, pages=())  # what pages nobody is not asked about

    explained = explain(town, event(), NOW, around)

    assert (told(explained), explained.again, explained.until) == ([], (), None)


def test_what_a_source_acknowledges_is_held_as_long_as_the_rule_allows():
    town = replace(configured(), alert_policies=(policy(rule(PLAN, held_for=timedelta(minutes=20))),))
    known = explain(town, event(), NOW).alert
    page = running(known, policy_of=town)

    explained = explain(town, event(status=EventStatus.ACKNOWLEDGED), NOW, Around(known=known, pages=(page,)))

    assert [minute for minute, _, _ in told(explained)] == [20, 30]


def test_a_silence_is_waited_for_and_what_still_fires_pages_at_its_end():
    explained = explain(configured(silences=[silence(hours=1)]), event(), NOW)

    assert [type(verdict).__name__ for verdict in explained.judgement.verdicts] == ["Silenced"]
    assert told(explained) == [(60, "Ana", "page"), (70, "Ben", "page")]
    assert [(asked.at - NOW) // MINUTE for asked in explained.again] == [60]


def test_a_silence_that_begins_meanwhile_stops_the_page():
    later = silence(starts_at=NOW + 5 * MINUTE, ends_at=None)

    explained = explain(configured(silences=[later]), event(), NOW)

    assert told(explained) == [(0, "Ana", "page")]
    assert codes(explained)[-1] == "page_rests"


@pytest.mark.parametrize(
    ("count", "reached"), [(0, [(0, "Ana", "page"), (10, "Ben", "page")]), (1, [(0, "Ana", "page")])]
)
def test_a_step_that_counts_events_counts_the_one_that_is_explained(count, reached):
    counting = builders.plan(
        step(target(ANA)),
        step(target(BEN), after=10, condition=MoreAlertsThan(count=count, within=15 * MINUTE)),
    )

    assert told(explain(configured(counting), event(), NOW)) == reached


def test_a_step_that_counts_events_does_not_count_one_that_is_too_old():
    late = MoreAlertsThan(count=0, within=5 * MINUTE, skip=True)
    counting = builders.plan(step(target(ANA)), step(target(BEN), after=10, condition=late))

    assert told(explain(configured(counting), event(), NOW)) == [(0, "Ana", "page")]


def test_a_repeat_lets_a_step_that_waits_for_events_look_again():
    waits = builders.plan(
        step(target(ANA)), step(target(BEN), condition=MoreAlertsThan(count=1, within=15 * MINUTE))
    )
    town = configured(waits)
    known = explain(town, event(), NOW).alert
    page = running(known, waits, policy_of=town, next_step=1, due=None)

    explained = explain(
        town, event(), NOW + MINUTE, Around(known=known, pages=(page,), came=lambda _page, _since: 1)
    )

    assert told(explained) == [(1, "Ben", "page")]


def test_pages_that_take_turns_take_them_one_after_the_other():
    turns = step(target(ANA), target(BEN))
    turns = replace(turns, action=replace(turns.action, assignment=Assignment.ROUND_ROBIN))

    explained = explain(
        configured(builders.plan(turns, name="one"), builders.plan(turns, name="two")),
        event(),
        NOW,
        Around(turns={turns.id: 1}),
    )

    assert told(explained) == [(0, "Ben", "page"), (0, "Ana", "page")]


def test_a_plan_that_never_ends_is_told_up_to_a_point_that_is_named():
    endless = builders.plan(step(target(ANA), after=1), step(action=RepeatSteps(times=10_000), after=1))

    explained = explain(configured(endless), event(), NOW)

    assert sum(len(run.moments) for run in explained.runs) == MOMENTS_MAX
    assert explained.until == explained.runs[0].moments[-1].at
    assert explained.runs[0].goes_on


def test_what_lies_beyond_a_week_is_not_told():
    slow = builders.plan(step(target(ANA)), step(target(BEN), after=8 * 24 * 60))

    explained = explain(configured(slow), event(), NOW)

    assert told(explained) == [(0, "Ana", "page")]
    assert explained.until == NOW + HORIZON


def test_a_repeat_that_is_let_through_again_starts_over():
    town = configured(repeat=RepeatSilence(after=timedelta(hours=1)))
    known = explain(town, event(), NOW).alert
    page = running(known, policy_of=town, next_step=2, due=None)

    explained = explain(town, event(), NOW + timedelta(hours=2), Around(known=known, pages=(page,)))

    assert [minute for minute, _, _ in told(explained)] == [120, 130]


def test_an_alert_makes_the_event_by_which_it_would_be_reported_once_more():
    said = event(Severity.CRITICAL, labels={"team": "db"}, host="db-1", metric=None)
    alert = explain(configured(), said, NOW).alert

    again = event_of(alert, NOW + MINUTE)

    same = ("dedup_key", "severity", "title", "labels", "host", "service", "source", "status")
    assert [getattr(again, name) for name in same] == [getattr(said, name) for name in same]
    assert (again.occurred_at, again.received_at) == (NOW + MINUTE, NOW + MINUTE)


# --- in words -----------------------------------------------------------------------------------------------


def test_an_explanation_reads_from_top_to_bottom():
    town = configured(builders.plan(step(target(ANA)), step(DestinationTarget(destination=OPS.id), after=10)))

    text = retell(explain(town, event(Severity.CRITICAL), NOW), town)

    assert (
        text
        == f"""\
At 2026-03-06T09:00:00Z, if nobody answers:

disk full (critical, service Shop)
  It opens an alert.
  Prometheus reported new trouble of severity critical.

Policies
  + Rule 1 of Operations runs Backend.

Page of Backend
  2026-03-06T09:00:00Z
    A page of Backend began for disk full.
    Step 1 of 2 of Backend asks Ana.
    > Message by email to Ana ({ANA.contact_methods[0].address}): Ana is named (step 1 of Backend); \
they have no rules, so every verified contact method is used.
  2026-03-06T09:10:00Z, 10 minutes later
    Step 2 of 2 of Backend asks #ops.
    Backend is at its end: there is nobody else to ask.
    > Message by webhook to #ops: #ops is named (step 2 of Backend); told directly.
"""
    )


@pytest.mark.parametrize(
    ("town", "said", "around", "line"),
    [
        (replace(configured(), alert_policies=()), event(), Around(), "Nobody is told."),
        (configured(), resolved(), Around(), "  It changes nothing."),
        (configured(silences=[silence()]), event(), Around(), "Policies at 2026-03-06T10:00:00Z"),
        (
            configured(builders.plan(step(target(ANA)), step(target(BEN), after=20_000))),
            event(),
            Around(),
            "It goes on after 2026-03-13T09:00:00Z; what comes then is not told here.",
        ),
        (
            configured(builders.plan(step(target(ANA)), step(action=ResolveAlerts(), after=1))),
            event(),
            Around(),
            f"    > Good news by email to Ana ({ANA.contact_methods[0].address})",
        ),
        (
            configured(),
            event(title="two\nlines \t of\x1b text"),
            Around(),
            "two lines of\x1b text (error, service Shop)",
        ),
    ],
)
def test_what_an_explanation_says_in_each_case(town, said, around, line):
    assert line in retell(explain(town, said, NOW, around), town).splitlines()


def test_good_news_and_word_to_the_owner_are_told_apart():
    owner = replace(ANA, role=Role.OWNER)
    nobody = replace(BEN, contact_methods=())
    town = configured(builders.plan(step(target(nobody))), things=(owner, nobody))

    explained = explain(town, event(), NOW)

    kinds = [each.kind for run in explained.runs for moment in run.moments for each in moment.messages]
    assert set(kinds) == {NotificationKind.OPERATOR}
    assert "> Word to the owner by email to Ana" in retell(explained, town)


def test_an_explanation_names_no_webhook_s_address():
    town = configured(builders.plan(step(DestinationTarget(destination=OPS.id))))

    assert OPS.address not in retell(explain(town, event(), NOW), town)


def test_the_explanation_that_the_documentation_shows_is_the_one_that_is_printed():
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text("utf-8")
    shown = page.partition("```text\n")[2].partition("```")[0]
    at = datetime(2026, 12, 24, 19, tzinfo=UTC)
    sms, email = builders.method(ANA.id, "sms"), builders.method(ANA.id, "email")
    ana = replace(
        ANA,
        name="Ana Alba",
        contact_methods=(replace(sms, address="+34600000001"), replace(email, address="ana@example.org")),
        rules=rules(ANA.id, "sms", 5, "email"),
    )
    ops = replace(OPS, channel="slack")
    plan = builders.plan(step(target(ana)), step(DestinationTarget(destination=ops.id), after=15))
    town = replace(
        configured(things=(ana, ops)),
        alert_policies=(
            policy(rule(plan, when="labels.team = data", name="prod")),
            policy(rule(plan), name="Web", scope=parse("labels.team = web")),
        ),
    )
    said = event(Severity.CRITICAL, title="Disk full on db-1", labels={"team": "data"}, source="")

    assert retell(explain(town, said, at), town) == shown
