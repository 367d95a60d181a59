from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from tocsin.core.alert import Alert, AlertStatus, Change, Routing, acknowledge, fold, resolve
from tocsin.core.alert_by_hand import ERASED, erase, is_snoozed, reopen, snooze, wake, wake_in_time
from tocsin.core.alert_policy import AlertPolicy, Mode, Rule, Scope
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.event import Event, EventStatus
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import AlertId, AlertPolicyId, EventId, RuleId, ServiceId, UserId, WorkspaceId
from tocsin.core.judging import judge
from tocsin.core.parts import PARTS_MAX, TOO_MANY, with_part, without_part
from tocsin.core.payload_test import Language, PayloadTest, check
from tocsin.core.subscription import AlertChange, Subscription, happenings, read, written
from tocsin.core.verdict import Quiet, Unrouted

NOW = builders.NOW
SOON = NOW + timedelta(minutes=5)
BY = {"by": UserId(7), "by_name": "Ana"}


def event(status: EventStatus = EventStatus.FIRING, **fields) -> Event:
    values = {
        "id": EventId(1),
        "workspace": WorkspaceId(1),
        "service": ServiceId(2),
        "dedup_key": "k",
        "status": status,
        "title": "Trouble",
        "source": "webhook",
        "occurred_at": NOW,
        "received_at": NOW,
    }
    return Event(**(values | fields))


def opened(**fields) -> Alert:
    alert = fold(None, event(**fields), NOW, alert_id=AlertId(5)).alert
    assert alert is not None
    return alert


def held(alert: Alert) -> Alert:
    return acknowledge(alert, **BY, until=None, comment="", how="api", now=NOW)[0]


def over(alert: Alert) -> Alert:
    return resolve(alert, **BY, now=NOW)[0]


def asleep(alert: Alert, until=SOON) -> Alert:
    return snooze(alert, **BY, until=until, now=NOW)[0]


def test_a_snooze_holds_until_its_last_moment_which_it_does_not_contain():
    alert = asleep(opened())

    assert is_snoozed(alert, NOW)
    assert not is_snoozed(alert, SOON)
    assert alert.routing is Routing.SILENCED
    assert wake_in_time(alert, NOW) == (alert, ())
    woken, (because,) = wake_in_time(alert, SOON)
    assert (woken.snooze, woken.routing) == (None, None)
    assert because.text == "The silence of the alert by Ana has ended, and it still fires."


def test_a_snooze_without_end_ends_by_hand_by_an_acknowledgement_or_with_the_alert():
    alert = asleep(opened(), until=None)

    assert wake_in_time(alert, NOW + timedelta(days=900)) == (alert, ())
    assert wake(alert, by_name="Ben")[1][0].text == "Ben ended the silence of the alert by Ana."
    assert held(alert).snooze is None
    assert over(alert).snooze is None
    assert wake(opened(), by_name="Ben") == (opened(), ())


@pytest.mark.parametrize("alert", [held(opened()), over(opened())], ids=["held", "over"])
def test_only_what_fires_and_nobody_has_can_be_snoozed(alert):
    with pytest.raises(Conflict):
        asleep(alert)


def test_a_snooze_that_has_ended_already_is_refused():
    with pytest.raises(Invalid, match="must be in the future"):
        asleep(opened(), until=NOW)


def test_a_reopened_alert_fires_and_nobody_has_it():
    alert, _ = reopen(over(held(opened())), by_name="Ana", alone=False)

    assert (alert.status, alert.acknowledgement, alert.resolved_at) == (AlertStatus.FIRING, None, None)
    assert (alert.dedup_key, alert.memory, alert.routing) == ("k", (), None)
    assert reopen(over(opened()), by_name="Ana", alone=True)[0].dedup_key == ""
    with pytest.raises(Conflict):
        reopen(opened(), by_name="Ana", alone=False)


def test_an_erased_alert_says_nothing_and_is_over():
    alert, _ = erase(opened(labels={"a": "b"}, message="secret", host="db-1"), **BY, now=SOON)

    assert (alert.title, alert.message, alert.labels, alert.host) == (ERASED, "", {}, "")
    assert (alert.status, alert.resolved_at, alert.resolved_by) == (AlertStatus.RESOLVED, SOON, 7)
    assert alert.erased
    kept = over(opened())
    assert erase(kept, by=None, by_name="", now=SOON)[0].resolved_at == kept.resolved_at


@pytest.mark.parametrize("status", [EventStatus.RESOLVED, EventStatus.ACKNOWLEDGED])
def test_what_opens_an_alert_whatever_it_says_is_settled_at_once(status):
    folded = fold(None, event(status, opens=True), NOW, alert_id=AlertId(5))

    assert folded.change is Change.OPENED
    assert folded.alert is not None
    assert (folded.alert.status is AlertStatus.RESOLVED) is (status is EventStatus.RESOLVED)
    assert (folded.alert.acknowledgement is not None) is (status is EventStatus.ACKNOWLEDGED)
    assert fold(None, event(status), NOW, alert_id=AlertId(5)).change is Change.IGNORED


def test_an_alert_of_such_events_keeps_its_first_title_and_counts_every_event():
    alert = opened(opens=True)

    again = fold(alert, event(opens=True, title="Other"), NOW, alert_id=alert.id).alert
    assert again is not None
    assert (again.title, again.events) == ("Trouble", 2)
    ended = fold(again, event(EventStatus.RESOLVED, opens=True), NOW, alert_id=alert.id).alert
    assert ended is not None
    assert (ended.status, ended.events) == (AlertStatus.RESOLVED, 3)


def test_a_trouble_of_many_parts_is_over_when_all_of_them_are():
    alert = opened(opens=True, part="a")
    for part in ("b", "c", "b"):
        alert = fold(alert, event(opens=True, part=part), NOW, alert_id=alert.id).alert
    assert alert.parts == ("a", "b", "c")

    for part, status in (("b", "firing"), ("x", "firing"), ("a", "firing"), ("c", "resolved")):
        alert = fold(alert, event(EventStatus.RESOLVED, opens=True, part=part), NOW, alert_id=alert.id).alert
        assert alert.status == status, part


def test_beyond_their_limit_parts_are_never_over():
    parts: tuple[str, ...] = ()
    for number in range(PARTS_MAX + 2):
        parts = with_part(parts, str(number))

    for number in range(PARTS_MAX + 2):
        parts = without_part(parts, str(number))

    assert parts == (TOO_MANY,)


def policy(*rules: Rule) -> AlertPolicy:
    return AlertPolicy(
        id=AlertPolicyId(60),
        workspace=WorkspaceId(1),
        name="Web",
        scope=Scope(filter=EVERYTHING),
        mode=Mode.FIRST,
        rules=rules,
    )


def test_a_snoozed_alert_pages_nobody_and_says_who_wanted_that():
    judged = judge((), (), {}, asleep(opened()), NOW, catch_all=None)

    (verdict,) = judged.verdicts
    assert isinstance(verdict, Quiet)
    assert verdict.because.text.startswith("Ana has silenced the alert until 2026-03-06T")
    assert judged.alert.routing is Routing.SILENCED


def test_a_rule_that_pages_nobody_takes_its_alert_from_all_behind_it_and_from_the_catch_all():
    plan = builders.plan(builders.step(builders.target(builders.person("Ana"))), name="All")
    nobody = Rule(id=RuleId(1), name="quiet", filter=EVERYTHING, nobody=True)
    after = Rule(id=RuleId(2), name="loud", filter=EVERYTHING, inline=(plan,))

    judged = judge((policy(nobody, after),), (), {}, opened(), NOW, catch_all=plan)

    assert judged.alert.routing is Routing.UNROUTED
    assert type(judged.verdicts[0]) is Unrouted
    assert judged.verdicts[0].because.text == "Rule quiet of Web takes the alert and pages nobody."


def test_a_rule_with_a_payload_test_takes_what_was_found_to_fit_it():
    plan = builders.plan(builders.step(builders.target(builders.person("Ana"))), name="All")
    test = PayloadTest(text="prod")
    rule = Rule(id=RuleId(1), name="prod", filter=EVERYTHING, inline=(plan,), payload=test)
    asked = (policy(rule),)

    fits = judge(asked, (), {}, replace(opened(), rules=(RuleId(1),)), NOW, catch_all=None)
    other = judge(asked, (), {}, opened(), NOW, catch_all=None)

    assert fits.alert.routing is Routing.ROUTED
    assert other.alert.routing is Routing.UNROUTED
    assert other.verdicts[0].because.text == "Rule prod of Web takes only payloads that fit: prod."


@pytest.mark.parametrize("text", ["(", "a" * 20_000, "(?=x)"])
def test_a_pattern_that_re2_cannot_take_is_no_test(text):
    with pytest.raises(Invalid) as refusal:
        check(PayloadTest(text=text), "rules[0].payload")

    assert refusal.value.path == "rules[0].payload.regex"
    check(PayloadTest(language=Language.TEMPLATE, text="(?=x)"), "rules[0].payload")


@pytest.mark.parametrize(
    ("was", "alert", "changes"),
    [
        (None, opened(), [AlertChange.OPENED]),
        (None, over(opened()), [AlertChange.OPENED, AlertChange.RESOLVED]),
        (None, held(opened()), [AlertChange.OPENED, AlertChange.ACKNOWLEDGED]),
        (None, over(held(opened())), [AlertChange.OPENED, AlertChange.RESOLVED]),
        (opened(), held(opened()), [AlertChange.ACKNOWLEDGED]),
        (held(opened()), opened(), [AlertChange.UNACKNOWLEDGED]),
        (held(opened()), over(held(opened())), [AlertChange.RESOLVED]),
        (over(opened()), opened(), [AlertChange.REOPENED]),
        (opened(), asleep(opened()), [AlertChange.SNOOZED]),
        (asleep(opened()), opened(), [AlertChange.WOKEN]),
        (asleep(opened()), held(opened()), [AlertChange.ACKNOWLEDGED]),
        (opened(), replace(opened(), events=2), []),
        (over(opened()), erase(over(opened()), **BY, now=NOW)[0], []),
    ],
)
def test_what_became_of_an_alert_has_a_name(was, alert, changes):
    said = happenings(was, alert, NOW)

    assert [each.change for each in said] == changes
    assert [read(written(each)) for each in said] == list(said)


def test_a_subscription_wants_its_changes_of_its_integrations_while_it_is_enabled():
    alert = opened()
    all_of_them = Subscription(changes=frozenset({AlertChange.OPENED}))

    assert all_of_them.wants(AlertChange.OPENED, alert)
    assert not all_of_them.wants(AlertChange.RESOLVED, alert)
    assert not replace(all_of_them, enabled=False).wants(AlertChange.OPENED, alert)
    assert not replace(all_of_them, integrations=frozenset({9})).wants(AlertChange.OPENED, alert)
