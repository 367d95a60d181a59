"""Pages over the native API: lists, paging by hand, what people do about them; and the messages they send."""

import pytest

import builders
from api_world import ADA, REA, STRANGER, VIC, Api, catch_all, directory
from builders import MINUTE, step, target
from conftest import ENGINES
from routing_builders import policy, rule
from tocsin.actions.paging import turn
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.ids import DestinationId
from tocsin.core.service import Destination
from tocsin.core.spelling import native
from tocsin.store import destinations


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


TWO_STEPS = catch_all(step(target(REA)), step(target(ADA), after=10))
USER = {"type": "user", "id": native("user", REA.id)}
POLICY = {"type": "escalation_policy", "id": native("escalation_policy", TWO_STEPS.id)}


@pytest.fixture
def api(database) -> Api:
    return Api(database, configuration=directory(escalation_policies={TWO_STEPS.id: TWO_STEPS}))


def page_of(api: Api, **fields):
    api.report(**fields)
    return api.get("/pages?limit=1")["pages"][0]


def test_a_page_shows_its_plan_who_is_asked_and_what_comes_next(api):
    page = page_of(api)

    assert (page["title"], page["status"], page["severity"]) == ("Disk full", "triggered", "critical")
    assert (page["next_step"], page["next_at"]) == (2, "2026-03-06T09:10:00Z")
    assert (page["alerts_count"], page["alert_policy_id"], page["rule_id"]) == (1, None, None)
    assert page["escalation_policy_id"] == POLICY["id"]
    assert page["responders"] == [
        {
            "user_id": native("user", REA.id),
            "name": "Rea",
            "importance": "default",
            "why": "named (step 1 of Everything)",
            "asked_at": "2026-03-06T09:00:00Z",
            "next_at": None,
        }
    ]
    assert [each["after_s"] for each in page["plan"]["steps"]] == [0, 600]
    assert page["plan"]["steps"][1]["action"]["targets"] == [
        {"type": "user", "id": native("user", ADA.id), "via": []}
    ]
    assert api.get(f"/pages/{page['id']}", as_="viewer") == page


def test_a_page_at_its_plan_s_end_has_no_next_step(api):
    page = page_of(api)
    api.clock.pass_time(minutes=10)
    api.transact(lambda tx: turn(tx, now=api.clock.now))

    page = api.get(f"/pages/{page['id']}")

    assert (page["next_step"], page["next_at"]) == (None, None)
    assert [each["name"] for each in page["responders"]] == ["Rea", "Ada"]


@pytest.mark.parametrize(
    ("verb", "body", "status", "alert"),
    [
        ("acknowledge", {"for_s": 60, "comment": "mine"}, "acknowledged", "acknowledged"),
        ("acknowledge", None, "acknowledged", "acknowledged"),
        ("resolve", {}, "resolved", "resolved"),
        ("unacknowledge", {}, "triggered", "firing"),
        ("escalate", {}, "triggered", "firing"),
    ],
)
def test_what_is_done_to_a_page_is_done_to_its_alerts(api, verb, body, status, alert):
    page = page_of(api)

    answered = api.post(f"/pages/{page['id']}/{verb}", body)

    assert answered["status"] == status
    (found,) = api.get(f"/pages/{page['id']}/alerts")["alerts"]
    assert found["status"] == alert
    assert api.get(f"/pages/{page['id']}") == answered


def test_escalating_a_page_asks_the_next_people_at_once(api):
    page = page_of(api)
    api.post(f"/pages/{page['id']}/acknowledge")

    answered = api.post(f"/pages/{page['id']}/escalate")

    assert answered["status"] == "triggered"
    assert "Ada" in [each["name"] for each in answered["responders"]]


def test_what_is_done_to_a_page_that_is_over_changes_nothing(api):
    page = page_of(api)
    over = api.post(f"/pages/{page['id']}/resolve")

    for verb in ("acknowledge", "unacknowledge", "resolve", "escalate"):
        assert api.post(f"/pages/{page['id']}/{verb}") == over


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c", "b", "a"]),
        ("status=triggered", ["c"]),
        ("status=acknowledged", ["b"]),
        ("status=resolved", ["a"]),
        ("service=depot", ["b"]),
        ("service=shop&service=depot", ["c", "b", "a"]),
        ("limit=2", ["c", "b"]),
    ],
)
def test_pages_are_found_by_status_and_service(api, query, found):
    for title in ("a", "b", "c"):
        page = page_of(api, title=title, service="depot" if title == "b" else "shop")
        if title != "c":
            api.post(f"/pages/{page['id']}/{'resolve' if title == 'a' else 'acknowledge'}")

    assert [page["title"] for page in api.get(f"/pages?{query}")["pages"]] == found


@pytest.mark.parametrize("query", ["status=open", "service=nope", "alert=x", "limit=0", "cursor=x", "q=1"])
def test_a_filter_of_pages_that_makes_no_sense_is_named(api, query):
    answer = api.call("GET", f"/pages?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]


def test_a_page_that_gathers_holds_several_alerts(database):
    gathering = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE)
    gathers = policy(rule(builders.plan(step(target(REA)))), gathering=gathering)
    api = Api(database, configuration=directory(policies=(gathers,)))
    api.report(dedup_key="a")
    api.report(dedup_key="b")

    (page,) = api.get("/pages")["pages"]

    assert (page["alerts_count"], page["gathers_until"]) == (2, "2026-03-06T09:05:00Z")
    assert page["alert_policy_id"] == native("alert_policy", gathers.id)
    assert page["rule_id"] == native("rule", gathers.rules[0].id)
    assert [alert["dedup_key"] for alert in api.get(f"/pages/{page['id']}/alerts")["alerts"]] == ["b", "a"]


# --- by hand ------------------------------------------------------------------------------------------------


def test_paging_by_hand_opens_an_alert_of_its_own_and_asks_at_once(api):
    body = {"title": "Please join the call", "message": "room 4", "targets": [USER], "service": "depot"}

    answer = api.call("POST", "/pages", body)

    assert answer.status_code == 201
    page = answer.json()
    assert answer.headers["location"] == f"/api/tocsin/v1/pages/{page['id']}"
    assert [each["name"] for each in page["responders"]] == ["Rea"]
    (alert,) = api.get(f"/pages/{page['id']}/alerts")["alerts"]
    assert (alert["title"], alert["message"], alert["service"]["slug"]) == (
        "Please join the call",
        "room 4",
        "depot",
    )
    (message,) = api.get(f"/pages/{page['id']}/notifications")["notifications"]
    assert (message["user_id"], message["state"]) == (USER["id"], "queued")
    codes = [entry["code"] for entry in api.get(f"/pages/{page['id']}/timeline")["timeline"]]
    assert codes[:2] == ["paged_by_hand", "page_began"]


def test_an_escalation_policy_runs_when_it_is_paged(api):
    page = api.post("/pages", {"title": "Site is down", "targets": [POLICY], "importance": "important"})

    assert (page["plan"]["name"], page["importance"], page["next_step"]) == ("Everything", "important", 2)


def test_a_repeated_request_pages_once(api):
    body = {"title": "Please join the call", "targets": [USER]}
    headers = {"idempotency-key": "k1"}

    first = api.call("POST", "/pages", body, headers=headers)
    again = api.call("POST", "/pages", body, headers=headers)
    other = api.call("POST", "/pages", body | {"title": "Another"}, headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert api.get("/pages")["total"] == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"targets": []}, "targets"),
        ({"targets": None}, "targets"),
        ({"targets": [{"type": "user", "id": "usr_000000000000"}]}, "targets[0].id"),
        (
            {"targets": [{"type": "user", "id": native("user", VIC.id)}, {"type": "team", "id": "x"}]},
            "targets[1].id",
        ),
        ({"targets": [{"type": "team", "id": native("user", REA.id)}]}, "targets[0].id"),
        ({"targets": [{"type": "user", "id": native("user", 90)}]}, "targets[0].id"),
        ({"targets": [{"type": "robot", "id": "x"}]}, "targets[0].type"),
        ({"targets": [USER, POLICY]}, "targets[1]"),
        ({"title": ""}, "title"),
        ({"title": "x" * 1_001}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"importance": "huge"}, "importance"),
        ({"service": "nope"}, "service"),
        ({"titel": "x"}, "titel"),
    ],
)
def test_a_page_by_hand_that_makes_no_sense_asks_nobody(api, changes, path):
    answer = api.call("POST", "/pages", {"title": "x", "targets": [USER]} | changes)

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["path"] == path
    assert api.get("/pages")["total"] == api.get("/alerts")["total"] == 0


def test_paging_by_a_policy_that_is_not_there_is_not_found(api):
    body = {"title": "x", "targets": [{"type": "escalation_policy", "id": "esc_000000000000"}]}

    assert api.call("POST", "/pages", body).status_code == 404


# --- messages -----------------------------------------------------------------------------------------------


def test_messages_are_listed_by_page_person_state_and_channel(api):
    first, second = page_of(api, dedup_key="a"), page_of(api, dedup_key="b")
    api.post(f"/pages/{second['id']}/acknowledge")

    def ids(query):
        return {each["page_id"] for each in api.get(f"/notifications?{query}")["notifications"]}

    assert ids("") == {first["id"], second["id"]}
    assert ids(f"page={first['id']}") == ids("state=queued") == {first["id"]}
    assert ids("state=dropped") == {second["id"]}
    assert ids(f"user={USER['id']}&channel=email") == {first["id"], second["id"]}
    assert ids(f"user={native('user', VIC.id)}") == ids("channel=sms") == set()


def test_a_message_says_why_it_goes_and_never_what_it_says(api):
    page = page_of(api)
    (listed,) = api.get(f"/notifications?page={page['id']}")["notifications"]

    read = api.get(f"/notifications/{listed['id']}", as_="viewer")

    assert read == listed
    assert (read["address"], read["kind"], read["attempts"]) == ("rea@example.org", "page", 0)
    assert read["because"].startswith("Rea is named (step 1 of Everything)")
    assert "body" not in read


def test_the_address_of_a_webhook_is_shown_in_part(api):
    secret = "https://hooks.slack.com/services/T0/B0/s3cr3tTOKEN"
    place = Destination(
        id=DestinationId(50), workspace=REA.workspace, name="#ops", channel="slack", address=secret
    )
    api.transact(lambda tx: destinations.add(tx, place))

    page = api.post(
        "/pages", {"title": "x", "targets": [{"type": "destination", "id": native("destination", 50)}]}
    )

    answer = api.call("GET", f"/pages/{page['id']}/notifications")
    assert answer.json()["notifications"][0]["address"].startswith("https://hooks.slack.com/…")
    assert "s3cr3t" not in answer.text
    assert page["destination_ids"] == [native("destination", 50)]


@pytest.mark.parametrize("query", ["page=x", "user=x", "state=lost", "limit=0", "cursor=x"])
def test_a_filter_of_messages_that_makes_no_sense_is_named(api, query):
    answer = api.call("GET", f"/notifications?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]


# --- who may, and who is a stranger -------------------------------------------------------------------------

READS = ["/pages/{page}", "/pages/{page}/alerts", "/pages/{page}/notifications", "/pages/{page}/timeline"]
WRITES = [f"/pages/{{page}}/{verb}" for verb in ("acknowledge", "unacknowledge", "resolve", "escalate")]
QUERIES = ["/notifications?page={page}", "/notifications/{message}"]


def named(api, path):
    page = page_of(api)
    message = api.get(f"/pages/{page['id']}/notifications")["notifications"][0]["id"]
    return path.format(page=page["id"], message=message)


@pytest.mark.parametrize("path", [*READS, *QUERIES, "/pages", "/notifications"])
@pytest.mark.parametrize(("who", "status"), [("viewer", 200), (None, 401)])
def test_who_may_read_pages_and_messages(api, path, who, status):
    assert api.call("GET", named(api, path), as_=who).status_code == status


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("responder", 200), (None, 401)])
def test_who_may_act_on_pages(api, path, who, status):
    assert api.call("POST", named(api, path), {}, as_=who).status_code == status


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("responder", 201), (None, 401)])
def test_who_may_page_by_hand(api, who, status):
    assert api.call("POST", "/pages", {"title": "x", "targets": [USER]}, as_=who).status_code == status


@pytest.mark.parametrize("path", [*READS, *QUERIES])
def test_another_workspace_s_pages_and_messages_are_not_there(api, path):
    assert api.call("GET", named(api, path), as_=STRANGER).status_code == 404
    assert api.get("/pages", as_=STRANGER)["total"] == api.get("/notifications", as_=STRANGER)["total"] == 0


@pytest.mark.parametrize("path", WRITES)
def test_another_workspace_s_pages_cannot_be_changed(api, path):
    page = page_of(api)

    assert api.call("POST", path.format(page=page["id"]), {}, as_=STRANGER).status_code == 404
    assert api.get(f"/pages/{page['id']}") == page


@pytest.mark.parametrize("identifier", ["x", "page_000000000000", "alrt_000000000000", "a" * 3_000])
@pytest.mark.parametrize("path", ["/pages/{}", "/pages/{}/timeline", "/notifications/{}"])
def test_what_is_no_page_and_no_message_is_not_found(api, path, identifier):
    assert api.call("GET", path.format(identifier)).status_code == 404
