"""People who move in: users by their addresses, teams by their names, rules list by list."""

from collections.abc import Sequence
from typing import Any, Final

from tocsin.core.spelling import from_native, native
from tocsin.dialects.grafana_oncall.importing.copying import Copy, Outcome, by, only
from tocsin.dialects.grafana_oncall.importing.peers import Json
from tocsin.dialects.grafana_oncall.rules.translate import CHANNELS, WAIT
from tocsin.dialects.grafana_oncall.spelled import read, write

ROLES: Final = {"admin": "admin", "editor": "responder"}
ELSEWHERE: Final = "telephone numbers, Slack and app connections are not in the API; each adds their own here"


def copy_users(copy: Copy) -> None:
    """Let everybody be here under their address; whoever is already stays as they are."""
    here = {each["email"].lower(): each for each in copy.native.every("/users", "users")}
    for user in copy.found("users", needed=True):
        name, email = user.get("username") or "", (user.get("email") or "").strip()
        if not email:
            copy.note("user", name, Outcome.LEAVE, "there is no e-mail address to know them by")
            continue
        known = here.get(email.lower())
        if known is not None:
            copy.keep("user", email, user["id"], _lettered("user", known["id"]))
            continue
        body = {
            "email": email,
            "name": name,
            "role": ROLES.get(user.get("role", ""), "viewer"),
            "time_zone": user.get("timezone") or "UTC",
        }
        made = copy.make_natively("user", email, user["id"], body, path="/users")
        if made is not None and not copy.plan:
            copy.ids[user["id"]] = _lettered("user", made["id"])
    if copy.items:
        copy.note("contact methods", "", Outcome.LEAVE, ELSEWHERE)


def copy_teams(copy: Copy) -> None:
    """Let every team be here under its name, with its members."""
    here = by(list(copy.native.every("/teams", "teams")), "name")
    members: dict[str, list[str]] = {}
    for user in copy.found("users"):
        for team in user.get("teams") or ():
            members.setdefault(team, []).append(user["id"])
    for team in copy.found("teams"):
        known = here.get((team["name"],))
        if known is not None:
            copy.keep("team", team["name"], team["id"], _lettered("team", known["id"]))
            continue
        people = copy.all_here(members.get(team["id"]))
        body: Json = {"name": team["name"]}
        if not copy.plan:
            body["members"] = [{"user_id": _native("user", each)} for each in people]
        made = copy.make_natively("team", team["name"], team["id"], body, path="/teams")
        if made is not None and not copy.plan:
            copy.ids[team["id"]] = _lettered("team", made["id"])


def copy_rules(copy: Copy) -> None:
    """Let everybody have the rules that they had, where they have none here, or the first of them."""
    there, here = _lists(copy.found("personal_notification_rules")), _lists(_here(copy))
    for (user, important), rules in there.items():
        person = copy.here_for(user)
        if person is None:
            continue
        kind = "important rules" if important else "rules"
        mine = here.get((person, important), [])
        said, own = [_says(rule) for rule in rules], [_says(rule) for rule in mine]
        if said[: len(own)] != own:
            copy.note(kind, user, Outcome.KEEP, "this person has rules of their own here")
            continue
        if said == own:
            copy.note(kind, user, Outcome.KEEP, "they are there already")
            continue
        for rule in rules[len(own) :]:
            _copy_rule(copy, kind, person, rule)


def _copy_rule(copy: Copy, kind: str, person: str, rule: Json) -> None:
    name = f"{rule['user_id']} {rule['position']} {rule['type']}"
    if rule["type"] not in {WAIT, *CHANNELS}:
        copy.note(kind, name, Outcome.LEAVE, "there is no such way to be reached here")
        return
    body = only(rule, "type", "duration", "important", "position") | {"user_id": person}
    copy.make(kind, name, rule["id"], body, path="personal_notification_rules/")


def _here(copy: Copy) -> Sequence[Json]:
    return list(copy.here.every("personal_notification_rules"))


def _lists(rules: Sequence[Json]) -> dict[tuple[str, bool], list[Json]]:
    found: dict[tuple[str, bool], list[Json]] = {}
    for rule in sorted(rules, key=lambda rule: rule["position"]):
        found.setdefault((rule["user_id"], bool(rule["important"])), []).append(rule)
    return found


def _says(rule: Json) -> tuple[Any, ...]:
    return rule["type"], rule.get("duration")


def _lettered(kind: str, text: str) -> str:
    return write(kind, from_native(text) or 0)


def _native(kind: str, text: str) -> str:
    return native(kind, read(kind, text) or 0)
