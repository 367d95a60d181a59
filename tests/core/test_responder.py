from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, NOW, method, person, rules
from tocsin.core import responder
from tocsin.core.because_paging import DeliveryFailed, RulePassed, StillAsked, Told, Unreachable
from tocsin.core.effects import Notify
from tocsin.core.people import Importance

DEFAULT, IMPORTANT = Importance.DEFAULT, Importance.IMPORTANT


def channels(effects):
    return [effect.channel for effect in effects if isinstance(effect, Notify)]


def reasons(effects):
    return [effect.because for effect in effects if not isinstance(effect, Notify)]


def climb(person_, asked, *, lateness=timedelta(0)):
    """Go through all rules; return (minutes since NOW, channels) of each time that something went out."""
    told = []
    while asked.due is not None:
        now = asked.due + lateness
        asked, effects = responder.advance(asked, person_, now)
        if channels(effects):
            told.append(((now - NOW) / MINUTE, channels(effects)))
    return told


def test_rules_are_gone_through_in_order_and_the_waits_are_kept():
    ana = person("Ana", "email", "sms", "voice", ladder=["email", "sms", 5, 10, "voice"])

    assert climb(ana, responder.ask(ana, DEFAULT, NOW)) == [(0, ["email", "sms"]), (15, ["voice"])]


def test_important_pages_go_through_the_important_rules():
    ana = person("Ana", "email", "voice", ladder=["email"], important=["voice"])

    assert climb(ana, responder.ask(ana, IMPORTANT, NOW)) == [(0, ["voice"])]
    assert climb(ana, responder.ask(ana, DEFAULT, NOW)) == [(0, ["email"])]


@pytest.mark.parametrize("importance", Importance)
def test_whoever_has_no_rules_is_told_at_once_on_every_verified_contact_method_and_told_so(importance):
    ana = person("Ana", "email", "sms", unverified=["voice"])

    asked, effects = responder.advance(responder.ask(ana, importance, NOW), ana, NOW)

    assert channels(effects) == ["email", "sms"]
    assert asked.due is None
    assert all("so every verified contact method is used" in effect.because.sentence() for effect in effects)


def test_rules_of_one_importance_do_not_stand_in_for_the_other():
    ana = person("Ana", "email", "sms", ladder=[5, "email"])

    assert climb(ana, responder.ask(ana, IMPORTANT, NOW)) == [(0, ["email", "sms"])]


@pytest.mark.parametrize("ladder", [["voice"], [5, "voice"], [5], ["voice", 5, 5]])
def test_whoever_has_no_rule_that_can_be_used_is_told_at_once_on_what_they_have(ladder):
    ana = person("Ana", "email", unverified=["voice"], ladder=ladder)

    assert climb(ana, responder.ask(ana, DEFAULT, NOW))[0] == (0, ["email"])


def test_a_rule_that_cannot_be_used_is_passed_at_once_and_says_so():
    ana = person("Ana", "email", ladder=["push", "email"])

    _, effects = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    assert channels(effects) == ["email"]
    assert [type(because) for because in reasons(effects)] == [RulePassed]


def test_a_rule_uses_every_verified_address_on_its_channel_or_the_one_it_names():
    ana = person("Ana", "email", "email", "sms", unverified=["email"])
    every, one = rules(ana.id, "email", "email")
    one = replace(one, contact_method=ana.reachable[1].id)
    first, second = (contact.address for contact in ana.reachable[:2])

    for ladder, expected in (([every], [first, second]), ([one], [second]), ([one, every], [second, first])):
        reader = replace(ana, rules=tuple(replace(rule, position=n) for n, rule in enumerate(ladder)))
        _, effects = responder.advance(responder.ask(reader, DEFAULT, NOW), reader, NOW)
        assert [effect.address for effect in effects] == expected


def test_two_rules_at_one_position_are_both_followed():
    ana = person("Ana", "email", "sms", "voice", ladder=["email", "sms", 5, "voice"])
    email, sms, wait, voice = ana.rules
    ana = replace(ana, rules=(email, replace(sms, position=0), wait, replace(voice, position=20)))

    assert climb(ana, responder.ask(ana, DEFAULT, NOW))[0] == (0, ["email", "sms", "voice"])


@pytest.mark.parametrize(
    ("kept", "changes", "then"),
    [
        ((0, 2), {}, ["sms"]),
        ((1, 2), {}, ["sms"]),
        ((2,), {}, ["sms"]),
        ((), {}, []),
        ((0, 1), {}, []),
        ((0, 1, 2), {"channel": "voice"}, ["voice"]),
        ((0, 1, 2), {"position": 11}, ["sms"]),
    ],
)
def test_rules_edited_or_deleted_while_somebody_goes_through_them_never_stop_the_run(kept, changes, then):
    ana = person("Ana", "email", "sms", "voice", ladder=["email", 5, "sms"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    first, wait, second = ana.rules
    edited = (first, wait, replace(second, **changes))
    ana = replace(ana, rules=tuple(edited[place] for place in kept))
    asked, effects = responder.advance(asked, ana, NOW + 5 * MINUTE)

    assert (channels(effects), asked.due) == (then, None)


def test_whoever_loses_all_usable_rules_before_the_first_message_is_told_all_the_same():
    ana = person("Ana", "email", "sms", ladder=[5, "sms"])
    asked, effects = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)
    assert effects == ()

    ana = replace(ana, rules=ana.rules[:1])

    assert climb(ana, asked) == [(5, ["email", "sms"])]


def test_whoever_loses_all_contact_methods_on_the_way_is_named_as_unreachable():
    ana = person("Ana", "email", ladder=[5, "email"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    asked, effects = responder.advance(asked, replace(ana, contact_methods=()), NOW + 5 * MINUTE)

    assert asked.due is None
    assert reasons(effects)[-1] == Unreachable(name="Ana")


def test_channels_that_the_step_names_replace_the_rules():
    ana = person("Ana", "email", "sms", "slack", ladder=[5, "email"])
    asked = responder.ask(ana, DEFAULT, NOW, via=("slack", "sms"))

    assert climb(ana, asked) == [(0, ["sms", "slack"])]


def test_channels_that_cannot_be_used_give_way_to_the_rules():
    ana = person("Ana", "email", unverified=["slack"], ladder=["email", 5, "email"])
    asked, effects = responder.advance(responder.ask(ana, DEFAULT, NOW, via=("slack",)), ana, NOW)

    assert channels(effects) == ["email"]
    assert [type(because) for because in reasons(effects)] == [RulePassed]
    assert climb(ana, asked) == [(5, ["email"])]


def test_each_message_says_why_and_by_which_rule_and_how_late_it_is():
    ana = person("Ana", "email", ladder=["email"])
    asked = responder.ask(ana, IMPORTANT, NOW, why="on call for Primary")
    _, (effect,) = responder.advance(asked, replace(ana, rules=rules(ana.id, "email")), NOW)
    assert effect.because.sentence() == (
        "Ana is on call for Primary; they have no important rules, so every verified contact method is used"
    )

    asked = responder.ask(ana, DEFAULT, NOW, why="on call for Primary")
    _, (effect,) = responder.advance(asked, ana, NOW + 41 * MINUTE)
    assert effect.because.sentence() == (
        "Ana is on call for Primary; rule 1 of 1 of their rules, email, 41 minutes late"
    )


def test_a_minute_is_not_late():
    ana = person("Ana", "email")
    _, (effect,) = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW + MINUTE)

    assert isinstance(effect.because, Told)
    assert effect.because.late == timedelta(0)


# --- asked again -----------------------------------------------------------------------------------------


def test_somebody_named_by_a_later_step_goes_on_with_their_rules_and_loses_no_call():
    ana = person("Ana", "email", "voice", ladder=["email", 5, "voice"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    again, effects = responder.ask_again(asked, ana, responder.ask(ana, DEFAULT, NOW + 3 * MINUTE))

    assert again == asked
    assert reasons(effects) == [StillAsked(name="Ana")]


def test_rules_start_over_for_somebody_who_had_come_to_their_end():
    ana = person("Ana", "email")
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    again, _ = responder.ask_again(asked, ana, responder.ask(ana, DEFAULT, NOW + 3 * MINUTE))

    assert climb(ana, again) == [(3, ["email"])]


def test_rules_start_over_when_it_becomes_important_but_not_when_it_becomes_less_so():
    ana = person("Ana", "email", "voice", ladder=["email", 5, "email"], important=["voice", 5, "voice"])
    calm, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)
    loud, _ = responder.advance(responder.ask(ana, IMPORTANT, NOW), ana, NOW)

    risen, _ = responder.ask_again(calm, ana, responder.ask(ana, IMPORTANT, NOW + MINUTE))
    fallen, _ = responder.ask_again(loud, ana, responder.ask(ana, DEFAULT, NOW + MINUTE))

    assert climb(ana, risen) == [(1, ["voice"]), (6, ["voice"])]
    assert fallen == loud


def test_channels_that_a_later_step_names_are_used_beside_the_running_rules():
    ana = person("Ana", "email", "slack", "voice", ladder=["email", 5, "voice"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    later = responder.ask(ana, DEFAULT, NOW + MINUTE, via=("slack",))
    again, effects = responder.ask_again(asked, ana, later)

    assert channels(effects) == ["slack"]
    assert climb(ana, again) == [(5, ["voice"])]


def test_news_goes_by_the_ways_used_so_far_and_puts_off_nobody_s_next_call():
    ana = person("Ana", "email", "sms", "voice", ladder=["email", 2, "sms", 5, "voice"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)
    asked, _ = responder.advance(asked, ana, NOW + 2 * MINUTE)

    again, effects = responder.tell_again(asked, ana, NOW + 3 * MINUTE, why="told of more")

    assert channels(effects) == ["email", "sms"]
    assert climb(ana, again) == [(7, ["voice"])]


def test_news_starts_rules_over_that_were_at_their_end_and_waits_for_the_first_message():
    ana = person("Ana", "email", ladder=["email"])
    ended, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)
    again, _ = responder.tell_again(ended, ana, NOW + MINUTE, why="told of more")
    assert climb(ana, again) == [(1, ["email"])]

    ben = person("Ben", "email", ladder=[5, "email"])
    waiting, _ = responder.advance(responder.ask(ben, DEFAULT, NOW), ben, NOW)
    assert responder.tell_again(waiting, ben, NOW + MINUTE, why="told of more") == (waiting, ())


# --- what could not be delivered -------------------------------------------------------------------------


def test_when_a_message_fails_for_good_the_next_rule_is_due_at_once():
    ana = person("Ana", "email", "voice", ladder=["email", 5, 10, "voice", 5, "email"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    failed, effects = responder.undelivered(asked, ana, NOW + MINUTE, queued_at=NOW)

    assert [type(because) for because in reasons(effects)] == [DeliveryFailed]
    assert climb(ana, failed) == [(1, ["voice"]), (6, ["email"])]


def test_a_failure_older_than_what_went_out_last_changes_nothing():
    ana = person("Ana", "email", "sms", "voice", ladder=["email", 1, "sms", 30, "voice"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)
    asked, _ = responder.advance(asked, ana, NOW + MINUTE)

    failed, effects = responder.undelivered(asked, ana, NOW + 9 * MINUTE, queued_at=NOW)

    assert failed == asked
    assert reasons(effects)[0].sentence() == (
        "a message to Ana could not be delivered; a later message has gone out since"
    )


def test_two_failures_at_once_skip_one_wait_and_not_two():
    ana = person("Ana", "email", "sms", "voice", ladder=["email", "email", 5, "sms", 5, "voice"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    asked, _ = responder.undelivered(asked, ana, NOW + MINUTE, queued_at=NOW)
    asked, effects = responder.advance(asked, ana, NOW + MINUTE)
    assert channels(effects) == ["sms"]
    asked, _ = responder.undelivered(asked, ana, NOW + MINUTE, queued_at=NOW)

    assert climb(ana, asked) == [(6, ["voice"])]


def test_when_the_last_way_fails_the_story_says_that_none_is_left():
    ana = person("Ana", "email", ladder=["email", 5])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW), ana, NOW)

    failed, effects = responder.undelivered(asked, ana, NOW + MINUTE, queued_at=NOW)

    assert failed == asked
    assert "no notification rule of theirs is left" in reasons(effects)[0].sentence()


def test_when_the_channels_that_the_step_names_fail_the_rules_begin():
    ana = person("Ana", "email", "slack", ladder=["email"])
    asked, _ = responder.advance(responder.ask(ana, DEFAULT, NOW, via=("slack",)), ana, NOW)

    failed, _ = responder.undelivered(asked, ana, NOW + MINUTE, queued_at=NOW)

    assert climb(ana, failed) == [(1, ["email"])]


# --- laws --------------------------------------------------------------------------------------------------

ladders = st.lists(st.sampled_from(["email", "sms", "voice", "push", 0, 1, 5, 60]), max_size=8)


@given(ladder=ladders, lateness=st.timedeltas(timedelta(0), timedelta(days=2)))
def test_however_late_we_are_every_rule_that_can_be_used_is_followed_once_and_in_order(ladder, lateness):
    ana = person("Ana", "email", "sms", ladder=ladder)
    usable = [rung for rung in ladder if rung in {"email", "sms"}]

    told = climb(ana, responder.ask(ana, DEFAULT, NOW), lateness=lateness)

    if usable:
        seen = [channel for _, together in told for channel in together]
        assert [channel for channel in seen if channel in usable] == seen
        assert set(seen) == set(usable)
        assert len(seen) <= len(usable)  # one address named twice at one moment gets one message
    else:
        assert told[0][1] == ["email", "sms"]


@given(ladder=ladders, lateness=st.timedeltas(timedelta(0), timedelta(hours=2)))
def test_lateness_never_shortens_a_wait(ladder, lateness):
    ana = person("Ana", "email", ladder=ladder)
    asked = responder.ask(ana, DEFAULT, NOW)
    while asked.due is not None:
        now = asked.due + lateness
        asked, _ = responder.advance(asked, ana, now)

        assert asked.due is None or asked.due - now in {MINUTE * rung for rung in (1, 5, 60)}


@given(ladder=ladders, early=st.timedeltas(timedelta(microseconds=1), timedelta(days=1)))
def test_early_or_again_is_harmless(ladder, early):
    ana = person("Ana", "email", ladder=ladder)
    asked = responder.ask(ana, DEFAULT, NOW)

    assert responder.advance(asked, ana, NOW - early) == (asked, ())
    asked, _ = responder.advance(asked, ana, NOW)
    assert responder.advance(asked, ana, NOW) == (asked, ())


def test_a_contact_method_that_is_not_verified_is_never_used():
    ana = person("Ana", "email", ladder=["sms", "email"])
    ana = replace(ana, contact_methods=(*ana.contact_methods, method(ana.id, "sms", verified=False)))

    assert climb(ana, responder.ask(ana, DEFAULT, NOW)) == [(0, ["email"])]
