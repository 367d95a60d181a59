"""One of each thing that can be configured: where it lives, what makes it, what changes it."""

from dataclasses import dataclass, field
from typing import Any

from api_world import API, REA, SHOP, Api
from tocsin.core.spelling import native

ANA = native("user", REA.id)
ON_SHOP = native("service", SHOP)
NIGHT = {"type": "cron", "expression": "0 22 * * *", "duration_s": 28_800, "time_zone": "Europe/Madrid"}
ASK = {"action": {"type": "notify", "targets": [{"type": "user", "id": ANA}]}}
LAYER = {
    "name": "weekly",
    "effective_date": "2026-03-02T00:00:00Z",
    "rotation_start": "2026-03-02T08:00:00Z",
    "interval": {"days": 7},
    "members": [{"user_id": ANA}, None],
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of thing: its *path*, a *body* that makes one, a *patch*, and who may write it."""

    name: str
    path: str
    body: dict[str, Any]
    patch: dict[str, Any] = field(default_factory=dict)
    writer: str = "admin"
    reader: str = "viewer"
    stays: bool = False  # what is deleted is still there, marked
    listed: str = ""
    secrets: tuple[str, ...] = ()

    @property
    def collection(self) -> str:
        return self.listed or self.path.rpartition("/")[2].replace("-", "_")

    def make(self, api: Api, **changes: Any) -> dict[str, Any]:
        answer = api.call("POST", API + self.path, self.body | changes, as_=self.writer)
        assert answer.status_code == 201, answer.text
        return answer.json()


KINDS = (
    Kind(
        name="user",
        path="/users",
        body={"email": "ana@example.org", "name": "Ana", "time_zone": "Europe/Madrid"},
        patch={"name": "Ana Alba"},
        stays=True,
    ),
    Kind(
        name="contact_method",
        path=f"/users/{ANA}/contact-methods",
        body={"channel": "email", "address": "ana@home.example", "label": "home"},
        patch={"label": "attic"},
        writer="responder",
    ),
    Kind(
        name="notification_rule",
        path=f"/users/{ANA}/notification-rules",
        body={"type": "wait", "wait_s": 300},
        patch={"wait_s": 600},
        writer="responder",
    ),
    Kind(
        name="team",
        path="/teams",
        body={"name": "Database", "members": [{"user_id": ANA, "role": "admin"}]},
        patch={"description": "what stores"},
    ),
    Kind(
        name="service",
        path="/services",
        body={"name": "Online depot", "description": "sells"},
        patch={"description": "sells more"},
    ),
    Kind(
        name="integration",
        path="/integrations",
        body={"service_id": ON_SHOP, "kind": "alertmanager", "name": "Production"},
        patch={"name": "Staging"},
        stays=True,
        secrets=("token", "url"),
    ),
    Kind(
        name="destination",
        path="/destinations",
        body={"name": "#ops", "channel": "webhook", "address": "https://example.org/hook/secret-word"},
        patch={"name": "#sre"},
    ),
    Kind(
        name="schedule",
        path="/schedules",
        body={"name": "Primary", "time_zone": "Europe/Madrid", "layers": [LAYER], "tags": ["db"]},
        patch={"name": "First line"},
        writer="responder",
    ),
    Kind(
        name="recurring_shift",
        path="/recurring-shifts",
        body={
            "start": "2026-03-02T18:00:00",
            "name": "Nights",
            "duration_s": 54_000,
            "rule": {"frequency": "weekly", "by_day": ["MO", "TH"]},
            "groups": [[ANA], []],
            "in_turn": True,
        },
        patch={"level": 3},
        writer="responder",
    ),
    Kind(
        name="escalation_policy",
        path="/escalation-policies",
        body={"name": "Backend", "steps": [ASK, {"after_s": 600, "action": {"type": "repeat", "times": 2}}]},
        patch={"description": "at night"},
    ),
    Kind(
        name="alert_policy",
        path="/alert-policies",
        body={
            "name": "Shop",
            "scope": {"service_ids": [ON_SHOP], "filter": "labels.env = prod"},
            "gathering": {"by": "fields", "fields": ["labels.cluster"], "window_s": 60},
            "repeat_after_s": 3600,
            "repeat_by_severity": {"critical": None, "info": 7200},
            "rules": [{"window": NIGHT, "plans": [{"steps": [ASK]}]}],
        },
        patch={"enabled": False},
    ),
    Kind(
        name="date_set",
        path="/date-sets",
        body={"name": "Public holidays", "dates": ["2026-12-25", "2027-01-01"]},
        patch={"dates": ["2026-12-25"]},
    ),
    Kind(
        name="monitor",
        path="/monitors",
        body={"key": "rul_4c5d", "name": "Pods that restart"},
        patch={"description": "in every cluster"},
    ),
    Kind(
        name="silence",
        path="/silences",
        body={"name": "Night", "filter": "severity = info", "service_ids": [ON_SHOP], "recurring": NIGHT},
        patch={"comment": "as every night"},
    ),
    Kind(
        name="key",
        path="/api-keys",
        body={"kind": "tocsin", "name": "ci", "scopes": ["ingest"]},
        stays=True,
        reader="admin",
        secrets=("key",),
    ),
)
NAMES = [kind.name for kind in KINDS]
