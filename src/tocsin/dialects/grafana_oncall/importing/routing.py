"""How alerts come in, and whom they reach: webhooks, chains and their steps, integrations and routes."""

from typing import Any, Final

from tocsin.channels.rich_templates import read_rich
from tocsin.core.errors import Invalid
from tocsin.dialects.grafana_oncall.chains import read
from tocsin.dialects.grafana_oncall.importing.copying import Copy, Outcome, by, only
from tocsin.dialects.grafana_oncall.importing.peers import Json

MASK: Final = "*" * 16
WITHHELD: Final = "its password or authorization is not given out by the API; set it here"
_WEBHOOK: Final = (
    "name", "is_webhook_enabled", "data", "username", "trigger_template", "headers", "url", "forward_all",
    "http_method", "trigger_type",
)  # fmt: skip
_STEP: Final = (
    "type", "position", "duration", "important", "notify_if_time_from", "notify_if_time_to",
    "num_alerts_in_window", "num_minutes_in_window",
)  # fmt: skip
_LISTS: Final = ("persons_to_notify", "persons_to_notify_next_each_time")
_ONES: Final = ("notify_on_call_from_schedule", "team_to_notify", "action_to_trigger")
_WAYS: Final = ("slack", "telegram", "email", "mobile_app", "mobile_app_critical", "webhook", "msteams")


def copy_webhooks(copy: Copy) -> list[Json]:
    """Let every webhook be here under its name; return those that hear of some integrations only."""
    here, filtered = by(list(copy.here.every("webhooks")), "name"), []
    for hook in copy.found("webhooks"):
        known = here.get((hook["name"],))
        if known is not None:
            copy.keep("webhook", hook["name"], hook["id"], known["id"])
            continue
        if hook.get("preset"):
            copy.note("webhook", hook["name"], Outcome.LEAVE, f"it is a preset of {hook['preset']}'s")
            continue
        body = only(hook, *_WEBHOOK) | {"team": copy.here_for(hook.get("team"))}
        secret = MASK in (hook.get("password"), hook.get("authorization_header"))
        why = WITHHELD if secret else ""
        if copy.make("webhook", hook["name"], hook["id"], body, path="webhooks/", why=why) is not None:
            filtered += [hook] if hook.get("integration_filter") else []
    return filtered


def narrow_webhooks(copy: Copy, hooks: list[Json]) -> None:
    """Let webhooks hear of their integrations only, now that these are here; without any, of nothing."""
    for hook in hooks:
        body: Json = {"integration_filter": copy.all_here(hook["integration_filter"])}
        if not body["integration_filter"]:  # which would mean all of them
            body = {"is_webhook_enabled": False}
            copy.note(
                "webhook", hook["name"], Outcome.LEAVE, "none of its integrations came: it is switched off"
            )
        copy.change("webhook", hook["name"], f"webhooks/{copy.ids[hook['id']]}/", body)


def copy_chains(copy: Copy) -> None:
    """Let every chain be here under its name, with its steps as far as they are not there."""
    here = by(list(copy.here.every("escalation_chains")), "name")
    mine: dict[str, list[Json]] = {}
    for step in copy.here.every("escalation_policies"):
        mine.setdefault(step["escalation_chain_id"], []).append(step)
    theirs: dict[str, list[Json]] = {}
    for step in copy.found("escalation_policies"):
        theirs.setdefault(step["escalation_chain_id"], []).append(step)
    for chain in copy.found("escalation_chains"):
        name, steps = chain["name"], theirs.get(chain["id"], [])
        known = here.get((name,))
        if known is None:
            body = {"name": name, "team_id": copy.here_for(chain.get("team_id"))}
            if copy.make("chain", name, chain["id"], body, path="escalation_chains/") is None:
                continue
            own: list[Json] = []
        else:
            copy.keep("chain", name, chain["id"], known["id"])
            own = mine.get(known["id"], [])
        _copy_steps(copy, chain, sorted(steps, key=lambda step: step["position"]), own)


def _copy_steps(copy: Copy, chain: Json, steps: list[Json], own: list[Json]) -> None:
    types = [step["type"] for step in steps if step["type"] in read.TYPES]
    if types[: len(own)] != [step["type"] for step in own]:
        copy.note("steps", chain["name"], Outcome.KEEP, "this chain has steps of its own here")
        return
    left = len(own)
    for step in steps:
        name = f"{chain['name']} {step['position']} {step['type']}"
        if step["type"] not in read.TYPES:
            copy.note("step", name, Outcome.LEAVE, "there is no step of this type here")
            continue
        if left:
            left -= 1
            continue
        body = only(step, *_STEP) | {"escalation_chain_id": copy.ids[chain["id"]]}
        body |= {field: copy.all_here(step[field]) for field in _LISTS if field in step}
        body |= {field: copy.here_for(step[field]) for field in _ONES if field in step}
        lost = [field for field in _ONES if step.get(field) and body[field] is None]
        why = f"what {lost[0]} names did not come along" if lost else ""
        copy.make("step", name, step["id"], body, path="escalation_policies/", why=why)


def copy_integrations(copy: Copy) -> None:
    """Let every integration be here under its name, at the same address but for the host, with its routes."""
    here = by(list(copy.here.every("integrations")), "name", "team_id")
    routes: dict[str, list[Json]] = {}
    for route in copy.found("routes"):
        routes.setdefault(route["integration_id"], []).append(route)
    for door in copy.found("integrations"):
        name, team = door["name"], copy.here_for(door.get("team_id"))
        known = here.get((name, team))
        if known is not None:
            copy.keep("integration", name, door["id"], known["id"])
            continue
        if door["type"] == "direct_paging":
            copy.note("integration", name, Outcome.LEAVE, "people are paged here without one")
            continue
        body = only(door, "name", "type", "description_short", "link") | {"team_id": team}
        body["templates"] = _templates(copy, name, door.get("templates") or {})
        body["default_route"] = _leading(copy, door.get("default_route") or {})
        why = f"its address stays, but for the host: {door['link']}" if door.get("link") else ""
        path = "integrations/?keep_link=true"
        if copy.make("integration", name, door["id"], body, path=path, why=why) is not None:
            _copy_routes(copy, name, copy.ids[door["id"]], routes.get(door["id"], []))


def _copy_routes(copy: Copy, name: str, door: str, routes: list[Json]) -> None:
    for route in sorted(routes, key=lambda route: route["position"]):
        if route.get("is_the_last_route"):
            continue
        body = only(route, "routing_type", "routing_regex", "position") | _leading(copy, route)
        body["integration_id"] = door
        title = f"{name}: {route.get('routing_regex')}"
        copy.make("route", title, route["id"], body, path="routes/")
        if any((route.get(way) or {}).get("enabled") for way in _WAYS if isinstance(route.get(way), dict)):
            why = "its messages to chats do not come along; let the chain notify a destination"
            copy.note("route", title, Outcome.LEAVE, why)


def _leading(copy: Copy, route: Json) -> Json:
    return {"escalation_chain_id": copy.here_for(route.get("escalation_chain_id"))}


def _templates(copy: Copy, door: str, given: Json) -> Json:
    """Give the templates that somebody has written; the others are the type's own.

    One that cannot be read here is left behind: its integration comes along all the same.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        parts = value if isinstance(value, dict) else {"": value}
        written = {part: text for part, text in parts.items() if text is not None}
        for part, text in tuple(written.items()):
            if why := _unreadable(text):
                del written[part]
                copy.note("template", f"{door}: {name} {part}".strip(), Outcome.LEAVE, why)
        if written:
            found[name] = written if isinstance(value, dict) else written[""]
    return found


def _unreadable(text: Any) -> str:
    try:
        read_rich(str(text))
    except Invalid as invalid:
        return f"it {invalid.problem}; what it made is made as the type does"
    return ""
