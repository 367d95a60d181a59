"""Personal notification rules: every field, every refusal, every position."""

import json

import pytest

from api_world import ADA, REA
from grafana_office import ADA_ID, OLA_ID, REA_ID, VIC_ID, unknown
from tocsin.actions import notification_rules, people
from tocsin.actions.actor import Actor
from tocsin.core.ids import UNMADE, WorkspaceId
from tocsin.core.people import Importance, NotificationRule
from tocsin.core.spelling import native
from tocsin.dialects.grafana_oncall.spelled import write

RULES = "personal_notification_rules/"
SMS = {"user_id": REA_ID, "type": "notify_by_sms"}
BAD_POSITION = {"detail": "Invalid value for position field"}
NULL = "This field may not be null."


def make(office, type_="notify_by_sms", **more):
    return office.post(RULES, {"user_id": REA_ID, "type": type_} | more)


def positions(office, query=f"?user_id={REA_ID}"):
    return [
        (rule["type"].removeprefix("notify_by_"), rule["position"]) for rule in office.list(RULES + query)
    ]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({}, {"type": "notify_by_sms"}),
        ({"important": True}, {"important": True}),
        ({"important": "yes"}, {"important": True}),
        ({"important": 0}, {"important": False}),
        ({"type": "wait"}, {"type": "wait", "duration": 300}),
        ({"type": "wait", "duration": 60}, {"type": "wait", "duration": 60}),
        ({"type": "wait", "duration": 3600.0}, {"type": "wait", "duration": 3600}),
        ({"position": -1}, {"position": 0}),
        ({"position": "7"}, {"position": 7}),
        ({"position": 2_147_483_647}, {"position": 2_147_483_647}),
        ({"position": 3.0, "manual_order": True}, {"position": 3}),
        ({"id": "N", "unknown": [1]}, {}),
    ],
)
def test_a_rule_is_made_and_read_as_it_was_answered(office, sent, shown):
    made = office.post(RULES, SMS | sent)

    usual = {"id": made["id"], "user_id": REA_ID, "position": 0, "important": False, "type": "notify_by_sms"}
    assert made == usual | shown
    assert office.get(RULES + made["id"]) == made
    assert office.list(RULES) == [made]


@pytest.mark.parametrize(
    "type_",
    [
        "notify_by_slack",
        "notify_by_sms",
        "notify_by_phone_call",
        "notify_by_telegram",
        "notify_by_email",
        "notify_by_mobile_app",
        "notify_by_mobile_app_critical",
        "notify_by_webhook",
        "wait",
    ],
)
def test_every_type_reads_back_the_same(office, type_):
    made = make(office, type_)

    assert office.get(RULES + made["id"])["type"] == type_
    assert office.put(RULES + made["id"], {"type": type_})["type"] == type_


def test_one_kind_of_push_can_become_the_other(office):
    rule = RULES + make(office, "notify_by_mobile_app_critical")["id"]

    for type_ in ("notify_by_mobile_app", "notify_by_mobile_app_critical", "wait", "notify_by_mobile_app"):
        assert office.put(rule, {"type": type_})["type"] == type_
        assert office.get(rule)["type"] == type_


REFUSED = [
    ({"user_id": None}, {"user_id": [NULL]}),
    ({"user_id": ""}, {"user_id": [NULL]}),
    ({"user_id": unknown("user")}, {"detail": "User does not exist"}),
    ({"user_id": 5}, {"detail": "User does not exist"}),
    ({"user_id": [REA_ID]}, {"detail": "User does not exist"}),
    ({"user_id": write("user", 90)}, {"detail": "User does not exist"}),
    ({"type": "notify_by_pigeon"}, {"type": "Invalid type"}),
    ({"type": "notify_by_msteams"}, {"type": "Invalid type"}),
    ({"type": 7}, {"type": "Invalid type"}),
    ({"type": None}, {"type": [NULL]}),
    ({"type": " "}, {"type": ["This field may not be blank."]}),
    ({"type": ["wait"]}, {"type": ["Not a valid string."]}),
    ({"type": "wait", "duration": 61}, {"duration": ['"0:01:01" is not a valid choice.']}),
    ({"type": "wait", "duration": 7200}, {"duration": ['"2:00:00" is not a valid choice.']}),
    ({"type": "wait", "duration": -60}, {"duration": ['"-1 day, 23:59:00" is not a valid choice.']}),
    ({"type": "wait", "duration": "60"}, {"detail": "Invalid duration format"}),
    ({"type": "wait", "duration": None}, {"detail": "Invalid duration format"}),
    ({"type": "wait", "duration": [60]}, {"detail": "Invalid duration format"}),
    ({"type": "wait", "duration": 10**30}, {"detail": "Invalid duration format"}),
    ({"type": "wait", "duration": 1e300}, {"detail": "Invalid duration format"}),
    ({"duration": 60}, {"duration": "Duration can't be set"}),
    ({"duration": 60, "type": "x"}, {"type": "Invalid type"}),
    ({"duration": "x", "user_id": None, "type": "x"}, {"detail": "Invalid duration format"}),
    ({"important": "abc"}, {"important": ["Must be a valid boolean."]}),
    ({"important": None}, {"important": [NULL]}),
    ({"important": {}}, {"important": ["Must be a valid boolean."]}),
    ({"position": None}, {"position": [NULL]}),
    ({"position": 1.5}, {"position": ["A valid integer is required."]}),
    ({"position": True}, {"position": ["A valid integer is required."]}),
    ({"position": "x" * 2_000}, {"position": ["A valid integer is required."]}),
    ({"position": -2}, BAD_POSITION),
    ({"position": 2_147_483_648}, BAD_POSITION),
    ({"position": 10**400}, BAD_POSITION),
    ({"position": -1, "manual_order": True}, BAD_POSITION),
    ({"manual_order": 2}, {"manual_order": ["Must be a valid boolean."]}),
    (
        {"user_id": None, "type": None, "position": None, "important": None},
        {"user_id": [NULL], "type": [NULL], "position": [NULL], "important": [NULL]},
    ),
]


@pytest.mark.parametrize(("sent", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_wrong_is_refused_and_leaves_nothing(office, sent, said):
    assert office.refusal("POST", RULES, SMS | sent) == (400, said)
    assert office.list(RULES) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, {"user_id": ["This field is required."]}),
        ({"user_id": REA_ID}, {"type": "Type is required"}),
        ([], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
        ("x", {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}),
        (7, {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}),
    ],
)
def test_bodies_that_lack_something_are_refused(office, body, said):
    answer = office.call(
        "POST", RULES, content=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (400, said)


@pytest.mark.parametrize(
    ("body", "media", "status", "begins"),
    [
        (b'{"user_id": ', "application/json", 400, "JSON parse error - "),
        (b'{"a": NaN}', "application/json", 400, "JSON parse error - "),
        (b'{"a": "\\ud800"}', "application/json", 400, "JSON parse error - "),
        (b"\xff{}", "application/json", 400, "JSON parse error - "),
        (b"[" * 100_000, "application/json", 400, "JSON parse error - "),
        (b'{"a": 1e999}', "application/json", 400, "JSON parse error - "),
        (b"{}", "text/plain", 415, 'Unsupported media type "text/plain" in request.'),
        (b"x" * 10_000_000, "application/json", 413, ""),
        (b"a=%ff", "application/x-www-form-urlencoded", 400, "Form parse error - "),
        (b"a", "multipart/form-data", 400, "Multipart form parse error - "),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(office, body, media, status, begins):
    answer = office.call("POST", RULES, content=body, headers={"content-type": media})

    assert answer.status_code == status
    assert answer.json()["detail"].startswith(begins)


def test_forms_of_either_kind_make_rules_but_set_no_duration(office):
    form = SMS | {"important": "true", "position": "3"}
    first = office.call("POST", RULES, data=form)
    second = office.call("POST", RULES, data=SMS, files={"ignored": b"x"})
    refused = office.call("POST", RULES, data=SMS | {"type": "wait", "duration": "60"})

    assert (first.status_code, first.json()["position"], first.json()["important"]) == (201, 3, True)
    assert second.status_code == 201
    assert (refused.status_code, refused.json()) == (400, {"detail": "Invalid duration format"})


def test_nul_in_a_type_is_refused(office):
    said = {"type": ["Null characters are not allowed."]}
    assert office.refusal("POST", RULES, SMS | {"type": "wait\0"}) == (400, said)


def test_rules_are_listed_by_person_then_importance_then_position(office):
    for user, important, type_, position in (
        (ADA_ID, True, "notify_by_email", 0),
        (REA_ID, False, "notify_by_sms", 4),
        (ADA_ID, False, "wait", 2),
        (ADA_ID, False, "notify_by_slack", 0),
    ):
        make(office, type_, user_id=user, important=important, position=position)

    def seen(query):
        return [(rule["type"], rule["position"]) for rule in office.list(RULES + query)]

    ada, rea = [("notify_by_slack", 0), ("wait", 3), ("notify_by_email", 0)], [("notify_by_sms", 4)]
    assert seen("") == [*ada, *rea]
    assert seen(f"?user_id={ADA_ID}&important=true") == [("notify_by_email", 0)]
    assert seen("?important=false") == [("notify_by_slack", 0), ("wait", 3), ("notify_by_sms", 4)]
    assert seen(f"?user_id={OLA_ID}") == []
    page = office.get(f"{RULES}?perpage=3&page=2")
    assert [rule["type"] for rule in page["results"]] == ["notify_by_sms"]
    assert page["previous"] == "http://tocsin.test/api/v1/personal_notification_rules/?perpage=3"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?user_id=", "User not found."),
        ("?user_id=UNKNOWN", "User not found."),
        (f"?user_id={unknown('user')}", "User not found."),
        ("?important=True", "Important is not bool"),
        ("?important=", "Important is not bool"),
        ("?important=1", "Important is not bool"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(office, query, said):
    assert office.refusal("GET", RULES + query) == (400, {"detail": said})


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("was", "sent", "becomes"),
    [
        ("wait 900", {}, ("wait", 900)),
        ("wait 900", {"duration": 60}, ("wait", 60)),
        ("wait 900", {"type": "wait"}, ("wait", 300)),
        ("wait 900", {"type": "wait", "duration": 60}, ("wait", 60)),
        ("wait 900", {"type": "notify_by_sms"}, ("notify_by_sms", None)),
        ("notify_by_sms", {"type": "wait"}, ("wait", 300)),
        ("notify_by_sms", {"type": "notify_by_email", "important": True}, ("notify_by_email", None)),
        ("notify_by_sms", {"user_id": VIC_ID, "important": "x"}, ("notify_by_sms", None)),
    ],
)
def test_a_change_changes_what_it_names(office, method, was, sent, becomes):
    type_, _, duration = was.partition(" ")
    made = make(office, type_, **({"duration": int(duration)} if duration else {}))

    answer = office.call(method, RULES + made["id"], sent)

    assert answer.status_code == 200
    assert (answer.json()["type"], answer.json().get("duration")) == becomes
    assert (answer.json()["user_id"], answer.json()["important"]) == (REA_ID, False)
    assert office.get(RULES + made["id"]) == answer.json()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"duration": 60}, {"duration": "Duration can't be set"}),
        ({"type": None}, {"type": [NULL]}),
        ({"type": "x", "position": 3}, {"type": "Invalid type"}),
        ({"type": "wait", "position": -2}, BAD_POSITION),
        ({"type": "wait", "duration": 1}, {"duration": ['"0:00:01" is not a valid choice.']}),
    ],
)
def test_a_refused_change_changes_nothing(office, sent, said):
    make(office, "wait")
    made = make(office)
    before = office.list(RULES)

    assert office.refusal("PUT", RULES + made["id"], sent) == (400, said)
    assert office.list(RULES) == before


def test_what_is_deleted_is_gone_and_a_missing_rule_cannot_be_changed(office):
    made = make(office)

    office.delete(RULES + made["id"])

    for method, body in (("DELETE", None), ("GET", None), ("PUT", {}), ("PATCH", {"type": "x"})):
        assert office.refusal(method, RULES + made["id"], body) == (404, {"detail": "Not found."})
    assert office.refusal("DELETE", RULES + "N123")[0] == 404


def test_positions_have_gaps_and_the_last_number_is_given_again(office):
    first, far, last = make(office), make(office, "wait", position=10), make(office, "notify_by_email")
    assert [first["position"], far["position"], last["position"]] == [0, 10, 11]

    office.delete(RULES + first["id"])
    assert positions(office) == [("wait", 10), ("email", 11)]

    office.delete(RULES + last["id"])
    assert make(office, "notify_by_slack")["position"] == 11


def test_a_move_shifts_what_lies_between_gaps_or_not(office):
    ids = {}
    for name, place in (("slack", 0), ("sms", 1), ("email", 5), ("wait", 6)):
        type_ = name if name == "wait" else f"notify_by_{name}"
        ids[name] = make(office, type_, position=place)["id"]

    office.put(RULES + ids["slack"], {"position": 5})
    assert positions(office) == [("sms", 0), ("email", 4), ("slack", 5), ("wait", 6)]

    office.put(RULES + ids["wait"], {"position": 0})
    assert positions(office) == [("wait", 0), ("sms", 1), ("email", 5), ("slack", 6)]

    office.put(RULES + ids["sms"], {"position": -1})
    assert positions(office) == [("wait", 0), ("email", 4), ("slack", 5), ("sms", 6)]

    office.put(RULES + ids["wait"], {"position": 6, "manual_order": True})
    assert positions(office) == [("sms", 0), ("email", 4), ("slack", 5), ("wait", 6)]

    office.put(RULES + ids["slack"], {"position": 2, "manual_order": True})
    assert positions(office) == [("sms", 0), ("slack", 2), ("email", 4), ("wait", 6)]


def test_what_is_put_in_elsewhere_takes_its_place_in_every_view(office):
    make(office, "notify_by_sms")
    make(office, "notify_by_email", position=7)
    path = f"/api/tocsin/v1/users/{native('user', REA.id)}/notification-rules"
    office.api.post(path, {"type": "wait", "wait_s": 120, "position": 1}, as_="admin")

    assert positions(office) == [("sms", 0), ("wait", 1), ("email", 7)]
    assert office.list(RULES)[1]["duration"] == 120
    office.api.post(path, {"type": "notify", "channel": "slack", "position": 0}, as_="admin")
    assert positions(office) == [("slack", 0), ("sms", 1), ("wait", 2), ("email", 7)]
    listed = office.api.get(path, as_="admin")["notification_rules"]
    assert [rule["position"] for rule in listed] == [0, 1, 2, 3]


def gathers(office):
    path = f"/api/tocsin/v1/users/{native('user', REA.id)}/notification-rules"
    return [each["gather_s"] for each in office.api.get(path, as_="admin")["notification_rules"]]


def test_rules_for_text_messages_gather_for_two_minutes_and_others_do_not(office):
    make(office, "notify_by_sms")
    mail = make(office, "notify_by_email")
    make(office, "wait")
    assert gathers(office) == [120, 0, None]

    office.put(RULES + mail["id"], {"type": "notify_by_sms"})
    assert gathers(office) == [120, 120, None]
    office.put(RULES + mail["id"], {"type": "notify_by_phone_call"})
    assert gathers(office) == [120, 0, None]


def test_how_long_a_rule_gathers_stays_as_it_was_set_natively(office):
    text = make(office, "notify_by_sms")
    path = f"/api/tocsin/v1/users/{native('user', REA.id)}/notification-rules"
    (rule,) = office.api.get(path, as_="admin")["notification_rules"]
    office.api.call("PATCH", f"{path}/{rule['id']}", {"gather_s": 0}, as_="admin")

    office.put(RULES + text["id"], {"type": "notify_by_sms", "position": 3})

    assert gathers(office) == [0]


def test_a_channel_without_a_word_here_reads_as_a_webhook_and_stays_what_it_is(office):
    draft = NotificationRule(
        id=UNMADE, user=REA.id, importance=Importance.DEFAULT, position=0, channel="teams"
    )
    server = Actor.of_server(WorkspaceId(1))
    office.database.transact(
        lambda tx: notification_rules.create(tx, server, REA.id, draft, now=office.api.clock.now)
    )
    (rule,) = office.list(RULES)

    assert rule["type"] == "notify_by_webhook"
    office.put(RULES + rule["id"], {"position": 4})
    office.put(RULES + rule["id"], {"type": "notify_by_webhook", "position": 5, "manual_order": True})
    user = office.database.transact(lambda tx: people.get(tx, server, REA.id))
    assert user.rules[0].channel == "teams"


@pytest.mark.parametrize(("who", "may"), [("viewer", False), ("responder", True), ("owner", True)])
def test_editors_write_anybodys_rules_and_viewers_read_them(office, who, may):
    rule = RULES + make(office)["id"]

    assert office.get(rule, as_=who)["user_id"] == REA_ID
    assert len(office.list(RULES, as_=who)) == 1
    sent = {"user_id": ADA_ID, "type": "wait"}
    for method, path, body in (
        ("POST", RULES, sent),
        ("PATCH", rule, {"position": 2}),
        ("DELETE", rule, None),
    ):
        answer = office.call(method, path, body, as_=who)
        assert answer.is_success is may
        if not may:
            said = {"detail": "You do not have permission to perform this action."}
            assert (answer.status_code, answer.json()) == (403, said)


def test_the_rules_next_door_are_not_there(office):
    rule = RULES + make(office)["id"]

    assert office.list(RULES, as_="stranger") == []
    for method in ("GET", "DELETE", "PUT"):
        assert office.refusal(method, rule, as_="stranger") == (404, {"detail": "Not found."})
    assert office.refusal("POST", RULES, SMS, as_="stranger") == (400, {"detail": "User does not exist"})


def test_rules_of_a_deactivated_user_are_not_shown(office):
    make(office, user_id=ADA_ID)
    server = Actor.of_server(WorkspaceId(1))
    office.database.transact(lambda tx: people.deactivate(tx, server, ADA.id, now=office.api.clock.now))

    assert office.list(RULES, as_="owner") == []
