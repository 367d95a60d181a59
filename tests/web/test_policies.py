"""Alert policies: made, changed after a look at what changes, and warned of."""

import pytest

from api_world import REA, SHOP
from tocsin.core.spelling import native
from web_office import filled_in, text_of

NEW = "/policies/new"


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


@pytest.fixture
def backend(admin) -> str:
    """An escalation policy to route to."""
    step = {"action": {"type": "notify", "targets": [{"type": "user", "id": native("user", REA.id)}]}}
    made = admin.api.call("POST", "/escalation-policies", {"name": "Backend", "steps": [step]}, as_="admin")
    return made.json()["id"]


def policies(browser):
    return {each["name"]: each for each in browser.api.get("/alert-policies")["alert_policies"]}


def save(browser, path, form):
    """Save a form, and once more when the page shows first what changes."""
    shown = browser.request("POST", path, form)
    assert shown.status_code == 200, text_of(shown.text)
    saved = browser.request("POST", path, filled_in(shown.text))
    assert saved.status_code == 303, text_of(saved.text)
    return text_of(shown.text)


def test_a_policy_is_made_and_its_page_says_what_it_does(admin, backend):
    form = filled_in(admin.look(NEW)) | {
        "name": "Shop",
        "scope.services": native("service", SHOP),
        "scope.filter": "labels.env = prod",
        "rules.0.name": "Loud",
        "rules.0.severities": ["critical", "error"],
        "rules.0.escalation_policies": backend,
        "rules.0.window.when": "hours",
        "rules.0.window.spans": "Mon-Fri 09:00-17:00",
        "gathering.by": "fields",
        "gathering.fields": "labels.cluster, host",
        "repeat.after": "4h",
        "repeat.by_severity.critical": "10m",
    }

    save(admin, NEW, form)

    made = policies(admin)["Shop"]
    assert made["scope"]["service_ids"] == [native("service", SHOP)]
    assert made["gathering"]["fields"] == ["labels.cluster", "host"]
    assert (made["repeat_after_s"], made["repeat_by_severity"]) == (14_400, {"critical": 600})
    (rule,) = made["rules"]
    assert (rule["severities"], rule["escalation_policy_ids"]) == (["critical", "error"], [backend])
    assert len(rule["window"]["spans"]) == 5
    words = text_of(admin.look(f"/policies/{made['id']}"))
    for said in (
        "Looks at service Shop labels.env = prod",
        "Loud critical and error Mon-Fri 09:00-17:00, in UTC runs Backend",
        "Gathers alerts with the same fields (labels.cluster, host) for 5 minutes, the first at once",
        "critical: again after 10 minutes",
    ):
        assert said in words
    assert "Loud critical and error" in text_of(admin.look("/policies"))


RICH = {
    "name": "Rich",
    "description": "All that there is",
    "enabled": True,
    "time_zone": "Europe/Madrid",
    "scope": {"service_ids": [native("service", SHOP)], "monitor_ids": ["m,1", "m2"], "filter": "title ~ x"},
    "gathering": {"by": "similarity", "fields": ["title", "message"], "window_s": 90, "first_at_once": False},
    "repeat_after_s": None,
    "repeat_by_severity": {"critical": None, "error": 0},
    "each_severity": True,
    "mode": "first_window",
    "notify_resolved": False,
    "rules": [
        {
            "name": "Own steps",
            "window": {
                "type": "cron",
                "expression": "0 9 * * 1-5",
                "duration_s": 28_800,
                "time_zone": "Europe/Madrid",
            },
            "importance": "important",
            "plans": [
                {
                    "name": "",
                    "steps": [
                        {
                            "action": {
                                "type": "notify",
                                "targets": [{"type": "user", "id": native("user", REA.id)}],
                            }
                        }
                    ],
                }
            ],
        },
        {
            "name": "Dates",
            "severities": ["critical"],
            "window": {
                "type": "dates",
                "dates": ["2026-12-24", "2026-12-25"],
                "start": "08:30:00",
                "duration_s": 3_600,
                "time_zone": "UTC",
            },
        },
        {"name": "", "fallback": True, "importance": "default"},
    ],
}


def test_a_policy_that_is_saved_as_it_is_stays_as_it_is(admin, backend):
    body = {
        **RICH,
        "rules": [
            RICH["rules"][0],
            *({**rule, "escalation_policy_ids": [backend]} for rule in RICH["rules"][1:]),
        ],
    }
    answer = admin.api.call("POST", "/alert-policies", body, as_="admin")
    assert answer.status_code == 201, answer.text
    was = answer.json()
    page = f"/policies/{was['id']}"

    saved = admin.request("POST", f"{page}/edit", filled_in(admin.look(f"{page}/edit")))

    assert saved.status_code == 303, text_of(saved.text)
    assert policies(admin)["Rich"] == was
    assert text_of(admin.look(page))


def test_a_change_is_told_in_words_and_tried_on_the_newest_alerts_before_it_is_made(admin, backend):
    made = admin.api.call(
        "POST",
        "/alert-policies",
        {
            "name": "All",
            "rules": [{"name": "Loud", "filter": "severity >= error", "escalation_policy_ids": [backend]}],
        },
        as_="admin",
    ).json()
    admin.api.alert(title="Disk full", severity="error")
    admin.api.alert(title="Down", severity="critical")
    page = f"/policies/{made['id']}/edit"
    form = filled_in(admin.look(page)) | {"rules.0.filter": "severity >= critical", "repeat.after": "1h"}

    words = save(admin, page, form)

    assert "Rule Loud severity >= error severity >= critical runs Backend" in words
    assert "about a repeat: not again while it lasts about a repeat: again after 1 hour" in words
    assert "Of the newest 2 alerts, 1 would go elsewhere: Disk full Backend → Everything" in words
    assert policies(admin)["All"]["rules"][0]["filter"] == "severity >= critical"


def test_rules_change_places_and_keep_their_ids(admin, backend):
    rules = [{"name": name, "escalation_policy_ids": [backend]} for name in ("One", "Two")]
    made = admin.api.call("POST", "/alert-policies", {"name": "All", "rules": rules}, as_="admin").json()
    page = f"/policies/{made['id']}/edit"
    form = admin.request("POST", page, filled_in(admin.look(page)) | {"do": "down:rules.0"}).text

    words = save(admin, page, filled_in(form))

    assert "Order of rules" in words
    assert [rule["id"] for rule in policies(admin)["All"]["rules"]] == [
        rule["id"] for rule in reversed(made["rules"])
    ]


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"name": ""}, "name", "This is empty"),
        ({"scope.filter": "labels.env ="}, "scope.filter", "does not read at column 13"),
        ({"rules.0.filter": "nonsense"}, "rules.0.filter", "there is no field"),
        ({"scope.services": "svc_000000000000"}, "scope.services", "must be a service that is here"),
        ({"scope.team": "x"}, "scope.team", "must be a team that is here"),
        ({"rules.0.escalation_policies": ""}, "rules.0", "has no escalation plan"),
        ({"rules.0.escalation_policies": "esc_0"}, "rules.0.escalation_policies", "must be an escalation"),
        ({"rules.0.does": "team"}, "rules.0.team", "Choose the team"),
        ({"rules.0.importance": "x"}, "rules.0.importance", "Choose one of these"),
        ({"rules.0.window.when": "hours"}, "rules.0.window.spans", "Say which hours"),
        ({"rules.0.window.when": "cron"}, "rules.0.window.expression", "cron"),
        (
            {"rules.0.window.when": "dates", "rules.0.window.dates": "soon"},
            "rules.0.window.dates",
            "must be dates like",
        ),
        ({"rules.0.held_for": "1s"}, "rules.0.held_for", "must be 60 to"),
        ({"rules.0.payload.text": "("}, "rules.0.payload", "missing )"),
        ({"gathering.by": "fields", "gathering.fields": "colour"}, "gathering.fields", "is no field"),
        ({"gathering.by": "fields", "gathering.window": "2d"}, "gathering.window", "must be 0 to 86400"),
        ({"gathering.by": "luck"}, "gathering.by", "Choose one of these"),
        ({"repeat.after": "soon"}, "repeat.after", "or once"),
        ({"repeat.by_severity.critical": "1 x"}, "repeat.by_severity.critical", "must be like"),
        ({"mode": "last"}, "mode", "Choose one of these"),
        ({"time_zone": "Mars"}, "time_zone", "is no time zone"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(admin, backend, typed, name, words):
    good = {"name": "Mine", "rules.0.escalation_policies": backend, "description": "Why"}
    form = filled_in(admin.look(NEW)) | good | typed

    answer = admin.request("POST", NEW, form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert 'value="Why"' in answer.text
    assert f'id="e-{name}"' in answer.text, name
    assert "Mine" not in policies(admin)


def test_what_can_never_act_is_warned_of(admin, backend):
    rule = {"name": "Never", "escalation_policy_ids": [backend]}
    window = {
        "type": "dates",
        "dates": ["2020-01-01"],
        "start": "08:00:00",
        "duration_s": 60,
        "time_zone": "UTC",
    }
    made = admin.api.call(
        "POST", "/alert-policies", {"name": "Old", "rules": [rule | {"window": window}]}, as_="admin"
    )

    for path in ("/policies", f"/policies/{made.json()['id']}"):
        assert "Rule 1, window never opens again; name dates that are to come" in text_of(admin.look(path))


def test_a_policy_is_deleted(admin, backend):
    rule = {"escalation_policy_ids": [backend]}
    made = admin.api.call("POST", "/alert-policies", {"name": "Old", "rules": [rule]}, as_="admin").json()

    assert admin.request("POST", f"/policies/{made['id']}/delete").status_code == 303

    assert policies(admin) == {}
    assert admin.request("GET", f"/policies/{made['id']}").status_code == 404


def test_what_would_be_without_a_policy_is_seen_before_it_is_deleted(admin, backend):
    rule = {"name": "All", "escalation_policy_ids": [backend]}
    made = admin.api.call("POST", "/alert-policies", {"name": "Old", "rules": [rule]}, as_="admin").json()
    admin.api.alert(title="Disk full")

    page = text_of(admin.look(f"/policies/{made['id']}/without"))

    assert "Of the newest 1 alerts, 1 would go elsewhere: Disk full Backend → Everything" in page
    assert "Old" in policies(admin)


def test_the_log_of_one_thing_is_behind_its_page(admin, backend):
    rule = {"escalation_policy_ids": [backend]}
    made = admin.api.call("POST", "/alert-policies", {"name": "Old", "rules": [rule]}, as_="admin").json()
    assert f"/audit?of={made['id']}" in admin.look(f"/policies/{made['id']}")

    log = text_of(admin.look(f"/audit?of={made['id']}"))

    assert "Ada created alert policy Old" in log
    assert "Backend" not in log
    assert admin.request("GET", "/audit?of=nonsense").status_code == 404


def test_whoever_saves_a_policy_second_is_told_in_words_what_the_first_changed(admin, backend):
    rule = {"name": "All", "filter": "severity >= error", "escalation_policy_ids": [backend]}
    made = admin.api.call("POST", "/alert-policies", {"name": "Shop", "rules": [rule]}, as_="admin").json()
    page = f"/policies/{made['id']}/edit"
    mine = filled_in(admin.look(page)) | {"name": "Mine", "rules.0.name": "Every one"}
    changed = {"description": "Theirs", "repeat_after_s": 60, "rules": [made["rules"][0] | {"filter": ""}]}
    admin.api.call("PATCH", f"/alert-policies/{made['id']}", changed, as_="owner")

    told = admin.request("POST", page, mine)

    assert told.status_code == 409
    words = text_of(told.text)
    assert "Description Theirs" in words
    assert "about a repeat: not again while it lasts about a repeat: again after 1 minute" in words
    assert "Rule All severity >= error every alert" in words
    shown = filled_in(told.text)
    assert (shown["name"], shown["description"], shown["repeat.after"]) == (["Mine"], ["Theirs"], ["1m"])
    assert (shown["rules.0.name"], shown["rules.0.filter"]) == (["Every one"], ["severity >= error"])

    save(admin, page, shown)
    kept = policies(admin)["Mine"]
    assert (kept["description"], kept["rules"][0]["filter"]) == ("Theirs", "severity >= error")
