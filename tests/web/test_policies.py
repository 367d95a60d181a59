"""Alert policies: made, changed after a look at what changes, and warned of."""

import pytest

from api_world import REA, SHOP
from tocsin.core.spelling import native
from web_office import filled_in, save_after_a_look, text_of

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

    save_after_a_look(admin, NEW, form)

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

    words = save_after_a_look(admin, page, form)

    assert "Rule Loud severity >= error severity >= critical runs Backend" in words
    assert "about a repeat: not again while it lasts about a repeat: again after 1 hour" in words
    assert "Of the newest 2 alerts, 1 would go elsewhere: Disk full Backend → Everything" in words
    assert policies(admin)["All"]["rules"][0]["filter"] == "severity >= critical"


def test_rules_change_places_and_keep_their_ids(admin, backend):
    rules = [{"name": name, "escalation_policy_ids": [backend]} for name in ("One", "Two")]
    made = admin.api.call("POST", "/alert-policies", {"name": "All", "rules": rules}, as_="admin").json()
    page = f"/policies/{made['id']}/edit"
    form = admin.request("POST", page, filled_in(admin.look(page)) | {"do": "down:rules.0"}).text

    words = save_after_a_look(admin, page, filled_in(form))

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

    save_after_a_look(admin, page, shown)
    kept = policies(admin)["Mine"]
    assert (kept["description"], kept["rules"][0]["filter"]) == ("Theirs", "severity >= error")


ASK_REA = f"user:{native('user', REA.id)}"


def pressed(browser, path, form, button):
    """Press a button of a list, and give what the form holds then."""
    answer = browser.request("POST", path, form | {"do": button})
    assert answer.status_code == 200, text_of(answer.text)
    return {name: values for name, values in filled_in(answer.text).items() if name != "do"}


def test_a_rule_is_given_steps_of_its_own_and_others_for_what_lasts(admin):
    form = filled_in(admin.look(NEW)) | {"name": "Shop", "rules.0.name": "Loud"}
    form = pressed(admin, NEW, form, "add:rules.0.plans")
    form = pressed(
        admin, NEW, form | {"rules.0.plans.0.steps.0.targets": ASK_REA}, "add:rules.0.plans.0.steps"
    )
    form |= {"rules.0.plans.0.steps.1.what": "repeat", "rules.0.plans.0.steps.1.times": "3"}
    form = pressed(admin, NEW, form, "add:rules.0.lasting") | {
        "rules.0.lasting.0.severities": ["critical"],
        "rules.0.lasting.0.plan.name": "Still critical",
        "rules.0.lasting.0.plan.steps.0.after": "2h",
        "rules.0.lasting.0.plan.steps.0.targets": ASK_REA,
    }

    words = save_after_a_look(admin, NEW, form)

    assert "This is what it does" in words
    made = policies(admin)["Shop"]
    (rule,) = made["rules"]
    (plan,), (lasting,) = rule["plans"], rule["lasting"]
    assert (plan["name"], [step["action"]["type"] for step in plan["steps"]]) == (
        "Loud",
        ["notify", "repeat"],
    )
    assert (lasting["severities"], lasting["plan"]["name"]) == (["critical"], "Still critical")
    assert lasting["plan"]["steps"][0]["after_s"] == 7200
    assert "if it stays critical: step 1: after 2 hours asks Rea" in text_of(
        admin.look(f"/policies/{made['id']}")
    )


@pytest.fixture
def own(admin) -> str:
    """The page of the form of a policy whose rule has steps of its own, and others for what lasts."""
    step = {"action": {"type": "notify", "targets": [{"type": "user", "id": native("user", REA.id)}]}}
    lasting = {"plan": {"steps": [step | {"after_s": 1_800}]}}
    rule = {"name": "Loud", "plans": [{"steps": [step, step | {"after_s": 60}]}], "lasting": [lasting]}
    body = {"name": "Shop", "rules": [rule]}
    return f"/policies/{admin.api.call('POST', '/alert-policies', body, as_='admin').json()['id']}/edit"


def test_own_steps_are_changed_after_a_look_and_the_others_keep_their_ids(admin, own):
    was = policies(admin)["Shop"]["rules"][0]
    form = filled_in(admin.look(own)) | {"rules.0.plans.0.steps.1.after": "5m"}

    words = save_after_a_look(admin, own, form)

    assert "step 2: after 1 minute asks Rea step 2: after 5 minutes asks Rea" in words
    new = policies(admin)["Shop"]["rules"][0]
    assert [step["after_s"] for step in new["plans"][0]["steps"]] == [0, 300]
    assert [step["id"] for step in new["plans"][0]["steps"]] == [
        step["id"] for step in was["plans"][0]["steps"]
    ]
    assert new["lasting"] == was["lasting"]


def test_own_steps_are_taken_away_where_a_named_policy_takes_their_place(admin, backend, own):
    form = pressed(admin, own, filled_in(admin.look(own)), "remove:rules.0.plans.0")
    form = pressed(admin, own, form, "remove:rules.0.lasting.0")
    assert not any(name.startswith(("rules.0.plans", "rules.0.lasting")) for name in form)

    save_after_a_look(admin, own, form | {"rules.0.escalation_policies": backend})

    rule = policies(admin)["Shop"]["rules"][0]
    assert (rule["plans"], rule["lasting"], rule["escalation_policy_ids"]) == ([], [], [backend])


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"rules.0.plans.0.steps.1.after": "soon"}, "rules.0.plans.0.steps.1.after", "must be like 30s"),
        ({"rules.0.plans.0.steps.1.after": "40d"}, "rules.0.plans.0.steps.1.after", "must be 0 to 30 days"),
        (
            {"rules.0.plans.0.steps.0.targets": ""},
            "rules.0.plans.0.steps.0.targets",
            "Choose somebody to ask",
        ),
        ({"rules.0.plans.0.name": "x" * 256}, "rules.0.plans.0.name", "256"),
        ({"rules.0.lasting.0.plan.steps.0.only": "x"}, "rules.0.lasting.0.plan.steps.0.only", "Choose one"),
    ],
)
def test_what_an_own_step_cannot_be_is_said_at_its_field(admin, own, typed, name, words):
    form = filled_in(admin.look(own)) | {"description": "Why"} | typed

    answer = admin.request("POST", own, form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-{name}"' in answer.text, name
    assert 'value="Why"' in answer.text


def test_a_rule_that_is_to_page_nobody_loses_its_own_steps_and_says_so_first(admin, own):
    words = save_after_a_look(admin, own, filled_in(admin.look(own)) | {"rules.0.does": "nobody"})

    assert "step 1: asks Rea step 2: after 1 minute asks Rea" in words
    assert "pages nobody" in words
    rule = policies(admin)["Shop"]["rules"][0]
    assert (rule["nobody"], rule["plans"], rule["lasting"]) == (True, [], [])


def test_whoever_changes_own_steps_second_loses_nothing(admin, own):
    mine = filled_in(admin.look(own)) | {"rules.0.plans.0.steps.1.after": "9m"}
    page = own.removesuffix("/edit").removeprefix("/policies/")
    admin.api.call("PATCH", f"/alert-policies/{page}", {"description": "Theirs"}, as_="owner")

    told = admin.request("POST", own, mine)

    assert told.status_code == 409
    both = filled_in(told.text)
    assert (both["description"], both["rules.0.plans.0.steps.1.after"]) == (["Theirs"], ["9m"])


def test_what_can_never_act_is_said_beside_its_field_before_and_while_it_is_changed(admin, backend):
    window = {"type": "dates", "dates": ["2020-01-01"], "duration_s": 60, "time_zone": "UTC"}
    rule = {"name": "Never", "escalation_policy_ids": [backend], "window": window}
    made = admin.api.call("POST", "/alert-policies", {"name": "Old", "rules": [rule]}, as_="admin").json()
    path = f"/policies/{made['id']}/edit"
    warned = '<span class="warned" id="w-rules.0.window">This never opens again'

    page = admin.look(path)
    later = admin.request(
        "POST", path, filled_in(page) | {"rules.0.window.dates": "2096-01-01", "do": "again"}
    )

    assert warned in page
    assert "never opens again" not in later.text
    none = admin.request("POST", path, pressed(admin, path, filled_in(page), "remove:rules.0"))
    assert '<p class="warned">Without a rule it pages nobody.' in none.text


def test_of_many_rules_each_is_folded_until_something_is_wrong_in_it(admin, backend):
    rules = [{"filter": f"labels.n = {each}", "escalation_policy_ids": [backend]} for each in range(9)]
    made = admin.api.call("POST", "/alert-policies", {"name": "Many", "rules": rules}, as_="admin").json()
    path = f"/policies/{made['id']}/edit"
    page = admin.look(path)
    assert [text_of(each) for each in page.split('id="fold-')[1:]][3].startswith(
        'rules.3"> every severity labels.n = 3'
    )

    answer = admin.request("POST", path, filled_in(page) | {"rules.3.filter": "labels.n ="})

    assert answer.status_code == 400
    assert 'id="fold-rules.3" open>' in answer.text
    assert 'id="fold-rules.4">' in answer.text
