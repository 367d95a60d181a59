import pytest

from api_world import ADA, OLA, REA
from native_office import ANA, ASK
from refusals import refused
from tocsin.actions.passwords import is_password
from tocsin.core.notification import NotificationKind
from tocsin.core.spelling import native
from tocsin.store import outbox, people

METHODS = f"/users/{ANA}/contact-methods"
RULES = f"/users/{ANA}/notification-rules"


def waiting(api):
    return api.transact(lambda tx: outbox.due(tx, now=api.clock.now, limit=100))


def test_a_user_who_is_added_is_reached_at_once(api):
    made = api.post("/users", {"email": "ana@example.org"}, as_="admin")

    (method,) = made["contact_methods"]
    assert (method["channel"], method["address"], method["verified"]) == ("email", "ana@example.org", True)
    assert (made["role"], made["status"], made["time_zone"]) == ("responder", "active", "UTC")
    assert waiting(api) == []


def test_a_password_is_kept_as_a_hash_and_never_shown(api):
    body = {"email": "ana@example.org", "password": "correct horse battery"}
    made = api.call("POST", "/users", body, as_="admin")
    ana = made.json()["id"]

    assert "password" not in made.json()
    number = api.transact(lambda tx: people.all_(tx, 1))[-1].id
    hashed = api.transact(lambda tx: people.password_hash(tx, number))
    assert is_password("correct horse battery", hashed)
    refused(api.call("PATCH", f"/users/{ana}", {"password": "tiny"}, as_="admin"), "password")
    refused(api.call("PATCH", f"/users/{ana}", {"password": "aaaaaaaaaaaa"}, as_="admin"), "password")


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"email": "ana"}, "email", "must be one plain address like ana@example.org"),
        ({"email": "ana@example.org, eve@example.org"}, "email", "plain address"),
        ({"email": "ana@example.org", "time_zone": "Mars/Olympus"}, "time_zone", "IANA name"),
        ({"email": "ana@example.org", "time_zone": "europe/madrid"}, "time_zone", "IANA name"),
        ({"email": "ana@example.org", "role": "god"}, "role", "one of owner, admin, responder, viewer"),
        ({"email": "ana@example.org", "name": "x" * 256}, "name", "at most 255 characters"),
        ({"email": "a" * 300}, "email", "of 3 to 254 characters"),
        ({"email": None}, "email", "must be text"),
        ({"email": "ana@example.org", "rol": "admin"}, "rol", "may be meant as role"),
    ],
)
def test_a_user_who_cannot_be_is_refused_by_the_name_of_the_field(api, body, path, said):
    refused(api.call("POST", "/users", body, as_="admin"), path, said)


def test_an_address_that_is_taken_is_a_conflict(api):
    answer = api.call("POST", "/users", {"email": "REA@example.org"}, as_="admin")

    assert answer.status_code == 409
    assert "e-mail address" in answer.json()["detail"]


def test_everybody_finds_themselves(api):
    for role, user in (("owner", OLA), ("admin", ADA), ("responder", REA)):
        assert api.get("/users/me", as_=role)["id"] == native("user", user.id)
    assert api.call("GET", "/users/me", headers={"if-none-match": "*"}).status_code == 304


def test_people_change_themselves_and_admins_change_others(api):
    assert (
        api.call("PATCH", f"/users/{ANA}", {"name": "Rea R.", "time_zone": "Asia/Tokyo"}).status_code == 200
    )

    for body in ({"role": "admin"}, {"email": "r@example.org"}, {"status": "deactivated"}):
        answer = api.call("PATCH", f"/users/{ANA}", body)
        assert answer.status_code == 403, body
    ola = native("user", OLA.id)
    for role in ("responder", "admin"):
        assert api.call("PATCH", f"/users/{ola}", {"name": "X"}, as_=role).status_code == 403
    made = api.call("POST", "/users", {"email": "o@example.org", "role": "owner"}, as_="admin")
    assert "ask an owner of the workspace" in made.json()["detail"]


def test_who_leaves_is_marked_and_comes_back(api):
    assert api.call("DELETE", f"/users/{ANA}", as_="admin").status_code == 204

    assert api.get(f"/users/{ANA}", as_="admin")["status"] == "deactivated"
    assert api.call("GET", "/users").status_code == 401
    assert api.call("PATCH", f"/users/{ANA}", {"status": "active"}, as_="admin").json()["status"] == "active"
    assert api.call("GET", "/users").status_code == 200


def test_the_last_owner_stays(api):
    answer = api.call("DELETE", f"/users/{native('user', OLA.id)}", as_="owner")

    assert answer.status_code == 409
    assert "the last owner" in answer.json()["detail"]


def test_an_address_is_verified_by_the_code_that_was_sent_to_it(api):
    made = api.post(METHODS, {"channel": "email", "address": "rea@home.example"})
    (message,) = waiting(api)

    assert (message.kind, message.address) == (NotificationKind.VERIFICATION, "rea@home.example")
    assert made["verified"] is False
    one = f"{METHODS}/{made['id']}"
    wrong = "111111" if message.body != "111111" else "222222"
    refused(api.call("POST", f"{one}/verify", {"code": wrong}), "code", "4 tries are left")
    verified = api.post(f"{one}/verify", {"code": message.body})
    assert (verified["verified"], verified["verified_at"]) == (True, "2026-03-06T09:00:00Z")
    assert [each["verified"] for each in api.get(f"/users/{ANA}")["contact_methods"]] == [True, True]


def test_codes_are_guessed_at_most_five_times_and_sent_at_most_once_a_minute(api):
    made = api.post(METHODS, {"channel": "email", "address": "rea@home.example"})
    one = f"{METHODS}/{made['id']}"
    code = waiting(api)[0].body
    wrong = "111111" if code != "111111" else "222222"

    tries = [api.call("POST", f"{one}/verify", {"code": wrong}).status_code for _ in range(6)]
    assert tries == [400, 400, 400, 400, 400, 409]
    assert api.call("POST", f"{one}/verify", {"code": code}).status_code == 409
    assert api.call("POST", f"{one}/send-code").status_code == 409
    api.clock.pass_time(minutes=1)
    assert api.call("POST", f"{one}/send-code").status_code == 202
    fresh = waiting(api)[-1].body
    assert api.call("POST", f"{one}/verify", {"code": fresh}).status_code == 200
    assert api.call("POST", f"{one}/send-code").status_code == 409


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"channel": "pigeon", "address": "x"}, "channel", "must be one of email"),
        ({"channel": "email", "address": "nobody"}, "address", "plain address"),
        ({"channel": "slack", "address": "https://example.org/\x7f"}, "address", ""),
        ({"channel": "webhook", "address": "ftp://example.org"}, "address", "https://example.org/hook"),
        ({"channel": "email", "address": "a@example.org", "label": "x" * 256}, "label", "at most 255"),
        ({"channel": "email"}, "address", "must be text"),
        ({"channel": "email", "address": "a@example.org", "verified": "yes"}, "verified", "true or false"),
    ],
)
def test_an_address_that_cannot_be_is_refused_by_the_name_of_the_field(api, body, path, said):
    refused(api.call("POST", METHODS, body), path, said)


def test_an_address_by_which_anybody_could_post_is_shown_in_part(api):
    address = "https://hooks.slack.com/services/T000/B000/secretXYZ1"

    made = api.post(METHODS, {"channel": "slack", "address": address})

    assert made["address"] == "https://hooks.slack.com/…XYZ1"
    assert "secret" not in api.call("GET", f"/users/{ANA}").text


def test_only_an_admin_vouches_for_an_address(api):
    body = {"channel": "log", "address": "rea", "verified": True}

    assert api.call("POST", METHODS, body).status_code == 403
    assert api.post(METHODS, body, as_="admin")["verified"] is True


def test_a_test_notification_goes_out_and_can_be_followed(api):
    (mailbox,) = api.get(METHODS)["contact_methods"]

    answer = api.call("POST", f"{METHODS}/{mailbox['id']}/test")

    assert answer.status_code == 202
    (message,) = waiting(api)
    assert answer.json() == {"notification_id": native("notification", message.id)}
    assert api.call("GET", f"/notifications/{answer.json()['notification_id']}").status_code == 200


def test_the_last_way_to_reach_somebody_who_is_asked_goes_only_by_force(api):
    (mailbox,) = api.get(METHODS)["contact_methods"]
    one = f"{METHODS}/{mailbox['id']}"

    answer = api.call("DELETE", one)
    assert answer.status_code == 409
    assert "asked by escalation policy Everything" in answer.json()["detail"]
    assert api.call("DELETE", f"{one}?force=perhaps").status_code == 400
    assert api.call("DELETE", f"{one}?force=true").status_code == 204
    assert api.get(METHODS)["total"] == 0


def test_a_ladder_is_built_moved_and_replaced(api):
    mail = api.post(RULES, {"type": "notify", "channel": "email"})
    wait = api.post(RULES, {"type": "wait", "wait_s": 300})
    first = api.post(RULES, {"type": "notify", "channel": "log", "position": 0})
    loud = api.post(RULES, {"type": "notify", "channel": "log", "importance": "important"})

    ladder = api.get(f"{RULES}?importance=default")["notification_rules"]
    assert [(rule["id"], rule["position"]) for rule in ladder] == [
        (first["id"], 0),
        (mail["id"], 1),
        (wait["id"], 2),
    ]
    assert (loud["position"], loud["importance"]) == (0, "important")
    moved = api.call("PATCH", f"{RULES}/{wait['id']}", {"position": 0, "wait_s": 60}).json()
    assert (moved["position"], moved["wait_s"]) == (0, 60)
    new = [{"type": "wait", "wait_s": 5}, {"type": "notify", "channel": "email"}]
    replaced = api.call("PUT", f"{RULES}?importance=default", {"notification_rules": new}).json()
    assert [(rule["type"], rule["position"]) for rule in replaced["notification_rules"]] == [
        ("wait", 0),
        ("notify", 1),
    ]
    assert api.get(RULES)["total"] == 3


def test_a_rule_names_an_address_or_a_channel(api):
    (mailbox,) = api.get(METHODS)["contact_methods"]

    one = api.post(RULES, {"type": "notify", "contact_method_id": mailbox["id"]})
    assert (one["channel"], one["contact_method_id"]) == ("email", mailbox["id"])
    whole = api.call("PATCH", f"{RULES}/{one['id']}", {"contact_method_id": None}).json()
    assert (whole["channel"], whole["contact_method_id"]) == ("email", None)
    back = api.call("PATCH", f"{RULES}/{one['id']}", {"contact_method_id": mailbox["id"]}).json()
    assert back == one


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"type": "notify"}, "channel", "must name a channel, or contact_method_id"),
        ({"type": "shout"}, "type", "one of notify, wait"),
        ({"type": "notify", "channel": "pigeon"}, "channel", "must be one of email"),
        ({"type": "notify", "contact_method_id": "x"}, "contact_method_id", "cm_"),
        ({"type": "notify", "contact_method_id": "cm_00000000000a"}, "contact_method_id", "own contact"),
        ({"type": "wait"}, "wait_s", "1 to 86400"),
        ({"type": "wait", "wait_s": 0}, "wait_s", "1 to 86400"),
        ({"type": "wait", "wait_s": 86_401}, "wait_s", "1 to 86400"),
        ({"type": "wait", "wait_s": 10**30}, "wait_s", "1 to 86400"),
        ({"type": "wait", "wait_s": 1.5}, "wait_s", "a whole number"),
        ({"type": "wait", "wait_s": 60, "channel": "email"}, "channel", "must be left out"),
        ({"type": "wait", "wait_s": 60, "position": -1}, "position", "0 to 1000"),
        ({"type": "wait", "wait_s": 60, "gather_s": 60}, "gather_s", "must be left out"),
        ({"type": "notify", "channel": "sms", "gather_s": 601}, "gather_s", "0 to 600"),
        ({"type": "notify", "channel": "sms", "gather_s": -1}, "gather_s", "0 to 600"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_the_name_of_the_field(api, body, path, said):
    refused(api.call("POST", RULES, body), path, said)


def test_a_rule_that_notifies_may_gather_and_another_channel_changes_nothing_about_that(api):
    plain = api.post(RULES, {"type": "notify", "channel": "email"})
    text = api.post(RULES, {"type": "notify", "channel": "sms", "gather_s": 120})
    moved = api.call("PATCH", f"{RULES}/{text['id']}", {"channel": "email"}).json()
    ended = api.call("PATCH", f"{RULES}/{text['id']}", {"gather_s": 0}).json()

    assert [each["gather_s"] for each in (plain, text, moved, ended)] == [0, 120, 120, 0]


def test_a_rule_that_waits_does_not_learn_to_notify(api):
    wait = api.post(RULES, {"type": "wait", "wait_s": 300})
    mail = api.post(RULES, {"type": "notify", "channel": "email"})

    refused(api.call("PATCH", f"{RULES}/{wait['id']}", {"channel": "email"}), "channel", "a rule that waits")
    refused(api.call("PATCH", f"{RULES}/{wait['id']}", {"gather_s": 5}), "gather_s", "a rule that waits")
    refused(api.call("PATCH", f"{RULES}/{mail['id']}", {"wait_s": 5}), "wait_s", "a rule that notifies")


def test_a_replacement_names_the_rule_that_is_wrong(api):
    body = {"notification_rules": [{"type": "wait", "wait_s": 5}, {"type": "notify"}]}

    refused(
        api.call("PUT", f"{RULES}?importance=default", body), "notification_rules[1].channel", "must name"
    )
    refused(api.call("PUT", RULES, {"notification_rules": []}), "importance", "one of default, important")


def test_rules_and_addresses_are_one_s_own(api):
    ada = native("user", ADA.id)

    for path, body in (
        (f"/users/{ada}/notification-rules", {"type": "wait", "wait_s": 5}),
        (f"/users/{ada}/contact-methods", {"channel": "email", "address": "x@example.org"}),
    ):
        assert api.call("POST", path, body).status_code == 403
        assert api.call("POST", path, body, as_="owner").status_code == 201


def test_a_team_has_members_and_knows_who_is_on_call(api):
    team = api.post("/teams", {"name": "Data Platform", "members": [{"user_id": ANA}]}, as_="admin")
    one = f"/teams/{team['id']}"
    ada = native("user", ADA.id)

    joined = api.call("PUT", f"{one}/members/{ada}", {"role": "admin"}, as_="admin").json()
    assert joined["members"] == [{"user_id": ANA, "role": "member"}, {"user_id": ada, "role": "admin"}]
    assert api.call("DELETE", f"{one}/members/{ANA}", as_="admin").status_code == 204
    assert api.call("DELETE", f"{one}/members/{ANA}", as_="admin").status_code == 404
    assert api.get(one)["members"] == [{"user_id": ada, "role": "admin"}]
    assert api.get(f"{one}/on-call?at=2026-12-24T20:00:00%2B01:00") == {
        "team_id": team["id"],
        "at": "2026-12-24T19:00:00Z",
        "on_call": [],
    }
    refused(api.call("GET", f"{one}/on-call?at=2026-12-24T20:00:00"), "at", "RFC 3339")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": "店"}, "handle"),
        ({"name": "A", "handle": "No!"}, "handle"),
        ({"name": "A", "members": [{"user_id": "usr_00000000000z"}]}, "members[0].user_id"),
        ({"name": "A", "members": [{"user_id": ANA}, {"user_id": ANA}]}, "members[1].user_id"),
        ({"name": "A", "members": [{"user_id": ANA, "role": "boss"}]}, "members[0].role"),
    ],
)
def test_a_team_that_cannot_be_is_refused_by_the_name_of_the_field(api, body, path):
    refused(api.call("POST", "/teams", body, as_="admin"), path)


def test_a_team_that_a_policy_asks_is_not_deleted(api):
    team = api.post("/teams", {"name": "DB"}, as_="admin")
    step = {"action": {"type": "notify", "targets": [{"type": "team", "id": team["id"]}]}}
    api.post("/escalation-policies", {"name": "Backend", "steps": [ASK, step]}, as_="admin")

    answer = api.call("DELETE", f"/teams/{team['id']}", as_="admin")

    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        "team DB is in use by escalation policy Backend; take it out there first"
    )
