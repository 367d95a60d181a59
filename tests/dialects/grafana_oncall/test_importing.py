"""Moving in from another OnCall, whose answers are laid ready, with their oddities."""

from collections import Counter

import pytest

from grafana_office import ADA_ID, Office
from tocsin.dialects.grafana_oncall.importing.copying import Outcome
from tocsin.dialects.grafana_oncall.importing.peers import PeerRefused
from tocsin.dialects.grafana_oncall.importing.run import import_all

ANA, BOB, GONE = "UANA1ANA1ANA1", "UBBB1BBB1BBB1", "UGGG1GGG1GGG1"
TEAM = "TTTT1TTTT1TTT"
LINK = "https://old.example.org/integrations/v1/alertmanager/abcdefghijklmnopqrstuvwxy/"
FOUND = {
    "users": [
        {"id": ANA, "email": "ana@example.org", "username": "ana", "role": "editor", "timezone": None,
         "slack": None, "teams": [TEAM], "is_phone_number_verified": True},
        {"id": BOB, "email": "ADA@example.org", "username": "ada", "role": "admin", "teams": [TEAM]},
        {"id": GONE, "email": "", "username": "robot", "role": "none", "teams": []},
    ],
    "teams": [{"id": TEAM, "name": "Payments", "email": None, "avatar_url": "/avatar/x"}],
    "personal_notification_rules": [
        {"id": "N1", "user_id": ANA, "position": 3, "important": False, "type": "notify_by_email"},
        {"id": "N2", "user_id": ANA, "position": 5, "important": False, "type": "wait", "duration": 60},
        {"id": "N3", "user_id": ANA, "position": 6, "important": False, "type": "notify_by_msteams"},
        {"id": "N4", "user_id": ANA, "position": 0, "important": True, "type": "notify_by_phone_call"},
        {"id": "N5", "user_id": GONE, "position": 0, "important": True, "type": "notify_by_sms"},
    ],
    "on_call_shifts": [
        {"id": "O1", "team_id": None, "schedule": None, "name": "Week", "type": "rolling_users",
         "time_zone": "Europe/Berlin", "level": 0, "start": "2026-03-02T09:00:00", "duration": 604_800,
         "rotation_start": "2026-03-02T09:00:00", "until": None, "frequency": "weekly", "interval": 1,
         "week_start": "MO", "by_day": None, "by_month": None, "by_monthday": None, "users": [],
         "rolling_users": [[ANA], [BOB, GONE]], "start_rotation_from_user_index": 0},
        {"id": "O2", "team_id": None, "name": "Alone", "type": "single_event", "users": [ANA],
         "start": "2026-03-02T09:00:00", "duration": 60, "rotation_start": "2026-03-02T09:00:00"},
    ],
    "schedules": [
        {"id": "S1", "type": "web", "name": "Primary", "team_id": TEAM, "time_zone": "Europe/Berlin",
         "shifts": ["O1", "O9"], "on_call_now": [ANA], "slack": {"channel_id": None, "user_group_id": None}},
    ],
    "webhooks": [
        {"id": "WH1", "name": "Ticket", "is_webhook_enabled": True, "team": None, "data": None,
         "username": None, "password": "*" * 16, "authorization_header": None, "trigger_template": None,
         "headers": None, "url": "https://tickets.example.org/new", "forward_all": True,
         "http_method": "POST", "trigger_type": "escalation", "integration_filter": ["C1"], "preset": None},
        {"id": "WH2", "name": "Other", "preset": "incident_webhook", "url": "https://x.example.org/"},
    ],
    "escalation_chains": [{"id": "F1", "name": "Backend", "team_id": TEAM}],
    "escalation_policies": [
        {"id": "E4", "escalation_chain_id": "F1", "position": 4, "type": "declare_incident", "severity": "x"},
        {"id": "E1", "escalation_chain_id": "F1", "position": 0, "type": "notify_on_call_from_schedule",
         "notify_on_call_from_schedule": "S1", "important": True},
        {"id": "E2", "escalation_chain_id": "F1", "position": 1, "type": "wait", "duration": 300},
        {"id": "E3", "escalation_chain_id": "F1", "position": 3, "type": "notify_persons",
         "persons_to_notify": [BOB, GONE], "important": False},
        {"id": "E5", "escalation_chain_id": "F1", "position": 5, "type": "trigger_webhook",
         "action_to_trigger": "WH2"},
    ],
    "integrations": [
        {"id": "C1", "name": "Prometheus", "description_short": None, "team_id": TEAM, "link": LINK,
         "type": "alertmanager", "templates": {"grouping_key": "{{ payload.groupKey }}", "slack":
         {"title": "*{{ payload.a }}*", "message": None}, "web": {"title": "T", "message": None},
         "sms": {"title": "{% macro a() %}{% endmacro %}"}, "source_link": "{{"},
         "default_route": {"id": "R1", "escalation_chain_id": "F1", "slack": {"channel_id": "C"}}},
        {"id": "C2", "name": "Direct paging", "team_id": None, "type": "direct_paging", "link": None},
        {"id": "C3", "name": "Odd", "team_id": None, "type": "legacy_alertmanager", "link": None},
    ],
    "routes": [
        {"id": "R1", "integration_id": "C1", "escalation_chain_id": "F1", "position": 0,
         "routing_regex": None, "is_the_last_route": True},
        {"id": "R2", "integration_id": "C1", "escalation_chain_id": None, "position": 0, "routing_type":
         "regex", "routing_regex": "quiet", "is_the_last_route": False, "slack": {"enabled": True}},
    ],
}  # fmt: skip


class Recorded:
    """An OnCall whose answers are laid ready; what is not there is refused."""

    def __init__(self, found) -> None:
        self.found = found

    def every(self, resource):
        if resource not in self.found:
            raise PeerRefused(404, "Not found.")
        yield from self.found[resource]

    def send(self, method, path, body):
        raise AssertionError(f"the source is to be left as it is: {method} {path} {body}")


class Here:
    """The office by this dialect."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def every(self, resource):
        yield from self.office.list(f"{resource}/?perpage=100")

    def send(self, method, path, body):
        answer = self.office.call(method, path, body)
        if not answer.is_success:
            raise PeerRefused(answer.status_code, answer.text)
        return answer.json()


class Native:
    """The office by its own API."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def every(self, path, name):
        yield from self.office.api.get(path, as_="owner")[name]

    def send(self, method, path, body):
        answer = self.office.api.call(method, path, body, as_="owner")
        if not answer.is_success:
            raise PeerRefused(answer.status_code, answer.text)
        return answer.json()


@pytest.fixture
def run(office):
    def importing(*, plan=False, found=FOUND):
        return import_all(Recorded(found), Here(office), Native(office), plan=plan)

    return importing


def seen(items, outcome):
    return {(item.kind, item.name): item.why for item in items if item.outcome is outcome}


def test_a_plan_makes_nothing_and_says_what_the_import_will_make(office, run):
    before = office.list("users"), office.list("teams"), office.list("escalation_chains")

    planned, _ = run(plan=True)

    assert (office.list("users"), office.list("teams"), office.list("escalation_chains")) == before
    made, _ = run()
    would = {key for key in seen(planned, Outcome.CREATE) if key[1] != "Odd"}
    assert would == set(seen(made, Outcome.CREATE))


def test_everything_comes_along_under_the_names_it_had(office, run):
    items, counts = run()

    users = {user["email"]: user for user in office.list("users")}
    ana = users["ana@example.org"]
    (team,) = office.list("teams?name=Payments")
    assert (ana["username"], ana["role"], ana["teams"]) == ("ana", "editor", [team["id"]])
    rules = office.list(f"personal_notification_rules?user_id={ana['id']}")
    assert [(rule["type"], rule["position"], rule["important"]) for rule in rules] == [
        ("notify_by_email", 3, False),
        ("wait", 5, False),
        ("notify_by_phone_call", 0, True),
    ]
    (schedule,) = office.list("schedules")
    (shift,) = office.list("on_call_shifts")
    assert (schedule["name"], schedule["shifts"]) == ("Primary", [shift["id"]])
    assert shift["rolling_users"] == [[ana["id"]], [ADA_ID]]
    (chain,) = office.list("escalation_chains?name=Backend")
    steps = office.list(f"escalation_policies?escalation_chain_id={chain['id']}")
    assert [(step["type"], step["position"]) for step in steps] == [
        ("notify_on_call_from_schedule", 0),
        ("wait", 1),
        ("notify_persons", 3),
        ("trigger_webhook", 5),
    ]
    assert steps[0]["notify_on_call_from_schedule"] == schedule["id"]
    assert steps[2]["persons_to_notify"] == [ADA_ID]
    (door,) = office.list("integrations")
    assert door["link"] == LINK.replace("https://old.example.org", "http://tocsin.test")
    assert door["templates"]["grouping_key"] == "{{ payload.groupKey }}"
    assert door["templates"]["slack"]["title"] == "*{{ payload.a }}*"
    assert (door["templates"]["sms"]["title"], door["templates"]["source_link"]) == (None, None)
    assert door["default_route"]["escalation_chain_id"] == chain["id"]
    quiet, _ = office.list(f"routes?integration_id={door['id']}")
    assert (quiet["routing_regex"], quiet["escalation_chain_id"]) == ("quiet", None)
    (hook,) = office.list("webhooks")
    assert (hook["name"], hook["integration_filter"]) == ("Ticket", [door["id"]])
    assert counts[Outcome.REFUSED] == 1
    assert list(seen(items, Outcome.REFUSED)) == [("integration", "Odd")]


def test_what_cannot_come_along_is_told_with_its_reason(run):
    items, _ = run()
    left = seen(items, Outcome.LEAVE)

    assert left["user", "robot"] == "there is no e-mail address to know them by"
    assert ("important rules", f"{ANA} 0 notify_by_phone_call") not in left
    assert ("rules", f"{ANA} 6 notify_by_msteams") in left
    assert ("step", "Backend 4 declare_incident") in left
    assert ("shift", "Alone") in left
    assert ("webhook", "Other") in left
    assert ("integration", "Direct paging") in left
    assert "Macro is not allowed here" in left["template", "Prometheus: sms title"]
    assert ("template", "Prometheus: source_link") in left
    assert ("alert groups", "") in left
    made = seen(items, Outcome.CREATE)
    assert "password" in made["webhook", "Ticket"]
    assert "action_to_trigger" in made["step", "Backend 5 trigger_webhook"]


def test_a_webhook_for_integrations_that_did_not_come_hears_of_nothing_and_not_of_everything(office, run):
    hook = {**FOUND["webhooks"][0], "integration_filter": ["C3"]}

    items, _ = run(found={**FOUND, "webhooks": [hook]})

    assert "switched off" in seen(items, Outcome.LEAVE)["webhook", "Ticket"]
    (made,) = office.list("webhooks")
    assert (made["name"], made["is_webhook_enabled"]) == ("Ticket", False)


def test_an_import_that_is_done_again_makes_nothing(office, run):
    run()
    before = {name: office.list(name) for name in FOUND}

    items, counts = run()

    assert seen(items, Outcome.CREATE) == {}
    assert counts[Outcome.KEEP] >= 8
    assert {name: office.list(name) for name in FOUND} == before


def test_an_import_that_was_cut_off_goes_on_where_it_ended(office, run):
    half = FOUND | {
        "escalation_policies": FOUND["escalation_policies"][1:3],
        "integrations": [],
        "routes": [],
    }
    half["personal_notification_rules"] = FOUND["personal_notification_rules"][:1]
    run(found=half)

    items, _ = run()

    kinds = Counter(kind for kind, _ in seen(items, Outcome.CREATE))
    assert kinds == {"rules": 1, "important rules": 1, "step": 2, "integration": 1, "route": 1}


def test_what_somebody_has_here_already_is_theirs(office, run):
    office.post("personal_notification_rules", {"user_id": ADA_ID, "type": "notify_by_sms"})
    chain = office.post("escalation_chains", {"name": "Backend"})["id"]
    office.post("escalation_policies", {"escalation_chain_id": chain, "type": "resolve"})
    rule = {"id": "N9", "user_id": BOB, "position": 0, "important": False, "type": "wait", "duration": 60}

    items, _ = run(found=FOUND | {"personal_notification_rules": [rule]})

    kept = seen(items, Outcome.KEEP)
    assert kept["rules", BOB] == "this person has rules of their own here"
    assert kept["steps", "Backend"] == "this chain has steps of its own here"


def test_a_source_that_knows_less_is_no_obstacle(run):
    items, _ = run(found={"users": FOUND["users"]})

    assert ("webhooks", "") in seen(items, Outcome.LEAVE)
    assert list(seen(items, Outcome.CREATE)) == [("user", "ana@example.org")]


def test_a_source_that_does_not_let_us_in_is_an_error_and_not_an_empty_one(run):
    with pytest.raises(PeerRefused, match=r"Not found\."):
        run(found={"teams": []})


@pytest.mark.parametrize("link", ["https://x/y", 7, "https://x/integrations/v1/webhook/short/"])
def test_a_link_that_is_none_cannot_be_kept(office, link):
    answer = office.refusal("POST", "integrations/?keep_link=true", {"type": "webhook", "link": link})

    assert answer == (400, {"detail": "The link is not one of an integration"})
    assert office.post("integrations", {"type": "webhook", "link": link})["link"] != link


def test_a_link_is_of_one_integration(office):
    office.post("integrations/?keep_link=true", {"type": "alertmanager", "link": LINK})

    answer = office.refusal("POST", "integrations/?keep_link=true", {"type": "webhook", "link": LINK})

    assert answer == (400, {"detail": "The link belongs to another integration already"})
