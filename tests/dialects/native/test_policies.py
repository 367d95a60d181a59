import pytest

from native_office import ANA, ASK, NIGHT, ON_SHOP
from refusals import conflicts, put_at, refused

POLICY = {
    "name": "Backend",
    "steps": [
        ASK,
        {
            "after_s": 300,
            "action": {"type": "notify", "targets": [{"type": "user", "id": ANA, "via": ["email"]}]},
            "condition": {"type": "within", "window": NIGHT, "otherwise": "skip"},
        },
        {
            "after_s": 60,
            "action": {"type": "resolve"},
            "condition": {"type": "more_alerts_than", "count": 5, "within_s": 600},
        },
        {"after_s": 600, "action": {"type": "repeat", "times": 3}},
    ],
}
RULES = {
    "name": "Shop",
    "scope": {"service_ids": [ON_SHOP], "filter": "labels.env = prod"},
    "gathering": {"by": "fields", "fields": ["labels.cluster"], "window_s": 60},
    "rules": [{"name": "night", "window": NIGHT, "plans": [{"steps": [ASK]}]}, {"plans": [{"steps": [ASK]}]}],
}


def add(api, path, body):
    return api.call("POST", path, body, as_="admin")


def test_steps_come_back_as_they_were_given_with_their_ids(api):
    made = add(api, "/escalation-policies", POLICY).json()

    first, second, third, fourth = made["steps"]
    assert first["action"] == {
        "type": "notify",
        "targets": [{"type": "user", "id": ANA, "via": []}],
        "assignment": "all",
        "importance": None,
    }
    assert second["condition"] == {"type": "within", "window": NIGHT, "otherwise": "skip"}
    assert third["condition"]["otherwise"] == "wait"
    assert fourth["action"] == {"type": "repeat", "times": 3}
    assert len({step["id"] for step in made["steps"]}) == 4


def test_a_step_that_is_given_with_its_id_stays_the_same_step(api):
    made = add(api, "/escalation-policies", POLICY).json()
    steps = [made["steps"][3] | {"after_s": 900}, ASK]

    changed = api.call(
        "PATCH", f"/escalation-policies/{made['id']}", {"steps": [made["steps"][0], *steps]}, as_="admin"
    ).json()

    ids = [step["id"] for step in changed["steps"]]
    assert ids[:2] == [made["steps"][0]["id"], made["steps"][3]["id"]]
    assert ids[2] not in {step["id"] for step in made["steps"]}
    assert changed["name"] == "Backend"


@pytest.mark.parametrize(
    ("way", "value", "path", "said"),
    [
        (("steps",), [], "steps", "1 to 50"),
        (("steps", 0, "after_s"), -60, "steps[0].after_s", "0 to 2592000"),
        (("steps", 0, "after_s"), 1e3, "steps[0].after_s", "a whole number"),
        (("steps", 0, "action"), {"type": "call"}, "steps[0].action.type", "one of notify, resolve, repeat"),
        (("steps", 0, "action", "targets"), [], "steps[0].action.targets", "1 to 50"),
        (
            ("steps", 0, "action", "targets", 0, "type"),
            "bot",
            "steps[0].action.targets[0].type",
            "one of user",
        ),
        (("steps", 0, "action", "targets", 0, "id"), "x", "steps[0].action.targets[0].id", "usr_"),
        (
            ("steps", 0, "action", "targets", 0, "id"),
            "usr_00000000000z",
            "steps[0].action.targets[0].id",
            "names usr_00000000000z, which is no user here",
        ),
        (
            ("steps", 0, "action", "targets", 0),
            {"type": "schedule", "id": "sch_00000000000z", "position": "last"},
            "steps[0].action.targets[0].position",
            "one of previous, current, next",
        ),
        (
            ("steps", 1, "condition", "window", "time_zone"),
            "X/Y",
            "steps[1].condition.window.time_zone",
            "IANA",
        ),
        (
            ("steps", 1, "condition", "window", "expression"),
            "* *",
            "steps[1].condition.window.expression",
            "",
        ),
        (
            ("steps", 1, "condition", "window", "duration_s"),
            0,
            "steps[1].condition.window.duration_s",
            "1 to",
        ),
        (("steps", 1, "condition", "otherwise"), "die", "steps[1].condition.otherwise", "one of skip, wait"),
        (("steps", 2, "condition", "count"), -1, "steps[2].condition.count", "0 to"),
        (("steps", 2, "condition", "within_s"), 0, "steps[2].condition.within_s", "1 to 2592000"),
        (("steps", 3, "action", "times"), 10_001, "steps[3].action.times", "0 to 10000"),
        (("steps", 0, "id"), "step_00000000000a", "steps[0].id", "must be left out for a new one"),
        (("steps", 0, "after"), 5, "steps[0].after", "after_s"),
        (("team_ids",), ["team_00000000000z"], "team_ids[0]", "is no team here"),
        (("steps",), [{"action": {"type": "resolve"}}], "steps", "must have a step that notifies somebody"),
    ],
)
def test_an_escalation_policy_that_cannot_be_is_refused_in_the_caller_s_words(api, way, value, path, said):
    refused(add(api, "/escalation-policies", put_at(POLICY, way, value)), path, said)


def test_a_step_may_name_people_in_what_a_destination_is_told(api):
    hook = {"name": "Hook", "channel": "webhook", "address": "https://hook.example/x"}
    place = add(api, "/destinations", hook).json()["id"]
    told = {"type": "destination", "id": place, "mentions": [{"type": "user", "id": ANA, "via": []}]}

    def policy(mentions):
        asks = {"type": "notify", "targets": [told | {"mentions": mentions}]}
        return add(api, "/escalation-policies", {"name": "Named", "steps": [{"action": asks}]})

    made = policy(told["mentions"])
    assert made.json()["steps"][0]["action"]["targets"] == [told]
    path = "steps[0].action.targets[0].mentions[0]"
    refused(policy([{"type": "user", "id": "usr_00000000000z"}]), f"{path}.id", "is no user here")
    refused(policy([{"type": "user", "id": ANA, "via": ["sms"]}]), f"{path}.via", "must be left out")
    conflicts(api.call("DELETE", f"/destinations/{place}", as_="admin"), "escalation policy Named")


def test_an_escalation_policy_in_use_says_where(api):
    policy = add(api, "/escalation-policies", POLICY).json()["id"]
    api.call("PATCH", "/workspace", {"catch_all_policy_id": policy}, as_="admin")
    add(api, "/alert-policies", RULES | {"rules": [{"escalation_policy_ids": [policy]}]})

    answer = api.call("DELETE", f"/escalation-policies/{policy}", as_="admin")

    conflicts(answer, "the workspace's catch-all", "alert policy Shop")


def test_an_alert_policy_comes_back_as_it_was_given(api):
    made = add(api, "/alert-policies", RULES).json()

    assert made["scope"] == RULES["scope"] | {"integration_ids": [], "monitor_ids": [], "team_id": None}
    assert made["gathering"] == RULES["gathering"] | {
        "first_at_once": True,
        "first_labels": [],
        "digest": False,
    }
    assert (made["mode"], made["repeat_after_s"], made["repeat_by_severity"]) == ("all", None, {})
    night, rest = made["rules"]
    assert (night["window"], rest["window"]) == (NIGHT, None)
    assert night["plans"][0]["name"] == "night"
    assert rest["plans"][0]["name"] == "Shop"


def test_silence_about_repeats_is_changed_one_part_at_a_time(api):
    made = add(
        api, "/alert-policies", RULES | {"repeat_after_s": 60, "repeat_by_severity": {"info": 7}}
    ).json()
    one = f"/alert-policies/{made['id']}"

    for body in ({"repeat_after_s": None}, {"repeat_by_severity": {"critical": None, "error": 0}}):
        assert api.call("PATCH", one, body, as_="admin").json() == made | body
        made |= body


def test_an_edited_rule_keeps_its_id_and_an_untouched_plan_its_own(api):
    made = add(api, "/alert-policies", RULES).json()
    night, rest = made["rules"]
    body = {"rules": [rest | {"name": "all"}, night]}

    changed = api.call("PATCH", f"/alert-policies/{made['id']}", body, as_="admin").json()

    assert changed["rules"] == body["rules"]


@pytest.mark.parametrize(
    ("way", "value", "path", "said"),
    [
        (("scope", "filter"), "labels.env = ", "scope.filter", ""),
        (("scope", "filter"), "colour = red", "scope.filter", "column"),
        (("scope", "service_ids"), ["x"], "scope.service_ids[0]", "svc_"),
        (("scope", "service_ids"), ["svc_00000000000z"], "scope.service_ids", "is no service here"),
        (("scope", "service_ids"), [ON_SHOP, ON_SHOP], "scope.service_ids[1]", "is named before"),
        (
            ("scope", "integration_ids"),
            ["int_00000000000z"],
            "scope.integration_ids",
            "is no integration here",
        ),
        (("scope", "monitor_ids"), [""], "scope.monitor_ids[0]", "1 to 255"),
        (("scope", "team_id"), "team_00000000000z", "scope.team_id", "is no team here"),
        (("rules", 0, "team_id"), "team_00000000000z", "rules[0].team_id", "is no team here"),
        (("rules", 0, "held_for_s"), 59, "rules[0].held_for_s", "60 to 2592000"),
        (("rules", 0, "hours"), NIGHT | {"time_zone": "X/Y"}, "rules[0].hours.time_zone", "IANA"),
        (("gathering", "window_s"), 0, "gathering.window_s", "must be longer"),
        (("gathering", "window_s"), 86_401, "gathering.window_s", "0 to 86400"),
        (("gathering", "fields"), ["colour"], "gathering.fields[0]", "labels.<name>"),
        (("gathering", "by"), "magic", "gathering.by", "one of none, fields, similarity, meaning"),
        (("time_zone",), "Mars/Olympus", "time_zone", "IANA"),
        (("repeat_after_s",), -1, "repeat_after_s", "0 to 31622400"),
        (("repeat_by_severity",), {"critical": -1}, "repeat_by_severity.critical", "0 to 31622400"),
        (("mode",), "some", "mode", "one of all, first"),
        (("rules", 0), {"name": "n"}, "rules[0]", "must name an escalation policy"),
        (
            ("rules", 0, "escalation_policy_ids"),
            ["esc_00000000000z"],
            "rules[0].escalation_policy_ids[0]",
            "here",
        ),
        (("rules", 0, "filter"), "title ~ '['", "rules[0].filter", ""),
        (("rules", 0, "fallback"), True, "rules[0].fallback", "must be left out"),
        (("rules", 0, "severities"), ["bad"], "rules[0].severities[0]", "one of critical"),
        (("rules", 0, "severities"), ["info", "info"], "rules[0].severities", "each once"),
        (("rules", 0, "id"), "rule_00000000000a", "rules[0].id", "must be left out"),
        (("rules", 0, "window"), {"type": "dates", "dates": []}, "rules[0].window.dates", "1 to 5000"),
        (
            ("rules", 0, "window"),
            {"type": "dates", "dates": ["2026-02-30"], "time_zone": "UTC"},
            "rules[0].window.dates[0]",
            "a date like",
        ),
        (
            ("rules", 0, "window"),
            {"type": "weekly", "spans": [], "time_zone": "UTC"},
            "rules[0].window.spans",
            "1 to 100",
        ),
        (
            ("rules", 0, "window", "expression"),
            "0 25 * * *",
            "rules[0].window.expression",
            "",
        ),
        (
            ("rules", 0, "plans", 0, "steps", 0, "action", "targets", 0, "id"),
            "usr_00000000000z",
            "rules[0].plans[0].steps[0].action.targets[0].id",
            "is no user here",
        ),
    ],
)
def test_an_alert_policy_that_cannot_be_is_refused_in_the_caller_s_words(api, way, value, path, said):
    refused(add(api, "/alert-policies", put_at(RULES, way, value)), path, said)
    assert api.get("/alert-policies")["total"] == 0


def test_a_silence_begins_at_once_and_is_ended(api):
    made = add(api, "/silences", {"name": "Night", "filter": "severity = info"}).json()
    one = f"/silences/{made['id']}"

    assert (made["starts_at"], made["ends_at"], made["recurring"]) == ("2026-03-06T09:00:00Z", None, None)
    api.clock.pass_time(minutes=10)
    ended = api.call("POST", f"{one}/end", as_="admin").json()
    assert ended == made | {"ends_at": "2026-03-06T09:10:00Z"}
    api.clock.pass_time(minutes=10)
    assert api.call("POST", f"{one}/end", as_="admin").json() == ended
    again = api.call("PATCH", one, {"ends_at": None, "recurring": NIGHT}, as_="admin").json()
    assert (again["ends_at"], again["recurring"]) == (None, NIGHT)
    assert api.call("PATCH", one, {"recurring": None}, as_="admin").json()["recurring"] is None


def test_a_silence_that_has_not_begun_is_deleted_not_ended(api):
    made = add(api, "/silences", {"name": "Later", "starts_at": "2026-04-01T00:00:00Z"}).json()

    conflicts(api.call("POST", f"/silences/{made['id']}/end", as_="admin"), "delete it instead")


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"name": ""}, "name", "1 to 255"),
        ({"filter": "severity ="}, "filter", ""),
        ({"service_ids": ["svc_00000000000z"]}, "service_ids", "is no service here"),
        ({"ends_at": "2026-03-06T09:00:00Z"}, "ends_at", "must be later"),
        ({"ends_at": "2026-03-06"}, "ends_at", "RFC 3339"),
        ({"recurring": NIGHT | {"time_zone": "X/Y"}}, "recurring.time_zone", "IANA"),
        ({"recurring": NIGHT | {"duration_s": 10**9}}, "recurring.duration_s", "1 to 31622400"),
        ({"recurring": {"type": "yearly"}}, "recurring.type", "one of weekly, cron, dates"),
        ({"recurring": NIGHT | {"expression": "0 0 31 2 *"}}, "recurring.expression", ""),
    ],
)
def test_a_silence_that_cannot_be_is_refused_in_the_caller_s_words(api, change, path, said):
    refused(add(api, "/silences", {"name": "Night"} | change), path, said)


def test_rules_are_handed_on_to_a_team_wait_for_hours_and_bound_acknowledgements(api):
    team = add(api, "/teams", {"name": "DB"}).json()["id"]
    rules = [
        {"team_id": team},
        RULES["rules"][1] | {"hours": NIGHT, "held_for_s": 3600, "importance": None},
    ]
    body = RULES | {"scope": {"team_id": team}, "rules": rules}

    made = add(api, "/alert-policies", body).json()

    assert made["scope"]["team_id"] == made["rules"][0]["team_id"] == team
    waiting = made["rules"][1]
    assert (waiting["hours"], waiting["held_for_s"], waiting["importance"]) == (NIGHT, 3600, None)
    conflicts(api.call("DELETE", f"/teams/{team}", as_="admin"), "alert policy Shop")


NEVER = {"type": "cron", "expression": "0 9 30 2 *", "duration_s": 3600, "time_zone": "UTC"}


def test_a_policy_that_can_never_act_is_taken_and_its_health_says_so(api):
    made = add(api, "/alert-policies", RULES | {"rules": [{"window": NEVER, "plans": [{"steps": [ASK]}]}]})

    health = api.get(f"/alert-policies/{made.json()['id']}/health")

    (warning,) = health["warnings"]
    assert (warning["path"], made.status_code) == ("rules[0].window", 201)
    assert "never opens" in warning["problem"]


def test_a_policy_that_is_well_has_nothing_to_say(api):
    made = add(api, "/alert-policies", RULES).json()

    assert api.get(f"/alert-policies/{made['id']}/health") == {"warnings": []}


def test_windows_of_a_policy_share_the_dates_of_a_set_which_stays_while_it_is_named(api):
    days = add(api, "/date-sets", {"name": "Holidays", "dates": ["2026-12-25"]}).json()
    window = {"type": "date_sets", "date_set_ids": [days["id"]], "start": "09:00:00", "time_zone": "UTC"}
    rules = [{"window": window, "plans": [{"steps": [ASK]}]}]
    made = add(api, "/alert-policies", RULES | {"mode": "first_window", "rules": rules}).json()

    assert made["rules"][0]["window"] == window | {"duration_s": 86_400}
    conflicts(api.call("DELETE", f"/date-sets/{days['id']}", as_="admin"), "alert policy Shop")
    refused(
        add(
            api,
            "/alert-policies",
            put_at(RULES | {"rules": rules}, ("rules", 0, "window", "date_set_ids"), ["x"]),
        ),
        "rules[0].window.date_set_ids[0]",
        "no date set id",
    )


@pytest.mark.parametrize(
    ("way", "value", "path", "said"),
    [
        (("lasting",), [{"plan": {"steps": []}}], "rules[0].lasting[0].plan.steps", "1"),
        (
            ("lasting",),
            [{"plan": {"steps": [ASK | {"condition": POLICY["steps"][2]["condition"]}]}}],
            "rules[0].lasting[0].plan.steps[0].condition",
            "counts events",
        ),
        (
            ("plans", 0, "steps", 0, "action", "targets"),
            [{"type": "address", "channel": "webhook", "address": "https://example.org"}],
            "rules[0].plans[0].steps[0].targets[0].channel",
            "one of email, sms, voice",
        ),
    ],
)
def test_what_a_rule_cannot_have_is_refused_by_the_name_of_the_field(api, way, value, path, said):
    rule = put_at({"plans": [{"steps": [ASK]}]}, way, value)

    answer = add(api, "/alert-policies", RULES | {"rules": [rule]})

    assert answer.status_code in {400, 422}
    assert said in answer.text
    assert path.rpartition(".")[2].split("[")[0] in answer.text
