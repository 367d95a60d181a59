"""Alert policies: who is paged about an alert, and why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import (
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    event,
    opened,
    plan,
    policy,
    resolved,
    rule,
    severities,
    silence,
)
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import Routing, acknowledge, fold
from tocsin.core.alert_policy import Mode, RepeatSilence, Scope
from tocsin.core.calendar import CronWindow, DatedWindow, WeeklyWindow
from tocsin.core.event import Severity
from tocsin.core.filters import EVERYTHING, Filter, parse
from tocsin.core.ids import AlertId, EscalationPolicyId, IntegrationId, ServiceId, TeamId, UserId
from tocsin.core.judging import CATCH_ALL, LOUD, ask_team, judge
from tocsin.core.people import Importance
from tocsin.core.verdict import Judgement, Passed, Quiet, Routed, Silenced, Unrouted

NOBODY: Mapping[EscalationPolicyId, object] = {}
LAST_RESORT = plan("Last resort")

# NOW is a Friday, 09:00 UTC.
OFFICE_HOURS = CronWindow(expression="0 8 * * 1-5", duration=timedelta(hours=10), time_zone="UTC")
NIGHT = CronWindow(expression="0 22 * * *", duration=timedelta(hours=8), time_zone="UTC")


def decide(alert, *policies, now=NOW, silences=(), plans=NOBODY, catch_all=LAST_RESORT):
    return judge(policies, silences, plans, alert, now, catch_all=catch_all)


def paged(judgement: Judgement) -> list[str]:
    return [verdict.plan.name for verdict in judgement.verdicts if isinstance(verdict, Routed)]


def reasons(judgement: Judgement) -> list[str]:
    return [verdict.because.code for verdict in judgement.verdicts]


def again(alert, severity=Severity.ERROR, after=MINUTE, **fields):
    """The alert after another firing event."""
    folded = fold(alert, event(severity, after=after, **fields), NOW + after, alert_id=AlertId(5))
    return folded.alert


# --- which rules act ------------------------------------------------------------------------------------


def test_every_rule_that_matches_acts_in_mode_all_and_the_others_say_why_not():
    ops = policy(
        rule(plan("Database"), when="labels.team = db"),
        rule(plan("Web"), when="labels.team = web", name="web rule"),
        rule(plan("Critical"), severities=frozenset({Severity.CRITICAL, Severity.WARNING})),
        rule(plan("Everybody")),
    )

    judgement = decide(opened(labels={"team": "db"}), ops)

    assert paged(judgement) == ["Database", "Everybody"]
    assert reasons(judgement) == ["rule_matched", "filter_not_matched", "severity_not_listed", "rule_matched"]
    sentences = [verdict.because.sentence() for verdict in judgement.verdicts]
    assert sentences == [
        "rule 1 of Operations matches labels.team = db and runs Database",
        "rule web rule of Operations takes only alerts that match: labels.team = web",
        "rule 3 of Operations takes severity critical, warning; the alert's is error",
        "rule 4 of Operations runs Everybody",
    ]


def test_only_the_first_rule_that_matches_acts_in_mode_first():
    ops = policy(
        rule(plan("Web"), when="labels.team = web"),
        rule(plan("Errors"), severities=frozenset({Severity.ERROR})),
        rule(plan("Everybody")),
        mode=Mode.FIRST,
    )

    judgement = decide(opened(), ops)

    assert paged(judgement) == ["Errors"]
    assert reasons(judgement) == ["filter_not_matched", "rule_matched", "not_the_first"]


def test_a_rule_runs_each_of_its_plans_at_its_importance():
    named = plan("Named", policy=40)
    both = rule(
        plan("Inline"),
        escalation_policies=(EscalationPolicyId(40),),
        importance=Importance.IMPORTANT,
    )

    judgement = decide(opened(), policy(both), plans={EscalationPolicyId(40): named})

    routed = [verdict for verdict in judgement.verdicts if isinstance(verdict, Routed)]
    assert [verdict.plan.name for verdict in routed] == ["Named", "Inline"]
    assert {verdict.importance for verdict in routed} == {Importance.IMPORTANT}
    assert {verdict.rule for verdict in routed} == {both.id}


@pytest.mark.parametrize(
    ("window", "acts"),
    [
        (OFFICE_HOURS, True),
        (NIGHT, False),
        (DatedWindow(dates=(NOW.date(),), start=NOW.time(), duration=HOUR, time_zone="UTC"), True),
        (DatedWindow(dates=(NOW.date(),), start=NOW.time(), duration=HOUR, time_zone="Asia/Tokyo"), False),
        (WeeklyWindow(spans=(), time_zone="UTC"), False),
    ],
)
def test_a_rule_with_a_time_window_acts_only_inside_it(window, acts):
    judgement = decide(opened(), policy(rule(plan("Timed"), window=window)), catch_all=None)

    assert paged(judgement) == (["Timed"] if acts else [])
    assert reasons(judgement) == (["rule_matched"] if acts else ["outside_window", "nobody_took_it"])


@pytest.mark.parametrize(
    ("timed", "who"),
    [
        (rule(plan("Timed"), window=OFFICE_HOURS), ["Timed", "Always"]),
        (rule(plan("Timed"), window=NIGHT), ["Always", "Fallback"]),
        (rule(plan("Timed"), window=OFFICE_HOURS, when="title = other"), ["Always"]),
    ],
)
def test_a_fallback_rule_acts_only_when_no_rule_with_a_window_is_inside_it(timed, who):
    ops = policy(timed, rule(plan("Always")), rule(plan("Fallback"), fallback=True))

    assert paged(decide(opened(), ops)) == who


def test_a_fallback_rule_of_a_policy_without_windows_acts():
    assert paged(decide(opened(), policy(rule(plan("Fallback"), fallback=True)))) == ["Fallback"]


def test_windows_of_one_policy_do_not_hold_back_the_fallback_of_another():
    one = policy(rule(plan("Timed"), window=OFFICE_HOURS))
    other = policy(rule(plan("Fallback"), fallback=True))

    assert paged(decide(opened(), one, other)) == ["Timed", "Fallback"]


# --- scope ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "part"),
    [
        (Scope(services=frozenset({ServiceId(99)}), filter=EVERYTHING), "service"),
        (Scope(integrations=frozenset({IntegrationId(99)}), filter=EVERYTHING), "integration"),
        (Scope(monitors=frozenset({"other"}), filter=EVERYTHING), "monitor"),
        (Scope(filter=parse("labels.team = db")), "filter"),
    ],
)
def test_a_policy_passes_by_what_is_outside_its_scope_and_says_which_part(scope, part):
    judgement = decide(opened(), policy(rule(), scope=scope))

    passed = judgement.verdicts[0]
    assert isinstance(passed, Passed)
    assert (passed.because.code, passed.because.part) == ("out_of_scope", part)
    assert paged(judgement) == ["Last resort"]


def test_a_policy_takes_what_every_part_of_its_scope_allows():
    scope = Scope(
        services=frozenset({ServiceId(2)}),
        integrations=frozenset({IntegrationId(3)}),
        monitors=frozenset({"cpu"}),
        filter=parse("severity = error"),
    )
    alert = opened(integration=IntegrationId(3), monitor_id="cpu")

    assert paged(decide(alert, policy(rule(plan("Scoped")), scope=scope))) == ["Scoped"]


# --- the catch-all --------------------------------------------------------------------------------------


def test_what_no_policy_takes_goes_to_the_catch_all_once_and_again_when_it_gets_worse():
    narrow = policy(rule(when="title = other"))
    first = decide(opened(Severity.WARNING), narrow)
    repeat = decide(again(first.alert, Severity.WARNING), narrow)
    worse = decide(again(repeat.alert, Severity.ERROR), narrow)

    assert [paged(each) for each in (first, repeat, worse)] == [["Last resort"], [], ["Last resort"]]
    assert reasons(repeat)[-1] == "repeat_kept_quiet"
    assert [entry.policy for entry in worse.alert.memory] == [CATCH_ALL]
    assert first.alert.routing is Routing.ROUTED


def test_without_a_catch_all_it_is_unrouted_and_says_so_each_time():
    first = decide(opened(), policy(), catch_all=None)
    repeat = decide(again(first.alert), policy(), catch_all=None)

    for judgement in (first, repeat):
        assert isinstance(judgement.verdicts[-1], Unrouted)
        assert judgement.alert.routing is Routing.UNROUTED
    assert reasons(first) == ["no_rules", "nobody_took_it"]


def test_an_unrouted_alert_is_routed_as_soon_as_a_policy_takes_it():
    lost = decide(opened(), catch_all=None).alert

    found = decide(again(lost), policy(rule(plan("New"))), catch_all=None)

    assert (paged(found), found.alert.routing) == (["New"], Routing.ROUTED)


@pytest.mark.parametrize("mode", list(Mode))
def test_an_escalation_policy_that_is_gone_is_passed_and_the_next_one_asked(mode):
    broken = replace(rule(), inline=(), escalation_policies=(EscalationPolicyId(404),))

    alone = decide(opened(), policy(broken, mode=mode))
    followed = decide(opened(), policy(broken, rule(plan("Next")), mode=mode))

    assert (paged(alone), reasons(alone)) == (["Last resort"], ["plan_missing", "caught_all"])
    assert paged(followed) == ["Next"]


def test_a_rule_without_any_plan_is_passed_and_the_catch_all_hears_of_it():
    judgement = decide(opened(), policy(replace(rule(), inline=())))

    assert reasons(judgement) == ["no_plan", "caught_all"]


def test_the_catch_all_is_not_asked_about_a_repeat_that_a_policy_has_routed_before():
    by_day = policy(rule(plan("Day"), window=OFFICE_HOURS), repeat=RepeatSilence(after=MINUTE))
    routed = decide(opened(), by_day).alert

    at_night = decide(again(routed, after=12 * HOUR), by_day, now=NOW + 12 * HOUR)

    assert (paged(at_night), reasons(at_night)) == ([], ["outside_window", "taken_before"])


def test_the_catch_all_is_asked_when_an_alert_gets_worse_and_its_policy_does_not_take_that():
    warnings = policy(rule(plan("Warnings"), severities=frozenset({Severity.WARNING})))
    routed = decide(opened(Severity.WARNING), warnings).alert

    worse = decide(again(routed, Severity.CRITICAL), warnings)

    assert paged(worse) == ["Last resort"]


# --- repeat silence -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repeat", "severity", "after", "pages"),
    [
        (RepeatSilence(), Severity.ERROR, 1_000 * HOUR, False),
        (RepeatSilence(after=HOUR), Severity.ERROR, HOUR - SECOND, False),
        (RepeatSilence(after=HOUR), Severity.ERROR, HOUR, True),
        (RepeatSilence(after=timedelta(0)), Severity.ERROR, 0 * SECOND, True),
        (RepeatSilence(after=HOUR), Severity.CRITICAL, SECOND, True),
        (RepeatSilence(after=HOUR), Severity.WARNING, SECOND, False),
        (RepeatSilence(after=HOUR), Severity.WARNING, HOUR, True),
        (RepeatSilence(after=HOUR, by_severity={Severity.ERROR: MINUTE}), Severity.ERROR, MINUTE, True),
        (RepeatSilence(after=MINUTE, by_severity={Severity.ERROR: None}), Severity.ERROR, HOUR, False),
        (RepeatSilence(after=MINUTE, by_severity={Severity.INFO: HOUR}), Severity.ERROR, MINUTE, True),
    ],
)
def test_a_policy_keeps_quiet_about_a_repeat_that_is_no_worse(repeat, severity, after, pages):
    ops = policy(rule(plan("Ops")), repeat=repeat)
    routed = decide(opened(Severity.ERROR), ops).alert

    judgement = decide(again(routed, severity, after=after), ops, now=NOW + after)

    assert paged(judgement) == (["Ops"] if pages else [])
    assert reasons(judgement) == (["rule_matched"] if pages else ["repeat_kept_quiet"])
    assert judgement.alert.routing is Routing.ROUTED


def test_a_page_that_went_out_starts_the_silence_anew():
    ops = policy(rule(plan("Ops")), repeat=RepeatSilence(after=HOUR))
    alert = decide(opened(), ops).alert
    pages = []
    for minutes in range(0, 200, 20):
        judgement = decide(again(alert, after=minutes * MINUTE), ops, now=NOW + minutes * MINUTE)
        alert = judgement.alert
        pages += [minutes] * len(paged(judgement))

    assert pages == [60, 120, 180]


def test_a_resolve_clears_repeat_silence():
    ops = policy(rule(plan("Ops")))
    routed = decide(opened(), ops).alert
    over = fold(routed, resolved(after=MINUTE), NOW + MINUTE, alert_id=AlertId(5)).alert

    assert paged(decide(again(over, after=2 * MINUTE), ops, now=NOW + 2 * MINUTE)) == ["Ops"]


def test_a_quiet_repeat_asks_no_filter():
    def never(_subject):
        raise AssertionError("a filter was asked")

    trap = Filter("title = trap", never)
    ops = policy(rule(plan("Ops")))
    routed = decide(opened(), ops).alert
    trapped = replace(ops, scope=Scope(filter=trap), rules=(replace(ops.rules[0], filter=trap),))

    assert paged(decide(again(routed), trapped)) == []


def test_a_quiet_repeat_changes_nothing_of_the_alert():
    ops = policy(rule(plan("Ops")))
    repeat = again(decide(opened(), ops).alert)

    assert decide(repeat, ops).alert is repeat


def test_only_policies_that_routed_remember():
    one, other = policy(rule()), policy(rule(when="title = other"))

    memory = decide(opened(), one, other).alert.memory

    assert [(entry.policy, entry.severity, entry.routed_at) for entry in memory] == [
        (one.id, Severity.ERROR, NOW)
    ]


# --- silences and acknowledgements ----------------------------------------------------------------------


def test_a_silenced_alert_pages_nobody_and_names_the_silence_and_its_end():
    judgement = decide(opened(), policy(rule()), silences=(silence("title = other"), silence()))

    (verdict,) = judgement.verdicts
    assert isinstance(verdict, Silenced)
    assert verdict.because.sentence() == (
        "silence Maintenance covers the alert until 2026-03-06T10:00:00Z; nobody is paged"
    )
    assert (judgement.alert.routing, judgement.alert.memory) == (Routing.SILENCED, ())


def test_what_still_fires_when_a_silence_ends_pages():
    ops = policy(rule(plan("Ops")))
    quiet = decide(opened(), ops, silences=(silence(),)).alert

    after = decide(quiet, ops, now=NOW + HOUR, silences=(silence(),))

    assert (paged(after), after.alert.routing) == (["Ops"], Routing.ROUTED)


def test_an_acknowledged_alert_stays_quiet_even_when_it_gets_worse():
    ops = policy(rule(plan("Ops")))
    routed = decide(opened(Severity.WARNING), ops).alert
    held, _ = acknowledge(
        routed, by=UserId(7), by_name="Ana", until=NOW + HOUR, comment="", how="api", now=NOW
    )
    worse = again(held, Severity.CRITICAL)

    judgement = decide(worse, ops, now=NOW + MINUTE)

    (verdict,) = judgement.verdicts
    assert isinstance(verdict, Quiet)
    assert (verdict.policy, verdict.because.by_name) == (None, "Ana")
    assert judgement.alert is worse
    assert paged(decide(worse, ops, now=NOW + HOUR)) == ["Ops"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, None), (Routing.UNROUTED, Routing.UNROUTED), (Routing.SILENCED, None)],  # its silence is over
)
def test_an_acknowledged_alert_that_nobody_was_paged_about_is_not_called_routed(before, after):
    held, _ = acknowledge(
        replace(opened(), routing=before), by=None, by_name="", until=None, comment="", how="event", now=NOW
    )

    assert decide(held, policy(rule())).alert.routing is after


def test_an_acknowledged_alert_that_was_routed_is_called_so_again_after_a_silence():
    ops = policy(rule())
    held, _ = acknowledge(
        decide(opened(), ops).alert, by=None, by_name="", until=None, comment="", how="event", now=NOW
    )
    silenced = decide(held, ops, silences=(silence(),)).alert

    assert decide(silenced, ops).alert.routing is Routing.ROUTED


def test_a_resolved_alert_is_not_judged():
    over = fold(opened(), resolved(), NOW, alert_id=AlertId(5)).alert

    assert decide(over, policy(rule())) == Judgement(alert=over, verdicts=())


# --- gathering ------------------------------------------------------------------------------------------


def test_a_policy_that_gathers_gives_the_group_and_one_that_does_not_gives_none():
    gathering = Gathering(by=GatherBy.FIELDS, fields=("labels.cluster",), window=MINUTE)
    alert = opened(labels={"cluster": "eu"})

    (gathered,) = decide(alert, policy(rule(), gathering=gathering)).verdicts
    (alone,) = decide(alert, policy(rule())).verdicts

    assert isinstance(gathered, Routed)
    assert isinstance(alone, Routed)
    assert (gathered.group_key, gathered.gathering) == ('["eu"]', gathering)
    assert alone.group_key is None


# --- laws -----------------------------------------------------------------------------------------------

WINDOWS = st.sampled_from([None, None, OFFICE_HOURS, NIGHT])
FILTERS = st.sampled_from(["", "labels.team = db", "severity >= error", "false", 'title ~ "disk"'])
PLANS = st.sampled_from([(plan("A"),), (plan("A"), plan("B")), ()])
RULES = st.builds(
    lambda when, window, fallback, listed, plans: replace(
        rule(when=when), window=window, fallback=fallback and window is None, severities=listed, inline=plans
    ),
    FILTERS,
    WINDOWS,
    st.booleans(),
    st.frozensets(severities, max_size=3),
    PLANS,
)
REPEATS = st.builds(RepeatSilence, after=st.none() | st.integers(0, 90).map(lambda minutes: minutes * MINUTE))
POLICIES = st.builds(
    lambda rules, when, mode, repeat: policy(*rules, scope=parse(when), mode=mode, repeat=repeat),
    st.lists(RULES, max_size=4),
    FILTERS,
    st.sampled_from(Mode),
    REPEATS,
)
STORIES = st.lists(
    st.tuples(severities, st.integers(0, 120), st.sampled_from([{}, {"team": "db"}])), min_size=1, max_size=8
)


def told(story, policies, catch_all=None, silences=()):
    """Judge an alert through a story of (severity, minutes since the last, labels); yield what came of it."""
    alert, now = None, NOW
    for severity, minutes, labels in story:
        now += minutes * MINUTE
        said = event(severity, labels=labels, after=now - NOW)
        before = alert
        alert = fold(before, said, now, alert_id=AlertId(5)).alert
        judgement = judge(policies, silences, {}, alert, now, catch_all=catch_all)
        alert = judgement.alert
        yield before, judgement


@given(story=STORIES, policies=st.lists(POLICIES, max_size=3), caught=st.booleans(), silenced=st.booleans())
def test_no_firing_alert_is_ever_passed_over_in_silence(story, policies, caught, silenced):
    catch_all = LAST_RESORT if caught else None
    for _, judgement in told(story, policies, catch_all, (silence(),) if silenced else ()):
        assert any(
            isinstance(verdict, Routed | Quiet | Silenced | Unrouted) for verdict in judgement.verdicts
        )
        assert judgement.alert.routing is not None
        assert all(verdict.because.sentence() for verdict in judgement.verdicts)


@given(story=STORIES, policies=st.lists(POLICIES, max_size=3))
def test_with_a_catch_all_somebody_has_been_paged_about_every_alert_at_its_worst(story, policies):
    highest = 0
    for _, judgement in told(story, policies, LAST_RESORT):
        if paged(judgement):
            highest = max(highest, judgement.alert.severity.rank)
        assert highest == judgement.alert.worst_severity.rank


@given(story=STORIES, repeat=REPEATS)
def test_a_rise_always_breaks_repeat_silence(story, repeat):
    ops = policy(rule(plan("Ops")), repeat=repeat)
    last = 0
    for _, judgement in told(story, [ops]):
        rank = judgement.alert.severity.rank
        if rank > last:
            assert paged(judgement) == ["Ops"]
        if paged(judgement):
            last = rank


@given(story=STORIES, policies=st.lists(POLICIES, min_size=2, max_size=3))
def test_what_one_policy_decides_depends_on_no_other(story, policies):
    def of_policies(judgement):
        return [verdict for verdict in judgement.verdicts if not isinstance(verdict, Unrouted)]

    together = [of_policies(judgement) for _, judgement in told(story, policies)]
    apart = [[of_policies(judgement) for _, judgement in told(story, [each])] for each in policies]

    assert together == [list(chain.from_iterable(verdicts)) for verdicts in zip(*apart, strict=True)]


@given(story=STORIES, policies=st.lists(POLICIES, max_size=3))
def test_an_alert_changes_its_version_exactly_when_it_remembers_something_new(story, policies):
    for _, judgement in told(story, policies, LAST_RESORT):
        judged = judge(policies, (), {}, judgement.alert, NOW, catch_all=LAST_RESORT)
        same = (
            judged.alert.memory == judgement.alert.memory and judged.alert.routing is judgement.alert.routing
        )

        assert (judged.alert is judgement.alert) is same
        assert (judged.alert.version == judgement.alert.version) is same


# --- teams ----------------------------------------------------------------------------------------------

OPS, WEB, DATA = TeamId(71), TeamId(72), TeamId(73)


def of_team(team, *rules, **fields):
    return policy(*rules, scope=Scope(team=team, filter=parse("false")), mode=Mode.FIRST, **fields)


def handing(team, when=""):
    return replace(rule(when=when, team=team), inline=())


def test_a_rule_that_hands_an_alert_on_lets_the_other_team_s_rules_decide():
    ops = of_team(OPS, handing(WEB, "labels.app = shop"), rule(plan("Ops")), name="Ops")
    web = of_team(WEB, rule(plan("Late"), when="severity = info"), rule(plan("Web")), name="Web")

    def plans(alert):
        verdicts = ask_team((ops, web), OPS, NOBODY, alert, NOW)
        return [each.plan.name for each in verdicts if isinstance(each, Routed)]

    assert plans(opened(labels={"app": "shop"})) == ["Web"]
    assert plans(opened()) == ["Ops"]


def test_alerts_that_are_handed_in_a_circle_come_to_the_next_rule_and_it_is_said():
    ops = of_team(OPS, handing(WEB), rule(plan("Ops")), name="Ops")
    web = of_team(WEB, handing(DATA), name="Web")
    data = of_team(DATA, handing(OPS), name="Data")

    verdicts = ask_team((ops, web, data), OPS, NOBODY, opened(), NOW)

    assert [each.because.code for each in verdicts] == [
        "handed_on",
        "handed_on",
        "handed_in_a_circle",
        "rule_matched",
    ]
    assert verdicts[0].because.sentence() == "rule 1 of Ops matches and hands the alert to alert policy Web"
    assert "let one of them keep it" in verdicts[2].because.sentence()


def test_alerts_for_a_team_without_rules_come_to_the_next_rule_and_it_is_said():
    ops = of_team(OPS, handing(WEB), rule(plan("Ops")))

    passed, routed = ask_team((ops,), OPS, NOBODY, opened(), NOW)

    assert passed.because.code == "handed_to_nobody"
    assert routed.plan.name == "Ops"
    assert ask_team((ops,), WEB, NOBODY, opened(), NOW) == ()


def test_what_another_policy_decides_is_judged_too():
    ops = policy(handing(WEB), name="Ops")
    web = of_team(WEB, rule(plan("Web")))

    judgement = decide(opened(), ops, web)

    assert paged(judgement) == ["Web"]
    assert [entry.policy for entry in judgement.alert.memory] == [ops.id]


@pytest.mark.parametrize("severity", Severity)
def test_a_rule_can_leave_importance_to_the_severity(severity):
    left = decide(opened(severity), policy(rule(importance=None)))

    (routed,) = (each for each in left.verdicts if isinstance(each, Routed))
    assert routed.importance is (Importance.IMPORTANT if severity in LOUD else Importance.DEFAULT)


def test_rules_that_are_reached_twice_page_once():
    ops = policy(handing(WEB), name="Ops")
    web = policy(rule(plan("Web")), scope=Scope(team=WEB, filter=EVERYTHING), name="Web")

    judgement = decide(opened(), ops, web)

    assert paged(judgement) == ["Web"]
    assert {entry.policy for entry in judgement.alert.memory} == {ops.id, web.id}
