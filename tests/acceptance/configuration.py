"""What is configured in the pictures and on the pages that axe looks at: one of everything, richly."""

from typing import Any

from playwright.sync_api import Page, expect

from acceptance.servers import Tocsin

OFFICE = {
    "type": "weekly",
    "time_zone": "Europe/Berlin",
    "spans": [
        {"start_day": day, "start_time": "09:00:00", "end_day": day, "end_time": "17:00:00"}
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    ],
}

HOLIDAYS = ["2020-01-01", "2090-12-25", "2090-12-26", "2091-01-01", "2091-01-06", "2091-04-06", "2091-05-01"]

NIGHTS = {
    "name": "Nights",
    "effective_date": "2026-01-01T00:00:00Z",
    "rotation_start": "2026-01-05T20:00:00Z",
    "interval": {"days": 1},
}


def configure(server: Tocsin) -> dict[str, str]:
    """Make one of everything; give the pages that show it, by name."""

    def make(path: str, body: dict[str, Any]) -> str:
        answer = server.call("POST", path, body)
        assert answer.status < 300, answer.body
        return str(answer.json()["id"])

    person = make("users", {"email": "eva@example.org", "name": "Eva Engel", "role": "responder"})
    team = make("teams", {"name": "Platform", "members": [{"user_id": person}]})
    room = make("destinations", {"name": "#ops", "channel": "log", "address": "ops"})
    service = make("services", {"name": "Checkout", "description": "Where money comes in", "team_id": team})
    door = make("integrations", {"service_id": service, "kind": "alertmanager", "name": "Production"})
    steps = [
        {
            "action": {
                "type": "notify",
                "targets": [{"type": "user", "id": person}, {"type": "destination", "id": room}],
            }
        },
        {"after_s": 300, "action": {"type": "notify", "targets": [{"type": "team", "id": team}]}},
        {"after_s": 600, "action": {"type": "repeat", "times": 2}},
    ]
    plan = make("escalation-policies", {"name": "Platform", "description": "Day and night", "steps": steps})
    rules = [
        {
            "name": "Bad ones",
            "filter": "labels.env = prod",
            "severities": ["critical", "error"],
            "importance": "important",
            "escalation_policy_ids": [plan],
        },
        {"name": "In office hours", "window": OFFICE, "escalation_policy_ids": [plan]},
    ]
    policy = make(
        "alert-policies",
        {
            "name": "Checkout",
            "scope": {"service_ids": [service]},
            "gathering": {"by": "fields", "fields": ["labels.cluster"], "window_s": 300},
            "repeat_after_s": 3_600,
            "mode": "first",
            "rules": rules,
        },
    )
    other = make("users", {"email": "finn@example.org", "name": "Finn Fox", "role": "responder"})
    shifts = [make("recurring-shifts", each) for each in _shifts(person, other)]
    layer = {**NIGHTS, "members": [{"user_id": person}, {"user_id": other}]}
    calendar = {"url": "http://127.0.0.1:9/private-5d/duty.ics"}
    over = {"layers": [layer], "recurring_shift_ids": shifts, "feeds": [calendar], "time_zone": "UTC"}
    sun = make("schedules", {"name": "Around the sun", **over})
    days = make("date-sets", {"name": "Public holidays", "dates": HOLIDAYS})
    own = make("alert-policies", {"name": "At home", "rules": [_own_steps(person, team, room, days)]})
    window = {"type": "cron", "expression": "0 2 * * 0", "duration_s": 14_400, "time_zone": "Europe/Berlin"}
    silence = make("silences", {"name": "Backups", "service_ids": [service], "recurring": window})
    return {
        "policy": f"/policies/{policy}",
        "policy-edit": f"/policies/{policy}/edit",
        "own-steps": f"/policies/{own}",
        "own-steps-edit": f"/policies/{own}/edit",
        "schedule-over": f"/schedules/{sun}",
        "schedule-parts-edit": f"/schedules/parts/{sun}/edit",
        "recurring-shifts": "/recurring-shifts",
        "recurring-shift-edit": f"/recurring-shifts/{shifts[0]}/edit",
        "date-sets": "/date-sets",
        "date-set": f"/date-sets/{days}",
        "date-set-edit": f"/date-sets/{days}/edit",
        "escalations": "/escalation-policies",
        "escalation": f"/escalation-policies/{plan}",
        "escalation-edit": f"/escalation-policies/{plan}/edit",
        "silence": f"/silences/{silence}",
        "silence-new": "/silences/new?filter=labels.host+%3D+db-1",
        "service": f"/services/{service}",
        "integration": f"/services/integrations/{door}",
        "integration-new": f"/services/integrations/new?sender=datadog&service={service}",
        "destinations": "/destinations",
        "destination": f"/destinations/{room}",
        "destination-new": "/destinations/new",
        "person": f"/people/{person}",
        "person-new": "/people/new",
        "teams": "/teams",
        "team": f"/teams/{team}",
        "team-edit": f"/teams/{team}/edit",
        "settings": "/settings",
    }


def _shifts(one: str, other: str) -> list[dict[str, Any]]:
    """Make shifts on weekdays, two people in turn, and on each first Monday over them."""
    weekdays = {"frequency": "weekly", "by_day": ["MO", "TU", "WE", "TH", "FR"]}
    start = {"start": "2026-01-05T09:00:00", "duration_s": 28_800}
    turns = {**start, "name": "Weekdays", "rule": weekdays, "in_turn": True, "groups": [[one], [other]]}
    first = {"frequency": "monthly", "by_day": ["1MO"]}
    return [turns, {**start, "name": "First Mondays", "rule": first, "groups": [[other, one]], "level": 2}]


def take_turns(page: Page, path: str) -> None:
    """Let the groups of a shift change places, and look at whose duty that changes."""
    page.goto(path)
    page.get_by_role("button", name="Move group 2 up").click()
    chosen = page.get_by_label("People of group 1, 1", exact=True).locator("option:checked")
    expect(chosen).to_have_text("Finn Fox")
    page.get_by_role("button", name="See what changes").click()
    expect(page.locator("#review svg").first).to_be_visible()


def _own_steps(person: str, team: str, room: str, days: str) -> dict[str, Any]:
    """Make a rule with steps of its own, and others for what lasts, that acts on the days of a set."""
    eva = {"type": "user", "id": person}
    first: dict[str, Any] = {"action": {"type": "notify", "targets": [{**eva, "via": ["sms"]}]}}
    then = {"type": "notify", "targets": [{"type": "team", "id": team}], "assignment": "round_robin"}
    named = {"type": "notify", "targets": [{"type": "destination", "id": room, "mentions": [eva]}]}
    window = {"type": "date_sets", "date_set_ids": [days], "start": "08:00:00", "duration_s": 36_000}
    return {
        "name": "On quiet days",
        "window": {**window, "time_zone": "Europe/Berlin"},
        "plans": [{"steps": [first, {"after_s": 300, "action": then}]}],
        "lasting": [{"severities": ["critical"], "plan": {"steps": [{"after_s": 7_200, "action": named}]}}],
    }


def review(page: Page, path: str) -> None:
    """Change the policy whose form is at *path*, and have it shown what changes."""
    page.goto(path)
    page.get_by_label("Name", exact=True).first.fill("Checkout and cart")
    page.get_by_label("That fit this filter").nth(1).fill("labels.env = prod and severity >= error")
    page.get_by_role("button", name="See what changes").click()


def fault(page: Page, path: str) -> None:
    """Type a filter that does not read into the form at *path*."""
    page.goto(path)
    page.get_by_label("That fit this filter").nth(1).fill("labels.env = ")
    page.get_by_role("button", name="See what changes").click()
