"""The configuration that ingest is measured with: one alert policy of five rules, one escalation policy."""

from typing import Any

from harness import Served

API = "/api/tocsin/v1"


def configure(server: Served, *, webhook: str | None = None, gather: bool) -> dict[str, Any]:
    """Set *server* up: the last of five rules takes what the load sends.

    With *gather*, alerts of one cluster within a minute share a page, as a team that has storms sets it up;
    without, each alert is a page. The escalation policy asks the webhook, or the owner by e-mail, and again
    after five and ten minutes.
    """
    if webhook:
        made = server.call(
            "POST", f"{API}/destinations", {"name": "sink", "channel": "webhook", "address": webhook}
        )
        target = {"type": "destination", "id": made["id"]}
    else:
        target = {"type": "user", "id": server.credentials["document"]["owner"]["id"]}
    steps = [{"after_s": after, "action": {"type": "notify", "targets": [target]}} for after in (0, 300, 600)]
    policy = server.call("POST", f"{API}/escalation-policies", {"name": "On call", "steps": steps})
    filters = [f'labels.team = "team-{number}"' for number in range(4)] + ["severity >= warning"]
    rules = [
        {"name": f"rule {number}", "filter": text, "escalation_policy_ids": [policy["id"]]}
        for number, text in enumerate(filters, 1)
    ]
    gathering = {"by": "fields", "fields": ["labels.cluster"], "window_s": 60} if gather else {"by": "none"}
    body = {"name": "Everything", "mode": "first", "gathering": gathering, "rules": rules}
    return server.call("POST", f"{API}/alert-policies", body)
