"""A small made-up company, Harbour, set up through the native API as anybody would set theirs up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.cli.client import Server

ZONE = "Europe/Lisbon"
PEOPLE = ("Ana Alves", "Ben Bauer", "Chloé Caron", "Dan Duarte", "Ema Eriksen")
ROOM = "Operations room"
SECOND_STEP_AFTER_S, THIRD_STEP_AFTER_S = 20, 25
NEXT_RULE_AFTER_S = 8
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def first_name(name: str) -> str:
    """Give what somebody is called."""
    return name.partition(" ")[0]


@dataclass(kw_only=True)
class Town:
    """What was made: ids by name, and the address that takes Alertmanager's messages."""

    api: Server
    telephone: Callable[[str], str]
    now: datetime
    users: dict[str, str] = field(default_factory=dict)
    schedules: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    alertmanager_url: str = ""

    def on_call(self) -> list[tuple[str, str, str]]:
        """Tell for each schedule who is on call now, and who is next."""
        found = []
        for name, schedule in self.schedules.items():
            duty = self.api.get(f"/schedules/{schedule}/on-call")
            now, then = (
                ", ".join(shift["user"]["name"] for shift in duty[when]) for when in ("on_call", "next")
            )
            found.append((name, now or "nobody", then or "nobody"))
        return found


def build(api: Server, telephone: Callable[[str], str]) -> Town:
    """Set everything up."""
    town = Town(api=api, telephone=telephone, now=datetime.now(UTC))
    for name in PEOPLE:
        _hire(town, name)
    leads = _made(town, "/teams", name="Leads", members=[{"user_id": town.users["Ema"], "role": "admin"}])
    room = _made(town, "/destinations", name=ROOM, channel="webhook", address=telephone("operations-room"))
    _database_primary(town)
    _web_primary(town)
    policy = _made(
        town,
        "/escalation-policies",
        name="Database",
        description="Whoever is on call, then a second pair of eyes, then the lead",
        steps=[
            _step(0, {"type": "schedule", "id": town.schedules["Database primary"]}),
            _step(
                SECOND_STEP_AFTER_S,
                {"type": "schedule", "id": town.schedules["Web primary"]},
                {"type": "destination", "id": room},
            ),
            _step(THIRD_STEP_AFTER_S, {"type": "team", "id": leads}, importance="important"),
        ],
    )
    service = api.get("/services")["services"][0]["id"]
    _alert_policy(town, service, policy, room)
    opened = api.post("/integrations", {"service_id": service, "kind": "alertmanager", "name": "Prometheus"})
    town.alertmanager_url = opened["url"]
    return town


def _hire(town: Town, name: str) -> None:
    """Add somebody with a mailbox and a telephone: first a mail, a little later a call."""
    called = first_name(name)
    email = f"{called.lower().replace('é', 'e')}@harbour.example"
    user = _made(town, "/users", email=email, name=name, role="responder", time_zone=ZONE)
    town.users[called] = user
    method = {"channel": "webhook", "address": town.telephone(email.partition("@")[0]), "label": "telephone"}
    town.api.post(f"/users/{user}/contact-methods", {**method, "verified": True})
    mail, call = {"type": "notify", "channel": "email"}, {"type": "notify", "channel": "webhook"}
    wait = {"type": "wait", "wait_s": NEXT_RULE_AFTER_S}
    _ladder(town, user, "default", [mail, wait, call])
    _ladder(town, user, "important", [mail, call])


def _ladder(town: Town, user: str, importance: str, rungs: Sequence[Mapping[str, Any]]) -> None:
    path = f"/users/{user}/notification-rules"
    for rung in rungs:
        town.api.post(path, {**rung, "importance": importance})


def _database_primary(town: Town) -> None:
    """Take turns day by day, handing over at nine; Dan stands in for the next hours."""
    began = town.now.replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=30)
    layer = _layer("Daily", began, {"days": 1}, [town.users[name] for name in ("Ana", "Ben", "Chloé")])
    schedule = _made(town, "/schedules", name="Database primary", time_zone=ZONE, layers=[layer])
    town.schedules["Database primary"] = schedule
    stands_in = {
        "user_id": town.users["Dan"],
        "starts_at": _rfc3339(town.now - timedelta(hours=1)),
        "ends_at": _rfc3339(town.now + timedelta(hours=4)),
    }
    town.api.post(f"/schedules/{schedule}/overrides", stands_in)


def _web_primary(town: Town) -> None:
    """Take turns week by week; in office hours it is always Chloé."""
    began = town.now.replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=60)
    office = [
        {"start_day": day, "start_time": "09:00:00", "end_day": day, "end_time": "17:00:00"} for day in _DAYS
    ]
    layers = [
        _layer("Weekly", began, {"days": 7}, [town.users["Ben"], town.users["Ana"]]),
        {**_layer("Office hours", began, {"days": 7}, [town.users["Chloé"]]), "restrictions": office},
    ]
    schedule = _made(town, "/schedules", name="Web primary", time_zone=ZONE, layers=layers)
    town.schedules["Web primary"] = schedule


def _alert_policy(town: Town, service: str, policy: str, room: str) -> None:
    """Gather what one team is told of at one time into one page, and route it."""
    watch = {"type": "destination", "id": room}
    _made(
        town,
        "/alert-policies",
        name="Shop",
        scope={"service_ids": [service]},
        gathering={"by": "fields", "fields": ["labels.team", "labels.cluster"], "window_s": 5},
        repeat_after_s=3600,
        mode="first",
        rules=[
            {
                "name": "Database trouble",
                "filter": "labels.team = database",
                "severities": ["critical", "error"],
                "escalation_policy_ids": [policy],
            },
            {"name": "All else", "plans": [{"name": "Keep an eye on it", "steps": [_step(0, watch)]}]},
        ],
    )


def _step(after_s: int, *targets: Mapping[str, Any], importance: str | None = None) -> Mapping[str, Any]:
    action = {"type": "notify", "targets": list(targets), "importance": importance}
    return {"after_s": after_s, "action": action}


def _layer(
    name: str, began: datetime, interval: Mapping[str, int], members: Sequence[str]
) -> Mapping[str, Any]:
    return {
        "name": name,
        "effective_date": _rfc3339(began),
        "rotation_start": _rfc3339(began),
        "interval": interval,
        "members": [{"user_id": member} for member in members],
    }


def _made(town: Town, path: str, **values: Any) -> str:
    """Make something, and remember what it is called."""
    made: str = town.api.post(path, values)["id"]
    town.names[made] = values["name"]
    return made


def _rfc3339(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
