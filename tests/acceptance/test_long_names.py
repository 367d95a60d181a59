"""Names without a space in them, as machines give, on the narrowest screen."""

import pytest

from acceptance.chromium import PHONE, fill_in, page_of
from acceptance.company import make, step, user
from acceptance.servers import tocsin

LONG = "kube_pod_container_status_restarts_total_" * 4


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A server on which everything has a long name, and the paths of its pages."""
    with tocsin(tmp_path_factory.mktemp("names") / "tocsin") as server:
        ana = make(server, "users", name=LONG[:100], email="ana@example.org")["id"]
        turns = {"effective_date": "2026-01-01T00:00:00Z", "rotation_start": "2026-01-01T00:00:00Z"}
        layer = {"name": LONG[:90], "interval": {"days": 1}, "members": [{"user_id": ana}], **turns}
        schedule = make(server, "schedules", name=LONG, time_zone="UTC", layers=[layer])["id"]
        service = make(server, "services", name=LONG, slug="long")["id"]
        escalation = make(server, "escalation-policies", name=LONG, steps=[step(user(ana))])["id"]
        rule = {"name": LONG, "filter": f"labels.{LONG} != x", "escalation_policy_ids": [escalation]}
        policy = make(server, "alert-policies", name=LONG, rules=[rule], scope={"service_ids": [service]})[
            "id"
        ]
        silence = make(server, "silences", name=LONG, filter=f"title = {LONG}", comment=LONG)["id"]
        make(server, "destinations", name=LONG, channel="webhook", address=f"https://example.org/{LONG}")
        make(server, "integrations", name=LONG, service_id=service, kind="alertmanager")
        make(server, "api-keys", name=LONG, kind="tocsin")
        make(server, "date-sets", name=LONG, dates=["2026-12-24"])
        make(server, "teams", name=LONG, members=[{"user_id": ana}])
        said: dict[str, object] = dict.fromkeys(("title", "message", "host", "source", "monitor_name"), LONG)
        said |= {"labels": {LONG: LONG}, "details": {LONG: [LONG]}, "service": "long"}
        event = server.call("POST", "events", said).json()
        alert = server.call("GET", f"events/{event['events'][0]['id']}").json()["alert_id"]
        make(server, f"alerts/{alert}/notes", text=LONG)
        shown = (f"alerts/{alert}", f"people/{ana}", f"schedules/{schedule}", f"schedules/{schedule}/edit")
        shown += (f"policies/{policy}", f"policies/{policy}/edit", f"escalation-policies/{escalation}/edit")
        shown += (f"services/{service}", f"silences/{silence}", "now", "on-call", "policies", "services")
        shown += (
            "people",
            "teams",
            "silences",
            "destinations",
            "date-sets",
            "escalation-policies",
            "reports",
        )
        shown += ("keys", "explain", "prove", "replay", "schedules/new", "policies/new", "silences/new", "me")
        yield server, shown


def test_no_name_makes_a_page_wider_than_a_telephone(places, browser):
    server, shown = places

    with page_of(browser, server.url, viewport=PHONE) as page:
        page.goto(server.url)
        fill_in(page, server.credentials["owner"])
        page.wait_for_url("**/now")
        widths, broken = {}, {}
        for path in shown:
            assert page.goto(f"{server.url}/{path}").status == 200, path
            widths[path] = page.evaluate("document.documentElement.scrollWidth")
            broken[path] = page.get_by_role("button", name="Acknowledge").count() and page.evaluate(
                "[...document.querySelectorAll('button')].some(it => it.clientHeight > 60)"
            )

    assert {path: width for path, width in widths.items() if width > PHONE["width"]} == {}
    assert [path for path, tall in broken.items() if tall] == []
