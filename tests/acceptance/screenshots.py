"""Pictures of every page, for people to look at: at a desk and on a telephone, in light and in dark.

``make screenshots`` runs it; the pictures are in ``var/screenshots``.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from acceptance import duty_pictures
from acceptance.chromium import DESK, PHONE, chromium, fill_in, page_of
from acceptance.configuration import configure, fault, review, take_turns
from acceptance.servers import Tocsin, tocsin

FOLDER = Path(__file__).parents[2] / "var" / "screenshots"
NAMES = ("Ana Alba", "Ben Okafor", "Cem Yılmaz", "Dora Nagy")
TROUBLE = (
    ("Disk full on db-1", "critical", {"host": "db-1", "team": "data"}),
    ("Latency of checkout is over 2 s", "error", {"component": "checkout"}),
    ("The certificate of shop.example.org ends in 10 days", "warning", {}),
    ("No data from probe eu-3", "nodata", {"probe": "eu-3"}),
    ("<b>Markup</b> and لا يعمل from outside", "info", {"x": "<i>"}),
    (
        "القرص ممتلئ على الخادم الأول 🚨 " + "A title without end, as some senders have them. " * 200,
        "error",
        {},
    ),
)


def fill(server: Tocsin) -> dict[str, str]:
    """Make people, schedules, policies and trouble; give the pages to look at by name."""

    def make(path: str, body: dict[str, Any]) -> Any:
        answer = server.call("POST", path, body)
        assert answer.status < 300, answer.body
        return answer.json()

    people = [
        make("users", {"email": f"{name[:3].lower()}@example.org", "name": name, "role": "responder"})["id"]
        for name in NAMES
    ]
    make("teams", {"name": "Backend", "members": [{"user_id": each} for each in people[:2]]})
    layer = {
        "effective_date": "2026-01-01T00:00:00Z",
        "rotation_start": "2026-01-05T08:00:00Z",
        "interval": {"days": 1},
        "name": "Days",
    }
    members = [{"user_id": person} for person in people[:3]]
    days = make(
        "schedules",
        {"name": "Primary", "time_zone": "Europe/Berlin", "layers": [{**layer, "members": members}]},
    )["id"]
    make("schedules", {"name": "Nobody yet", "time_zone": "America/New_York"})
    first = {"action": {"type": "notify", "targets": [{"type": "schedule", "id": days}]}}
    then = {"after_s": 300, "action": {"type": "notify", "targets": [{"type": "user", "id": people[3]}]}}
    plan = make("escalation-policies", {"name": "Backend", "steps": [first, then]})["id"]
    make(
        "alert-policies",
        {
            "name": "Everything",
            "rules": [
                {"name": "Loud", "filter": "severity >= warning", "escalation_policy_ids": [plan]},
                {"name": "The rest", "escalation_policy_ids": [plan]},
            ],
        },
    )
    for number, (title, severity, labels) in enumerate(TROUBLE):
        message = "Something is wrong, and this says at more length what it is."
        event = {"title": title, "severity": severity, "labels": labels, "message": message}
        make("events", event | {"dedup_key": str(number)})
    alerts = server.call("GET", "alerts?status=open").json()["alerts"]
    make(f"alerts/{alerts[0]['id']}/acknowledge", {"comment": "Looking at it"})
    note = "The **nightly job** had not rotated its logs.\n\n1. `logrotate -f`\n2. see [the runbook](https://example.org)"
    make(f"alerts/{alerts[-1]['id']}/notes", {"text": note})
    drill = make("drills", {"event": {"title": "Can you hear me?", "severity": "critical"}})["alert_id"]
    make("silences", {"name": "Moving the database", "filter": "labels.host = db-9", "comment": "Until noon"})
    new = make("users", {"email": "nora@example.org", "name": "Nora New"})["id"]
    invitation = make(f"users/{new}/invitation", {"mail": False})["url"]
    odd = next(each["id"] for each in alerts if "without end" in each["title"])
    return {
        "login": "/login",
        "forgot": "/login/forgot",
        "invitation": invitation.removeprefix(server.url),
        "link-gone": "/login/link/none",
        "now": "/now",
        "now-gathered": "/now?by=label:team",
        "now-empty": "/now?q=nothing+of+the+kind",
        "alert": f"/alerts/{alerts[-1]['id']}",
        "on-call": "/on-call",
        "schedule": f"/schedules/{days}",
        "policies": "/policies",
        "services": "/services",
        "reports": "/reports",
        "keys": "/keys",
        "audit": "/audit",
        "people": "/people",
        "people-none": "/people?q=nobody+of+that+name",
        "person": f"/people/{new}",
        "alert-odd": f"/alerts/{odd}",
        "silences": "/silences?filter=labels.host+%3D+db-1",
        "silences-list": "/silences",
        "explain": "/explain?title=Disk+full&severity=critical",
        "prove": "/prove?days=14",
        "replay": "/replay?days=30&silence=severity+%3D+info",
        "drills": "/drills",
        "drill": f"/drills/{drill}",
        "me": "/me",
        "this-browser": "/me/browser",
        "account": "/me/account",
        "offline": "/offline",
        **configure(server),
        "problem": "/alerts/none",
        **duty_pictures.fill(make, people, _owner(server)),
    }


def _owner(server: Tocsin) -> str:
    users = server.call("GET", "users").json()["users"]
    return next(user["id"] for user in users if user["role"] == "owner")


def shoot(server: Tocsin, page: Page, pages: dict[str, str], suffix: str) -> None:
    """Take a picture of every page; the form to sign in comes first."""
    owner = server.credentials["owner"]
    for name, path in pages.items():
        page.goto(server.url + path)
        duty_pictures.DONE_FIRST.get(name, lambda _: None)(page)
        page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=True)
        if name == "login":
            fill_in(page, owner)
            page.wait_for_url(re.compile("/now$"))
    for name, act, form in (
        ("policy-review", review, "policy-edit"),
        ("policy-fault", fault, "policy-edit"),
        ("recurring-shift-review", take_turns, "recurring-shift-edit"),
    ):
        act(page, server.url + pages[form])
        page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=True)


def main() -> None:
    """Take every picture anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        tocsin(Path(folder) / "data") as server,
        chromium() as browser,
    ):
        pages = fill(server)
        for scheme in ("light", "dark"):
            for size, viewport in (("desk", DESK), ("phone", PHONE)):
                with page_of(
                    browser, server.url, color_scheme=scheme, viewport=viewport, quiet=False
                ) as page:
                    shoot(server, page, pages, f"{size}-{scheme}")


if __name__ == "__main__":
    main()
