"""What rules and chains do in time: whoever is asked is told in that order, and nobody is lost on the way."""

from dataclasses import replace

import pytest

from api_world import NOW, REA
from conftest import ENGINES
from grafana_office import ADA_ID, OPS_ID, REA_ID, Office
from tocsin.actions import paging
from tocsin.core.ids import ContactMethodId
from tocsin.core.people import ContactMethod
from tocsin.store import people

RULES = "personal_notification_rules/"
REACHED = replace(
    REA,
    contact_methods=tuple(
        ContactMethod(
            id=ContactMethodId(7_000 + number), user=REA.id, channel=channel, address=address, verified_at=NOW
        )
        for number, (channel, address) in enumerate(
            {"email": "rea@example.org", "sms": "+4930123456", "voice": "+4930123456"}.items()
        )
    ),
)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def office(database):
    return Office(database, more={REA.id: REACHED})


def rules(office, *types, **more):
    """Give Rea rules: names of ways, and numbers of seconds to wait."""
    made = []
    for each in types:
        body = {"type": "wait", "duration": each} if isinstance(each, int) else {"type": f"notify_by_{each}"}
        made.append(office.post(RULES, {"user_id": REA_ID} | body | more)["id"])
    return made


def told(office):
    """Who has been told by which way, in order, with the seconds since the beginning."""
    found = office.api.get("/notifications", as_="owner", params={"limit": 100})["notifications"]
    return [
        (int((_at(each["queued_at"]) - NOW).total_seconds()), each["channel"], each["address"])
        for each in reversed(found)
    ]


def ways(office):
    return [(seconds, channel) for seconds, channel, _ in told(office)]


def _at(text):
    return NOW.fromisoformat(text)


def live(office, seconds, step=10):
    """Let so much time pass, and do what is due."""
    for _ in range(0, seconds, step):
        office.api.clock.pass_time(seconds=step)
        office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock.now))


def page(office, **more):
    return office.post("escalation", {"users": [{"id": REA_ID} | more], "title": "Disk"}, status=200)["id"]


def test_rules_are_followed_in_their_order_with_their_waits(office):
    rules(office, "sms", 300, "phone_call")
    first = rules(office, "email", position=0)[0]
    office.put(RULES + first, {"position": 1})

    page(office)
    live(office, 600)

    assert ways(office) == [(0, "sms"), (0, "email"), (300, "voice")]


def test_with_the_vendors_pace_every_rule_and_step_has_its_five_seconds(office):
    office.api.call("PATCH", "/workspace", {"pace_s": 5}, as_="owner")
    rules(office, "sms", "email", 60, "phone_call")

    page(office)
    live(office, 120, step=5)

    assert ways(office) == [(0, "sms"), (5, "email"), (75, "voice")]


def test_the_important_list_is_a_list_of_its_own(office):
    rules(office, "sms")
    rules(office, "phone_call", 60, "email", important=True)

    page(office, important=True)
    live(office, 120)

    assert ways(office) == [(0, "voice"), (60, "email")]


def test_an_acknowledgement_stops_what_is_left(office):
    rules(office, "sms", 60, "phone_call")

    group = page(office)
    live(office, 30)
    office.post(f"alert_groups/{group}/acknowledge", status=200)
    live(office, 300)

    assert ways(office) == [(0, "sms")]


def test_whoever_does_not_answer_a_reminder_has_the_group_no_more_and_the_chain_starts_again(office):
    reminders = {"ask_after_s": 300, "answer_within_s": 60}
    changed = office.api.call("PATCH", "/api/tocsin/v1/workspace", {"reminders": reminders}, as_="admin")
    assert changed.status_code == 200
    rules(office, "sms", 60, "phone_call")
    group = page(office)

    office.post(f"alert_groups/{group}/acknowledge", status=200, as_="responder")
    live(office, 350)
    again = office.post(f"alert_groups/{group}/acknowledge", status=400)
    held = office.get(f"alert_groups/{group}")
    live(office, 80)
    lost = office.get(f"alert_groups/{group}")

    assert again == {"detail": "Can't acknowledge an acknowledged alert group"}
    assert [held["state"], lost["state"]] == ["acknowledged", "firing"]
    assert (lost["acknowledged_by"], lost["acknowledged_at"]) == (None, None)
    assert ways(office) == [(0, "sms"), (300, "sms"), (360, "sms"), (420, "voice")]


def test_nobody_is_skipped_when_rules_move_during_a_run(office):
    sms, _, _, _ = rules(office, "sms", 60, "phone_call", "email")

    page(office)
    office.put(RULES + sms, {"position": -1})  # those behind it shift to lower numbers
    live(office, 120)

    assert set(ways(office)) >= {(0, "sms"), (60, "voice"), (60, "email")}


def test_a_run_goes_on_when_the_rule_that_it_is_at_is_deleted(office):
    _, wait, _ = rules(office, "sms", 300, "phone_call")

    page(office)
    office.delete(RULES + wait)
    live(office, 400)

    assert ways(office) == [(0, "sms"), (300, "voice")]


def test_whoever_has_no_rule_is_told_in_every_way(office):
    page(office)
    live(office, 60)

    assert sorted(ways(office)) == [(0, "email"), (0, "sms"), (0, "voice")]


def test_a_rule_that_reaches_nobody_is_passed_at_once(office):
    rules(office, "telegram", "mobile_app", "sms")

    page(office)
    live(office, 60)

    assert ways(office) == [(0, "sms")]


@pytest.mark.parametrize(
    ("type_", "channel", "address"),
    [
        ("telegram", "telegram", "4711"),
        ("mobile_app", "push", "push.example.net/0123456789abcdef"),
        ("mobile_app_critical", "push", "push.example.net/0123456789abcdef"),
        ("slack", "slack", "https://hooks.slack.com/services/T0/B0/x"),
        ("webhook", "webhook", "https://rea.example.org/hook"),
    ],
)
def test_every_type_of_rule_reaches_whoever_has_such_a_way(office, type_, channel, address):
    way = ContactMethod(
        id=ContactMethodId(7_100), user=REA.id, channel=channel, address=address, verified_at=NOW
    )
    more = replace(REACHED, contact_methods=(*REACHED.contact_methods, way))
    office.database.transact(lambda tx: people.save(tx, more, people.find(tx, REA.workspace, REA.id)))
    rules(office, type_, 60, "sms")

    page(office)
    live(office, 90)

    assert ways(office) == [(0, channel), (60, "sms")]


def test_a_chain_waits_asks_in_turn_and_starts_over(office):
    rules(office, "sms")
    chain = office.post("escalation_chains", {"name": "Backend"})["id"]
    steps = [
        {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": [REA_ID, ADA_ID]},
        {"type": "wait", "duration": 120},
        {"type": "notify_team_members", "team_to_notify": OPS_ID, "important": True},
        {"type": "wait", "duration": 600},
        {"type": "repeat_escalation"},
    ]
    for step in steps:
        office.post("escalation_policies", {"escalation_chain_id": chain} | step)
    webhook = {"type": "webhook", "default_route": {"escalation_chain_id": chain}}
    office.post("integrations", webhook)
    native = office.api.get("/escalation-policies")["escalation_policies"][-1]
    target = {"type": "escalation_policy", "id": native["id"]}
    office.api.post("/pages", {"title": "A", "targets": [target], "importance": "default"})
    live(office, 150)

    first = told(office)
    assert first[0] == (0, "email", "ada@example.org")  # the first by name
    assert {channel for seconds, channel, _ in first if 120 <= seconds < 150} == {"email", "sms", "voice"}
    live(office, 600)
    again = told(office)[len(first) :]
    assert again[0] == (720, "sms", "+4930123456")  # from the first step, and the next one's turn


def test_a_step_calls_its_webhook_and_the_next_one_follows_at_once(office):
    rules(office, "sms")
    hook = {"name": "Ticket", "url": "https://tickets.example.org/", "http_method": "POST"}
    made = office.post("webhooks", hook | {"trigger_type": "escalation"})["id"]
    chain = office.post("escalation_chains", {"name": "Hooked"})["id"]
    for step in (
        {"type": "trigger_webhook", "action_to_trigger": made},
        {"type": "notify_persons", "persons_to_notify": [REA_ID]},
    ):
        office.post("escalation_policies", {"escalation_chain_id": chain} | step)
    native = office.api.get("/escalation-policies")["escalation_policies"][-1]
    target = {"type": "escalation_policy", "id": native["id"]}

    office.api.post("/pages", {"title": "A", "targets": [target], "importance": "default"})
    live(office, 10)

    assert [channel for _, channel in ways(office)] == ["grafana_oncall", "sms"]


@pytest.mark.parametrize(
    "steps", [[], [{"type": "wait", "duration": 60}], [{"type": "notify_persons", "persons_to_notify": []}]]
)
def test_of_a_chain_that_asks_nobody_yet_the_owner_is_told(office, steps):
    chain = office.post("escalation_chains", {"name": "Empty"})["id"]
    for step in steps:
        office.post("escalation_policies", {"escalation_chain_id": chain} | step)
    native = office.api.get("/escalation-policies")["escalation_policies"][-1]
    target = {"type": "escalation_policy", "id": native["id"]}

    office.api.post("/pages", {"title": "A", "targets": [target]})
    live(office, 120)

    (notice,) = office.api.get("/notifications", as_="owner")["notifications"]
    assert (notice["kind"], notice["address"]) == ("operator", "ola@example.org")


def test_outside_its_hours_a_chain_waits_for_them(office):
    rules(office, "sms")
    chain = office.post("escalation_chains", {"name": "Day"})["id"]
    opens = NOW.replace(minute=0, second=0, microsecond=0)
    hours = {
        "type": "notify_if_time_from_to",
        "notify_if_time_from": f"{(opens.hour + 1) % 24:02}:00:00Z",
        "notify_if_time_to": f"{(opens.hour + 2) % 24:02}:00:00Z",
    }
    for step in (hours, {"type": "notify_persons", "persons_to_notify": [REA_ID]}):
        office.post("escalation_policies", {"escalation_chain_id": chain} | step)
    native = office.api.get("/escalation-policies")["escalation_policies"][-1]

    target = {"type": "escalation_policy", "id": native["id"]}
    office.api.post("/pages", {"title": "A", "targets": [target], "importance": "default"})
    live(office, 3_600 + 60, step=60)

    until = (opens.replace(hour=(opens.hour + 1) % 24) - NOW).total_seconds()
    ((seconds, channel),) = ways(office)
    assert (channel, until <= seconds <= until + 60) == ("sms", True)
