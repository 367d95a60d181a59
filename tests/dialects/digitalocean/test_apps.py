"""Apps: services with a spec that is kept as it comes, but for its secrets."""

import pytest

from counting import Counting
from droplet_office import APPS, CPU, FOREIGN, UNKNOWN, Office, fault, spec


def test_what_is_written_reads_back_the_same(office):
    whole = spec(domains=[{"domain": "x.org"}], envs=[{"key": "A", "value": "1", "scope": "RUN_TIME"}])

    app = office.call("POST", "", {"spec": whole, "project_id": "p-1"}).json()["app"]

    assert app["spec"] == whole
    assert app["project_id"] == "p-1"
    assert office.get(f"/{app['id']}")["app"] == app
    assert office.get("")["apps"][-1] == app
    assert app["active_deployment"]["phase"] == "ACTIVE"


def test_a_service_made_by_other_ways_is_an_app_without_alerts(office):
    (shop, _) = office.get("")["apps"]

    assert shop["spec"] == {"name": "shop"}
    assert office.get(f"/{shop['id']}/alerts") == {"alerts": []}


def test_an_app_is_a_service_and_a_policy_to_everybody_else(office):
    office.app()

    services = office.api.get("/services", as_="admin")["services"]
    policies = office.api.get("/alert-policies", as_="admin")["alert_policies"]

    assert services[-1]["slug"] == "web-app"
    assert [rule["name"] for rule in policies[0]["rules"]] == [
        "DEPLOYMENT_FAILED",
        "DOMAIN_LIVE",
        "web CPU_UTILIZATION",
    ]


def test_what_others_add_to_an_apps_policy_stays_when_the_app_changes(office):
    app = office.app()
    (policy,) = office.api.get("/alert-policies", as_="admin")["alert_policies"]
    extra = dict(policy["rules"][0], name="Mine", filter="labels.x = y")
    extra.pop("id")
    for plan in extra["plans"]:
        plan.pop("id")
        for step in plan["steps"]:
            step.pop("id")
    rules = [extra, *policy["rules"]]
    path = f"/alert-policies/{policy['id']}"
    changed = office.api.call("PATCH", path, {"rules": rules, "enabled": False}, as_="admin")
    assert changed.status_code == 200, changed.text
    before = office.alerts(app["id"])

    office.put(app["id"], spec(services=[]))

    after = office.api.get(path, as_="admin")
    assert [rule["name"] for rule in after["rules"]] == ["Mine", "DEPLOYMENT_FAILED", "DOMAIN_LIVE"]
    assert after["enabled"] is False
    assert office.alerts(app["id"]) == {name: each for name, each in before.items() if "web" not in name}


def test_alerts_whose_policy_somebody_deleted_go_nowhere_until_they_are_assigned_again(office):
    app = office.app()
    (policy,) = office.api.get("/alert-policies", as_="admin")["alert_policies"]
    office.api.call("DELETE", f"/alert-policies/{policy['id']}", as_="admin")
    alert = office.alerts(app["id"])["DEPLOYMENT_FAILED"]
    assert alert["emails"] == []

    assert office.assign(app["id"], alert["id"], emails=["ola@example.org"])["emails"] == ["ola@example.org"]
    assert office.alerts(app["id"])["DEPLOYMENT_FAILED"]["emails"] == ["ola@example.org"]


def test_an_app_without_a_word_on_alerts_has_the_two_that_apps_have(office):
    app = office.call("POST", "", {"spec": {"name": "plain"}}).json()["app"]

    assert app["spec"]["alerts"] == [{"rule": "DEPLOYMENT_FAILED"}, {"rule": "DOMAIN_FAILED"}]
    assert set(office.alerts(app["id"])) == {"DEPLOYMENT_FAILED", "DOMAIN_FAILED"}
    assert office.put(app["id"], {"name": "plain", "alerts": []})["spec"]["alerts"] == []
    assert office.alerts(app["id"]) == {}


def test_secrets_are_sealed_and_a_seal_that_comes_back_stays(office):
    secret = {"key": "TOKEN", "value": "hunter2", "type": "SECRET"}
    body = spec(envs=[secret], services=[{"name": "web", "envs": [secret]}])

    app = office.call("POST", "", {"spec": body}).json()["app"]

    seals = [app["spec"]["envs"][0]["value"], app["spec"]["services"][0]["envs"][0]["value"]]
    assert all(seal.startswith("EV[") and seal.endswith("]") for seal in seals)
    assert "hunter2" not in str(office.get(f"/{app['id']}"))
    assert office.put(app["id"], app["spec"])["spec"] == app["spec"]


def test_a_name_that_is_taken_is_a_conflict(office):
    first, second = office.app(), office.app(name="second")

    assert fault(office.call("POST", "", {"spec": spec()})) == (409, "conflict")
    assert fault(office.call("PUT", f"/{second['id']}", {"spec": spec()})) == (409, "conflict")
    assert [each["id"] for each in office.get("")["apps"][-2:]] == [first["id"], second["id"]]


def test_a_renamed_app_is_found_by_its_new_name(office):
    app = office.app()

    office.put(app["id"], spec("other-name"))

    assert office.get("/?name=other-name")["app"]["id"] == app["id"]
    assert office.get("?name=other-name")["app"]["id"] == app["id"]
    assert fault(office.call("GET", "/?name=web-app")) == (404, "not_found")


def test_an_app_that_is_deleted_is_gone_with_its_alerts_and_policy(office):
    app = office.app()

    answer = office.call("DELETE", f"/{app['id']}")

    assert (answer.status_code, answer.json()) == (200, {"id": app["id"]})
    assert fault(office.call("GET", f"/{app['id']}")) == (404, "not_found")
    assert fault(office.call("GET", f"/{app['id']}/alerts")) == (404, "not_found")
    assert office.api.get("/alert-policies", as_="admin")["alert_policies"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Web"}, "spec.name"),
        ({"name": "a"}, "spec.name"),
        ({"name": "a-"}, "spec.name"),
        ({"name": "x" * 33}, "spec.name"),
        ({"name": None}, "spec.name"),
        ({"alerts": {}}, "spec.alerts"),
        ({"alerts": [{}]}, "spec.alerts[0].rule"),
        ({"alerts": [{"rule": "NO_SUCH_RULE"}]}, "spec.alerts[0].rule"),
        ({"alerts": [{"rule": "UNSPECIFIED_RULE"}]}, "spec.alerts[0].rule"),
        ({"alerts": [{"rule": "CPU_UTILIZATION"}]}, "spec.alerts[0].operator"),
        ({"alerts": [CPU | {"value": "75"}]}, "spec.alerts[0].value"),
        ({"alerts": [CPU | {"window": "A_WEEK"}]}, "spec.alerts[0].window"),
        ({"alerts": [CPU | {"operator": "UNSPECIFIED_OPERATOR"}]}, "spec.alerts[0].operator"),
        ({"alerts": [{"rule": "DOMAIN_LIVE", "disabled": "yes"}]}, "spec.alerts[0].disabled"),
        ({"workers": [{"alerts": [{"rule": "RESTART_COUNT"}]}]}, "spec.workers[0].name"),
        ({"workers": [{"name": "web"}]}, "spec.workers[0].name"),
        ({"services": "web"}, "spec.services"),
    ],
)
def test_a_spec_that_cannot_be_is_refused_and_its_field_named(office, change, field):
    before = office.get("")

    answer = office.call("POST", "", {"spec": spec() | change})

    assert fault(answer) == (400, "invalid_argument")
    assert field in answer.json()["message"]
    assert office.get("") == before


def test_two_alerts_for_one_component_and_rule_are_refused(office):
    answer = office.call(
        "POST", "", {"spec": spec(alerts=[{"rule": "DOMAIN_LIVE"}, {"rule": "DOMAIN_LIVE"}])}
    )

    assert fault(answer) == (422, "unprocessable_entity")
    assert "spec.alerts[1]" in answer.json()["message"]


def test_apps_come_in_pages_with_links_to_the_others(office):
    for number in range(5):
        office.app(name=f"app-{number}")

    first, middle, last = (office.get(f"?per_page=3&page={page}") for page in (1, 2, 3))

    assert [len(page["apps"]) for page in (first, middle, last)] == [3, 3, 1]
    assert all(page["meta"] == {"total": 7} for page in (first, middle, last))
    at = f"http://tocsin.test{APPS}"
    assert first["links"] == {"pages": {"next": f"{at}?page=2&per_page=3", "last": f"{at}?page=3&per_page=3"}}
    assert set(middle["links"]["pages"]) == {"first", "prev", "next", "last"}
    assert set(last["links"]["pages"]) == {"first", "prev"}
    assert office.get("?page=9")["apps"] == []
    assert office.get("")["links"] == {}


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "per_page=0", "per_page=201", "per_page=1.5"]
)
def test_a_page_out_of_range_is_refused(office, query):
    answer = office.call("GET", f"?{query}")

    assert fault(answer) == (422, "unprocessable_entity")
    assert query.partition("=")[0] in answer.json()["message"]


def test_there_is_one_deployment_whose_steps_are_done(office):
    app = office.app()

    listed = office.get(f"/{app['id']}/deployments?per_page=20")

    (deployment,) = listed["deployments"]
    assert deployment == app["active_deployment"]
    assert {step["status"] for step in deployment["progress"]["steps"]} == {"SUCCESS"}
    assert office.get(f"/{app['id']}/deployments/{deployment['id']}")["deployment"] == deployment
    assert fault(office.call("GET", f"/{app['id']}/deployments/{FOREIGN}")) == (404, "not_found")


def test_a_spec_can_be_proposed_without_making_anything(office):
    office.app()
    before = office.get("")

    free = office.call("POST", "/propose", {"spec": spec("free")}).json()
    taken = office.call("POST", "/propose", {"spec": spec()}).json()

    assert (free["app_name_available"], free["spec"]) == (True, spec("free"))
    assert (taken["app_name_available"], taken["app_name_suggestion"]) == (False, "web-app-2")
    assert office.get("") == before


@pytest.mark.parametrize("ids", [FOREIGN, UNKNOWN, "12345", "%00", "x" * 500])
def test_any_id_that_is_not_here_is_not_found(office, ids):
    for method, path in [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("GET", "/alerts"),
        ("GET", "/deployments"),
    ]:
        body = {"spec": spec()} if method == "PUT" else None
        assert fault(office.call(method, f"/{ids}{path}", body)) == (404, "not_found")


def test_who_asks_comes_before_everything_else(office):
    for token in ("", "Bearer", "Bearer wrong", "Basic dop_v1_admin", "Token dop_v1_admin"):
        for path in (APPS, f"{APPS}/nothing", f"{APPS}/nothing/at/all"):
            answer = office.call("POST", path, {"x": 1}, headers={"authorization": token})
            assert fault(answer) == (401, "unauthorized")
            assert answer.json()["message"] == "Unable to authenticate you."
            assert answer.headers["www-authenticate"] == "Bearer"


def test_the_word_bearer_may_be_written_in_any_case(office):
    assert office.call("GET", "", headers={"authorization": "bEARER dop_v1_admin"}).status_code == 200


def test_a_viewer_reads_and_changes_nothing(office):
    app = office.app()
    alert = office.alerts(app["id"])["DEPLOYMENT_FAILED"]["id"]

    assert office.call("GET", f"/{app['id']}", as_="viewer").status_code == 200
    for method, path in [
        ("POST", ""),
        ("PUT", f"/{app['id']}"),
        ("DELETE", f"/{app['id']}"),
        ("POST", f"/{app['id']}/alerts/{alert}/destinations"),
    ]:
        assert fault(office.call(method, path, {"spec": spec("x1")}, as_="viewer")) == (403, "forbidden")


def test_another_workspace_sees_nothing_of_it(office):
    app = office.app()

    assert fault(office.call("GET", f"/{app['id']}", as_="stranger")) == (404, "not_found")
    assert [each["spec"]["name"] for each in office.get("", as_="stranger")["apps"]] == ["bar"]


def test_a_wrong_method_is_refused_with_those_that_there_are(office):
    answer = office.call("PATCH", "")

    assert fault(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_every_answer_says_how_many_requests_are_left(office):
    first, second = office.call("GET", ""), office.call("GET", f"/{FOREIGN}")
    stranger = office.call("GET", "", headers={"authorization": ""})

    left = [int(answer.headers["ratelimit-remaining"]) for answer in (first, second)]
    assert left == [4999, 4998]
    for answer in (first, second, stranger):
        assert answer.headers["ratelimit-limit"] == "5000"
        assert int(answer.headers["ratelimit-reset"]) == int(office.api.clock().timestamp()) + 3600
        assert answer.headers["x-request-id"]


def test_a_burst_is_stopped_for_a_while_and_others_are_not(office):
    for _ in range(250):
        assert office.call("GET", "").status_code == 200

    answer = office.call("GET", "")

    assert fault(answer) == (429, "too_many_requests")
    assert (answer.headers["retry-after"], answer.headers["ratelimit-remaining"]) == ("60", "0")
    assert office.call("GET", "", as_="owner").status_code == 200
    office.api.clock.pass_time(seconds=60)
    assert office.call("GET", "").status_code == 200


def test_however_many_apps_there_are_they_are_read_in_as_many_queries(database):
    counted = Counting(database)
    office = Office(counted)
    app = office.app(name="first")["id"]

    def counts():
        office.get("")  # what is compiled once is compiled
        return [
            counted.count(lambda path=path: office.get(path)) for path in ("?per_page=200", f"/{app}/alerts")
        ]

    few = counts()
    for number in range(20):
        office.app(name=f"app-{number}")
    functions = [{"name": f"f-{number}", "alerts": [dict(CPU)]} for number in range(50)]
    office.put(app, spec("first", functions=functions))

    assert len(office.alerts(app)) == 53
    assert counts() == few
