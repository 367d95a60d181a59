import pytest

from api_world import API
from native_office import ON_SHOP
from refusals import conflicts, refused
from tocsin.core.notification import NotificationKind
from tocsin.store import destinations, outbox

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = {
    "name": "Robot",
    "channel": "webhook",
    "address": "https://example.org/hook/a-long-secret-path",
    "options": {"method": "PUT", "headers": {"Authorization": "Bearer hunter2", "X-Team": "db"}},
    "secret": SECRET,
}


def add(api, path, body, as_="admin"):
    return api.call("POST", API + path, body, as_=as_)


def test_a_service_gets_a_slug_and_events_find_it(api):
    made = add(api, "/services", {"name": "Online Depot"}).json()

    assert made["slug"] == "online-depot"
    assert api.alert(service="online-depot")["service"]["id"] == made["id"]
    conflicts(add(api, "/services", {"name": "x", "slug": "online-depot"}), "slug")


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"name": ""}, "name", "1 to 255"),
        ({"name": "店"}, "slug", "a to z"),
        ({"name": "A", "slug": "A B"}, "slug", "a to z"),
        ({"name": "A", "slug": "svc_00000000000a"}, "slug", "looks like an id"),
        ({"name": "A", "team_id": "team_00000000000z"}, "team_id", "is no team here"),
        ({"name": "A", "team_id": 7}, "team_id", "text"),
        ({"name": "A", "description": "x" * 1_001}, "description", "1000"),
    ],
)
def test_a_service_that_cannot_be_is_refused_by_the_name_of_the_field(api, body, path, said):
    refused(add(api, "/services", body), path, said)


def test_a_service_with_firing_alerts_stays(api):
    alert = api.alert()

    conflicts(api.call("DELETE", f"/services/{ON_SHOP}", as_="admin"), "1 firing alert")
    api.post(f"/alerts/{alert['id']}/resolve")
    assert api.call("DELETE", f"/services/{ON_SHOP}", as_="admin").status_code == 204


def test_the_address_of_an_integration_is_told_once(api):
    body = {"service_id": ON_SHOP, "kind": "alertmanager", "name": "Production"}
    made = add(api, "/integrations", body).json()

    assert made["url"] == f"http://tocsin.test/integrations/alertmanager/{made['token']}"
    assert made["token_hint"] == made["token"][-4:]
    for path in ("/integrations", f"/integrations/{made['id']}", "/audit-log"):
        assert made["token"] not in api.call("GET", API + path, as_="admin").text
    rotated = add(api, f"/integrations/{made['id']}/rotate", None).json()
    assert rotated["token"] != made["token"]
    assert rotated["token_hint"] == api.get(f"{API}/integrations/{made['id']}")["token_hint"]


def test_a_revoked_integration_gets_no_new_token(api):
    body = {"service_id": ON_SHOP, "kind": "alertmanager", "name": "Production"}
    one = f"/integrations/{add(api, '/integrations', body).json()['id']}"

    assert api.call("DELETE", API + one, as_="admin").status_code == 204
    assert api.get(API + one)["revoked_at"] == "2026-03-06T09:00:00Z"
    conflicts(add(api, f"{one}/rotate", None), "was revoked")


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"kind": "pigeon"}, "kind", "must be one of native, alertmanager, grafana, generic"),
        ({"service_id": "svc_00000000000z"}, "service_id", "is no service here"),
        ({"service_id": "shop"}, "service_id", "svc_"),
        ({"name": ""}, "name", "1 to 255"),
        ({"mapping": {"title": "a"}}, "mapping", "must be empty"),
        ({"kind": "generic"}, "mapping.title", ""),
        ({"kind": "generic", "mapping": {"title": "$.a", "colour": "$.b"}}, "mapping.colour", ""),
        ({"kind": "generic", "mapping": []}, "mapping", "an object"),
    ],
)
def test_an_integration_that_cannot_be_is_refused_by_the_name_of_the_field(api, change, path, said):
    body = {"service_id": ON_SHOP, "kind": "alertmanager", "name": "Production"}

    refused(add(api, "/integrations", body | change), path, said)


def test_what_a_destination_must_keep_to_itself_is_never_given_out(api):
    made = add(api, "/destinations", HOOK).json()
    one = f"/destinations/{made['id']}"

    assert made["address"] == "https://example.org/…path"
    assert made["options"] == {"method": "PUT", "headers": {"Authorization": "***", "X-Team": "***"}}
    assert made["has_secret"] is True
    for path in ("/destinations", one, "/audit-log"):
        text = api.call("GET", path, as_="admin").text
        assert [word for word in ("a-long-secret", "hunter2", SECRET) if word in text] == []


def test_what_comes_back_as_it_was_shown_stays_as_it_is(api):
    made = add(api, "/destinations", HOOK).json()
    one = f"/destinations/{made['id']}"
    headers = made["options"]["headers"] | {"X-Team": "web"}
    body = {"address": made["address"], "options": {"headers": headers}, "name": "Robot 2"}

    assert api.call("PATCH", one, body, as_="admin").status_code == 200

    (stored,) = [each for each in api.transact(lambda tx: destinations.all_(tx, 1)) if each.name == "Robot 2"]
    assert (stored.address, stored.secret) == (HOOK["address"], SECRET)
    assert stored.options == {"headers": {"Authorization": "Bearer hunter2", "X-Team": "web"}}
    bare = api.call("PATCH", one, {"secret": ""}, as_="admin").json()
    assert bare["has_secret"] is False


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"address": "https://user:pw@example.org/"}, "address"),
        ({"address": ""}, "address"),
        ({"secret": "short"}, "secret"),
        ({"options": {"colour": "red"}}, "options.colour"),
        ({"options": {"method": "BREW"}}, "options.method"),
        ({"options": {"body": "{{ nope"}}, "options.body"),
        ({"options": {"headers": {"Host": "x"}}}, "options.headers.Host"),
        ({"options": []}, "options"),
        ({"name": "x" * 256}, "name"),
    ],
)
def test_a_destination_that_cannot_be_is_refused_by_the_name_of_the_field(api, change, path):
    made = add(api, "/destinations", HOOK).json()

    refused(add(api, "/destinations", HOOK | change), path)
    if "channel" not in change:
        refused(api.call("PATCH", f"/destinations/{made['id']}", change, as_="admin"), path)


def test_a_destination_is_tried_and_stays_while_a_policy_tells_it(api):
    made = add(api, "/destinations", {"name": "Log", "channel": "log", "address": "ops"}).json()
    one = f"/destinations/{made['id']}"
    assert made["address"] == "ops"

    answer = add(api, f"{one}/test", None)

    assert answer.status_code == 202
    (message,) = api.transact(lambda tx: outbox.due(tx, now=api.clock.now, limit=9))
    assert (message.kind, message.address) == (NotificationKind.TEST, "ops")
    step = {"action": {"type": "notify", "targets": [{"type": "destination", "id": made["id"]}]}}
    add(api, "/escalation-policies", {"name": "Backend", "steps": [step]})
    conflicts(api.call("DELETE", one, as_="admin"), "escalation policy Backend")


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("tocsin", set()),
        ("datadog", {"api_key", "application_key"}),
        ("grafana_oncall", set()),
        ("cloud_manager", {"public_key", "private_key", "client_id", "client_secret"}),
        ("guance", set()),
        ("digitalocean", set()),
    ],
)
def test_the_secrets_of_a_key_are_told_once(api, kind, parts):
    made = add(api, "/api-keys", {"kind": kind, "name": "ci"}).json()

    known = {"id", "kind", "name", "user_id", "service_id", "hint", "scopes", "created_at"}
    known |= {"last_used_at", "revoked_at", "networks", "key"}
    assert set(made) - known == parts
    one = api.get(f"/api-keys/{made['id']}", as_="admin")
    assert set(one) == known - {"key"}
    shown = {"public_key", "client_id"}
    secrets = [made[name] for name in ("key", *parts) if name not in shown]
    for path in ("/api-keys", f"/api-keys/{made['id']}", "/audit-log"):
        text = api.call("GET", path, as_="admin").text
        assert [secret for secret in secrets if secret in text] == []


def test_a_new_key_opens_the_api_until_it_is_revoked(api):
    made = add(api, "/api-keys", {"kind": "tocsin", "name": "ci", "scopes": ["read"]}).json()

    assert api.call("GET", "/services", as_=made["key"]).status_code == 200
    assert api.call("POST", "/services", {"name": "x"}, as_=made["key"]).status_code == 403
    assert api.call("DELETE", f"/api-keys/{made['id']}", as_="admin").status_code == 204
    assert api.call("GET", "/services", as_=made["key"]).status_code == 401


def test_a_key_of_another_api_does_not_open_this_one(api):
    made = add(api, "/api-keys", {"kind": "digitalocean", "name": "ci"}).json()

    assert api.call("GET", "/services", as_=made["key"]).status_code == 401


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"kind": "pigeon", "name": "ci"}, "kind", "must be one of tocsin, datadog"),
        ({"kind": "tocsin", "name": ""}, "name", "1 to 255"),
        ({"kind": "tocsin", "name": "ci", "scopes": ["fly"]}, "scopes[0]", "must be one of read"),
        ({"kind": "tocsin", "name": "ci", "user_id": "usr_00000000000z"}, "user_id", "is no user here"),
        ({"kind": "tocsin", "name": "ci", "service_id": "svc_00000000000z"}, "service_id", "no service"),
    ],
)
def test_a_key_that_cannot_be_is_refused_by_the_name_of_the_field(api, body, path, said):
    refused(add(api, "/api-keys", body), path, said)


def test_responders_make_keys_for_themselves_and_see_only_those(api):
    made = add(api, "/api-keys", {"kind": "tocsin", "name": "mine"}, as_="responder").json()

    listed = api.get("/api-keys")["api_keys"]
    assert {key["user_id"] for key in listed} == {made["user_id"]}
    others = [
        key for key in api.get("/api-keys", as_="admin")["api_keys"] if key["user_id"] != made["user_id"]
    ]
    assert api.call("DELETE", f"/api-keys/{others[0]['id']}").status_code == 403


def test_the_workspace_is_read_by_all_and_changed_by_few(api):
    before = api.call("GET", "/workspace", as_="viewer")
    etag = {"if-match": before.headers["etag"]}

    changed = api.call(
        "PATCH", "/workspace", {"name": "Acme", "catch_all_policy_id": None}, as_="admin", headers=etag
    )

    assert changed.json() == before.json() | {"name": "Acme", "catch_all_policy_id": None}
    assert api.call("PATCH", "/workspace", {}, as_="admin", headers=etag).status_code == 412
    assert api.call("PATCH", "/workspace", {"name": "X"}).status_code == 403
    body = {"catch_all_policy_id": "esc_00000000000z"}
    refused(api.call("PATCH", "/workspace", body, as_="admin"), "catch_all_policy_id", "no escalation policy")
    assert api.get("/workspace", as_="stranger")["name"] == "Next door"


def test_the_audit_log_tells_who_changed_what_the_newest_first(api):
    made = add(api, "/services", {"name": "Depot 2"}).json()
    api.call("PATCH", f"/services/{made['id']}", {"name": "Depot 3"}, as_="owner")

    log = api.get("/audit-log", as_="admin")["audit_log"]

    newest = log[0]
    assert (newest["action"], newest["kind"], newest["name"]) == ("changed", "service", "Depot 3")
    assert (newest["by_name"], newest["how"], newest["subject_id"]) == ("Ola", "api", made["id"])
    assert newest["changes"] == {"name": {"before": "Depot 2", "after": "Depot 3"}}
    only = api.get("/audit-log", as_="admin", params={"subject": made["id"]})
    assert [entry["action"] for entry in only["audit_log"]] == ["changed", "created"]
    ola = newest["user_id"]
    assert api.get("/audit-log", as_="admin", params={"actor": ola})["total"] == 1
    assert api.get("/audit-log", as_="admin", params={"limit": 1})["next"]
    assert api.call("GET", "/audit-log").status_code == 403
    refused(api.call("GET", "/audit-log?subject=x", as_="admin"), "subject", "the id of a thing")


def test_a_workspace_may_ask_people_whether_they_still_have_what_they_acknowledged(api):
    wanted = {"ask_after_s": 3600, "answer_within_s": 600}
    changed = api.call("PATCH", "/workspace", {"reminders": wanted}, as_="admin")
    kept = api.call("PATCH", "/workspace", {"name": "Acme"}, as_="admin")
    only = api.call("PATCH", "/workspace", {"reminders": {"ask_after_s": 3600}}, as_="admin")
    off = api.call("PATCH", "/workspace", {"reminders": None}, as_="admin")

    assert changed.json()["reminders"] == kept.json()["reminders"] == wanted
    assert only.json()["reminders"] == {"ask_after_s": 3600, "answer_within_s": None}
    assert off.json()["reminders"] is None


@pytest.mark.parametrize(
    ("reminders", "field"),
    [
        ({"ask_after_s": 299}, "reminders.ask_after_s"),
        ({"ask_after_s": 604_801}, "reminders.ask_after_s"),
        ({"ask_after_s": 3600, "answer_within_s": 59}, "reminders.answer_within_s"),
        ({"answer_within_s": 600}, "reminders.ask_after_s"),
    ],
)
def test_reminders_out_of_bounds_are_refused_with_the_field(api, reminders, field):
    refused(api.call("PATCH", "/workspace", {"reminders": reminders}, as_="admin"), field, "")


def test_a_workspace_may_have_a_pace_which_other_changes_leave_alone(api):
    before = api.call("GET", "/workspace", as_="admin").json()["pace_s"]
    changed = api.call("PATCH", "/workspace", {"pace_s": 5}, as_="admin")
    kept = api.call("PATCH", "/workspace", {"name": "Acme"}, as_="admin")
    off = api.call("PATCH", "/workspace", {"pace_s": 0}, as_="admin")

    assert (before, changed.json()["pace_s"], kept.json()["pace_s"], off.json()["pace_s"]) == (0, 5, 5, 0)


@pytest.mark.parametrize("pace", [-1, 61, 2.5, "5", None])
def test_a_pace_out_of_bounds_is_refused_with_the_field(api, pace):
    refused(api.call("PATCH", "/workspace", {"pace_s": pace}, as_="admin"), "pace_s", "")
