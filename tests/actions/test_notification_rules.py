from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE
from tocsin.actions import notification_rules
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.ids import UNMADE, ContactMethodId, NotificationRuleId, UserId
from tocsin.core.ladder import RUNGS_MAX
from tocsin.core.people import Importance, NotificationRule


def rule(channel="email", *, wait=0, importance=Importance.DEFAULT, method=None):
    return NotificationRule(
        id=NotificationRuleId(UNMADE),
        user=UserId(UNMADE),
        importance=importance,
        position=0,
        channel=None if wait else channel,
        contact_method=method,
        wait=wait * MINUTE,
    )


@pytest.fixture
def rita(office):
    return office.hire("Rita")


def put(office, rita, *rules, place=None):
    return [office.do(notification_rules.create, rita.user, each, place=place, by=rita)[1] for each in rules]


def told(office, rita, importance=Importance.DEFAULT):
    placed = office.run(notification_rules.list_, rita.user, importance=importance)
    return [each.channel or each.wait for _place, each in placed]


def test_rules_come_in_the_order_in_which_they_are_put_or_at_their_place(office, rita):
    put(office, rita, rule("email"), rule(wait=5))
    put(office, rita, rule("slack"), place=1)
    put(office, rita, rule("log", importance=Importance.IMPORTANT))

    assert told(office, rita) == ["email", "slack", 5 * MINUTE]
    assert told(office, rita, Importance.IMPORTANT) == ["log"]
    assert [place for place, _ in office.run(notification_rules.list_, rita.user)] == [0, 1, 2, 0]


def test_a_rule_is_moved_changed_and_deleted(office, rita):
    first, second, third = put(office, rita, rule("email"), rule(wait=5), rule("slack"))

    place, moved = office.do(notification_rules.change, rita.user, third.id, lambda was: (0, was[1]), by=rita)
    assert (place, moved.id) == (0, third.id)
    office.do(
        notification_rules.change,
        rita.user,
        second.id,
        lambda was: (was[0], replace(was[1], wait=9 * MINUTE)),
        by=rita,
    )
    office.do(notification_rules.delete, rita.user, first.id, by=rita)

    assert told(office, rita) == ["slack", 9 * MINUTE]
    assert [each.action for each in office.log(subject=third.id)] == ["changed", "created"]


def test_a_rule_that_names_an_address_gets_its_channel(office, rita):
    mailbox = office.user(rita).contact_methods[0]

    (made,) = put(office, rita, rule("", method=mailbox.id))

    assert (made.channel, made.contact_method) == ("email", mailbox.id)
    with pytest.raises(Invalid) as refused:
        put(office, rita, rule("email", method=ContactMethodId(7)))
    assert refused.value.path == "contact_method"


def test_a_ladder_is_replaced_at_once_and_the_other_stays(office, rita):
    put(office, rita, rule("email"), rule("log", importance=Importance.IMPORTANT))

    placed = office.do(
        notification_rules.replace_all, rita.user, Importance.DEFAULT, [rule("slack"), rule(wait=1)], by=rita
    )

    assert [place for place, _ in placed] == [0, 1]
    assert told(office, rita) == ["slack", MINUTE]
    assert told(office, rita, Importance.IMPORTANT) == ["log"]


def test_a_replacement_with_one_wrong_rule_changes_nothing(office, rita):
    put(office, rita, rule("email"))

    with pytest.raises(Invalid) as refused:
        office.do(
            notification_rules.replace_all,
            rita.user,
            Importance.DEFAULT,
            [rule("slack"), replace(rule(wait=1), wait=timedelta(days=3))],
            by=rita,
        )

    assert refused.value.path == "notification_rules[1].wait"
    assert told(office, rita) == ["email"]


def test_two_rules_never_share_a_place_however_many_are_made_at_once(office, rita):
    """Four at once: on PostgreSQL they really meet; SQLite has one writer."""
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: put(office, rita, rule("email"))[0], range(4)))

    positions = sorted(each.position for each in office.user(rita).rules)
    assert len({each.id for each in made}) == 4
    assert positions == [0, 1, 2, 3]


def test_there_is_an_end_to_rules(office, rita):
    drafts = [rule("email")] * RUNGS_MAX
    office.do(notification_rules.replace_all, rita.user, Importance.DEFAULT, drafts, by=rita)

    with pytest.raises(Conflict, match=f"cannot have more than {RUNGS_MAX}"):
        put(office, rita, rule("email", importance=Importance.IMPORTANT))


def test_rules_are_one_s_own(office, rita):
    ben = office.hire("Ben")
    (made,) = put(office, rita, rule("email"))

    with pytest.raises(Forbidden):
        office.do(notification_rules.delete, rita.user, made.id, by=ben)
    with pytest.raises(NotFound):
        office.do(notification_rules.delete, ben.user, made.id, by=ben)


# --- rules by their time --------------------------------------------------------------------------------


def put_after(office, rita, minutes, channel="email", **more):
    draft = rule(channel, **more)
    return office.do(notification_rules.put_after, rita.user, draft, minutes * MINUTE, by=rita)


def test_a_rule_is_put_in_at_its_time_and_the_waits_are_rules_of_their_own(office, rita):
    put_after(office, rita, 10)
    put_after(office, rita, 4, "slack")

    assert told(office, rita) == [4 * MINUTE, "slack", 6 * MINUTE, "email"]
    ids = [each.id for _, each in office.run(notification_rules.list_, rita.user)]
    assert len(set(ids)) == 4
    assert UNMADE not in ids


def test_a_rule_keeps_its_id_when_its_time_or_its_ladder_changes(office, rita):
    first, second = put_after(office, rita, 0), put_after(office, rita, 5, "slack")

    def later(was):
        return was[0], 9 * MINUTE

    def louder(was):
        return replace(was[0], importance=Importance.IMPORTANT), was[1]

    office.do(notification_rules.change_after, rita.user, first.id, later, by=rita)
    moved = told(office, rita)
    office.do(notification_rules.change_after, rita.user, second.id, louder, by=rita)

    assert moved == [5 * MINUTE, "slack", 4 * MINUTE, "email"]
    assert told(office, rita) == [9 * MINUTE, "email"]
    assert told(office, rita, Importance.IMPORTANT) == [5 * MINUTE, "slack"]
    assert {first.id, second.id} <= {each.id for _, each in office.run(notification_rules.list_, rita.user)}


def test_a_rule_that_goes_takes_the_waits_along_that_only_it_needed(office, rita):
    first, second = put_after(office, rita, 0), put_after(office, rita, 5, "slack")

    office.do(notification_rules.delete_after, rita.user, first.id, by=rita)
    middle = told(office, rita)
    office.do(notification_rules.delete_after, rita.user, second.id, by=rita)

    assert (middle, told(office, rita)) == ([5 * MINUTE, "slack"], [])


def test_a_wait_has_no_time_of_its_own(office, rita):
    put_after(office, rita, 5)
    (_, wait), _ = office.run(notification_rules.list_, rita.user)

    with pytest.raises(NotFound):
        office.do(notification_rules.change_after, rita.user, wait.id, lambda was: was, by=rita)
