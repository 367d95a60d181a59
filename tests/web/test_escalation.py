"""Escalation policies: seen as ladders in time, made, put in order, changed after a look, and deleted."""

import re

import pytest

from api_world import ADA, REA
from tocsin.core.spelling import native
from web_office import filled_in, text_of

ASK_ADA, ASK_REA = f"user:{native('user', ADA.id)}", f"user:{native('user', REA.id)}"
NEW = "/escalation-policies/new"
WINDOW = "steps.0.condition.window"
IN_WINDOW = {"steps.0.only": "window"}


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


def policies(browser):
    return {each["name"]: each for each in browser.api.get("/escalation-policies")["escalation_policies"]}


def made(browser, **more):
    """Make a policy of two steps by the form; give its page."""
    form = filled_in(browser.look(NEW)) | {"name": "Backend", "steps.0.targets": ASK_REA, "do": "add:steps"}
    form = filled_in(browser.request("POST", NEW, form).text) | {"steps.1.targets": ASK_ADA} | more
    answer = browser.request("POST", NEW, form)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].partition("?")[0]


def test_a_policy_is_made_step_by_step_and_shown_as_a_ladder_in_time(admin):
    page = admin.look(made(admin))

    words = text_of(page)
    assert "at once Asks Rea Rea : email at once" in words
    assert "after 5 minutes Asks Ada Ada : email at once" in words
    assert "Nothing does: it pages nobody" in words
    steps = policies(admin)["Backend"]["steps"]
    assert [(step["after_s"], step["action"]["targets"][0]["id"]) for step in steps] == [
        (0, native("user", REA.id)),
        (300, native("user", ADA.id)),
    ]


def test_the_ladder_in_time_knows_the_pace(admin):
    admin.request("POST", "/settings/pace", {"pace": "10s"})
    page = admin.look(made(admin))

    assert "after 5 minutes 10 seconds Asks Ada Ada : email at once" in text_of(page)


def test_a_change_is_shown_before_it_is_made(admin):
    page = made(admin)
    form = filled_in(admin.look(f"{page}/edit")) | {"steps.1.after": "10m", "name": "Back end"}

    shown = admin.request("POST", f"{page}/edit", form)

    assert shown.status_code == 200
    words = text_of(shown.text)
    assert "Name Backend Back end" in words
    assert "asks Rea after 5 minutes asks Ada after 10 minutes asks Ada" in words
    assert "Backend" in policies(admin)

    assert admin.request("POST", f"{page}/edit", filled_in(shown.text)).status_code == 303
    assert [step["after_s"] for step in policies(admin)["Back end"]["steps"]] == [0, 600]


def test_what_was_not_shown_is_not_saved(admin):
    page = made(admin)
    shown = admin.request("POST", f"{page}/edit", filled_in(admin.look(f"{page}/edit")) | {"name": "Shown"})

    other = admin.request("POST", f"{page}/edit", filled_in(shown.text) | {"name": "Another"})

    assert other.status_code == 200
    assert "Backend Another" in text_of(other.text)
    assert "Backend" in policies(admin)


def test_steps_change_places_and_keep_their_ids(admin):
    page = made(admin)
    before = policies(admin)["Backend"]["steps"]
    form = filled_in(admin.look(f"{page}/edit")) | {"do": "up:steps.1"}

    form = filled_in(admin.request("POST", f"{page}/edit", form).text)
    form = filled_in(admin.request("POST", f"{page}/edit", form).text)
    admin.request("POST", f"{page}/edit", form)

    assert [step["id"] for step in policies(admin)["Backend"]["steps"]] == [
        step["id"] for step in reversed(before)
    ]


STEPS = [
    {
        "action": {
            "type": "notify",
            "targets": [{"type": "user", "id": native("user", REA.id), "via": ["sms"]}],
        }
    },
    {
        "after_s": 90,
        "action": {
            "type": "notify",
            "importance": "important",
            "assignment": "round_robin",
            "targets": [
                {"type": "user", "id": native("user", REA.id)},
                {"type": "user", "id": native("user", ADA.id)},
            ],
        },
        "condition": {
            "type": "within",
            "otherwise": "skip",
            "window": {
                "type": "weekly",
                "time_zone": "Europe/Madrid",
                "spans": [
                    {
                        "start_day": "monday",
                        "start_time": "09:00:00",
                        "end_day": "monday",
                        "end_time": "17:00:30",
                    },
                ],
            },
        },
    },
    {
        "after_s": 60,
        "action": {"type": "pause"},
        "condition": {"type": "more_alerts_than", "count": 3, "within_s": 600},
    },
    {"after_s": 60, "action": {"type": "repeat", "times": 3}},
    {"after_s": 86_400, "action": {"type": "resolve"}},
]


def test_a_policy_that_is_saved_as_it_is_stays_as_it_is(admin):
    answer = admin.api.call("POST", "/escalation-policies", {"name": "Rich", "steps": STEPS}, as_="admin")
    assert answer.status_code == 201, answer.text
    was = answer.json()
    page = f"/escalation-policies/{was['id']}"

    admin.request("POST", f"{page}/edit", filled_in(admin.look(f"{page}/edit")))

    assert policies(admin)["Rich"] == was
    words = text_of(admin.look(page))
    assert "Begins again, 3 times at most" in words
    assert "after 1 minute 30 seconds or later" in words
    assert "Resolves the alerts" in words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "This is empty"),
        ({"steps.0.after": "soon"}, "This is 'soon'; it must be like 30s"),
        ({"steps.0.after": "40d"}, "must be 0 to 30 days"),
        ({"steps.0.targets": ""}, "Choose somebody to ask"),
        ({"steps.0.targets": "user:usr_000000000000"}, "which is no user here"),
        ({"steps.0.targets": "x"}, "is none of the choices"),
        ({"steps.0.what": "sing"}, "Choose one of these"),
        ({"steps.0.what": "pause"}, "asks nobody"),
        ({"steps.0.what": "repeat", "steps.0.times": "often"}, "must be a whole number"),
        ({**IN_WINDOW, f"{WINDOW}.when": "hours", f"{WINDOW}.spans": "x"}, "must be like Mon-Fri"),
        ({**IN_WINDOW, f"{WINDOW}.when": "cron", f"{WINDOW}.expression": "x"}, "cron"),
        ({**IN_WINDOW, f"{WINDOW}.when": "kept"}, "Choose one of these"),
        ({"steps.0.importance": "deafening"}, "Choose one of these"),
        ({"teams": "team_000000000000"}, "must be a team that is here"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(admin, typed, words):
    good = {"name": "Mine", "steps.0.targets": ASK_REA, "description": "Why"}
    form = filled_in(admin.look(NEW)) | good | typed

    answer = admin.request("POST", NEW, form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert 'value="Why"' in answer.text
    assert re.search(r'class="fault" id="e-', answer.text)
    assert "Mine" not in policies(admin)


def test_a_policy_in_use_stays_and_one_that_is_not_goes(admin):
    everything = policies(admin)["Everything"]["id"]

    kept = admin.request("POST", f"/escalation-policies/{everything}/delete")

    assert kept.status_code == 409
    assert "in use by the workspace's catch-all" in kept.text.replace("&#39;", "'")
    page = made(admin)
    assert admin.request("POST", f"{page}/delete").status_code == 303
    assert "Backend" not in policies(admin)


def test_whoever_cannot_be_asked_stands_out_on_the_ladder(admin):
    nobody = admin.api.call("POST", "/schedules", {"name": "Nobody", "time_zone": "UTC"}).json()["id"]
    page = made(admin, **{"steps.1.targets": f"schedule:{nobody}:current"})

    assert "nobody is on call for it" in text_of(admin.look(page)).lower()


def test_somebody_is_asked_by_certain_channels_named_in_a_message_or_told_outside(admin):
    room = admin.api.call(
        "POST", "/destinations", {"name": "Room", "channel": "log", "address": "room"}, as_="admin"
    ).json()["id"]
    page = made(admin)
    form = filled_in(admin.look(f"{page}/edit"))
    for number in range(3):
        form = filled_in(admin.request("POST", f"{page}/edit", form | {"do": "add:steps.0.also"}).text)
        assert f"steps.0.also.{number}.whom" in form
    form |= {
        "steps.0.also.0.whom": ASK_ADA,
        "steps.0.also.0.via": ["sms", "voice"],
        "steps.0.also.1.whom": f"destination:{room}",
        "steps.0.also.1.names": [ASK_REA],
        "steps.0.also.2.whom": "outside",
        "steps.0.also.2.channel": "email",
        "steps.0.also.2.address": "duty@example.org",
    }

    shown = admin.request("POST", f"{page}/edit", form)

    words = "asks Rea, Ada by sms, voice, Room, naming Rea and duty@example.org by email"
    assert words in text_of(shown.text)
    assert admin.request("POST", f"{page}/edit", filled_in(shown.text)).status_code == 303
    targets = policies(admin)["Backend"]["steps"][0]["action"]["targets"]
    assert [target.get("via") for target in targets[:2]] == [[], ["sms", "voice"]]
    assert targets[2]["mentions"] == [{"type": "user", "id": native("user", REA.id), "via": []}]
    assert targets[3] == {"type": "address", "channel": "email", "address": "duty@example.org"}
    again = filled_in(admin.look(f"{page}/edit"))
    assert "steps.0.also.0.whom" not in again
    assert len(again["steps.0.targets"]) == 5


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"whom": ""}, "whom", "Choose whom to ask so, or take this away"),
        ({"whom": "x"}, "whom", "must be one of the choices"),
        ({"whom": ASK_ADA, "names": [ASK_REA]}, "whom", "names nobody in a message"),
        ({"whom": "destination:dst_000000000001", "via": ["sms"]}, "whom", "has no channels to choose from"),
        ({"whom": "outside"}, "address", "Type the address"),
    ],
)
def test_what_cannot_be_asked_so_is_said_at_its_field(admin, typed, name, words):
    good = {"name": "Mine", "steps.0.targets": ASK_REA, "do": "add:steps.0.also"}
    form = filled_in(admin.request("POST", NEW, filled_in(admin.look(NEW)) | good).text)
    form |= {f"steps.0.also.0.{field}": value for field, value in typed.items()}

    answer = admin.request("POST", NEW, form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-steps.0.also.0.{name}"' in answer.text
