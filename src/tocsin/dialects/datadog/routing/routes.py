"""``/on-call/teams/{team_id}/routing-rules``: where the pages of a team go."""

from dataclasses import replace
from datetime import datetime

from tocsin.actions import alert_policies, extras, history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.errors import NotFound
from tocsin.core.ids import RuleId, TeamId
from tocsin.core.people import Team
from tocsin.dialects.datadog.handling import (
    PREFIX,
    Including,
    must_be_in_path,
    path_id,
    read_body,
    reworded,
    seeing,
    seen,
)
from tocsin.dialects.datadog.jsonapi import MEDIA, read_include
from tocsin.dialects.datadog.objects import DIALECT
from tocsin.dialects.datadog.routing.check import check_rules
from tocsin.dialects.datadog.routing.translate import (
    KIND,
    WORDS,
    Written,
    drafted,
    dumped,
    loaded,
    new_policy,
    show_routing,
)
from tocsin.dialects.datadog.routing.wire import RoutingDocument, RuleBody, SetRouting
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="Routing rules")

INCLUDES = ("rules", "rules.policy")
TEAM = {"team_id": "the team's id"}
_PATH = "/teams/{team_id}/routing-rules"
Routing = tuple[AlertPolicy | None, list[Written]]
_SET: JsonReader[SetRouting] = JsonReader(SetRouting)


@ROUTES.get(
    _PATH,
    permission=Permission.READ,
    summary="Read a team's routing rules",
    description="`include`: `rules`; `rules.policy` brings the rules alone, as the clients expect.",
    media=MEDIA,
    raises=(NotFound,),
    params=TEAM,
)
async def get_on_call_team_routing_rules(call: Call, query: Including) -> RoutingDocument:
    """Read the rules of a team."""
    team_id = TeamId(path_id(call, "team"))

    def read(tx: Tx, actor: Actor, directory: Directory) -> RoutingDocument:
        team_in(directory, team_id)
        include = read_include(query.include, INCLUDES)
        policy = alert_policies.of_team(tx, actor, team_id)
        return show_routing(team_id, policy, _kept(tx, actor, policy), included=include.asked)

    return await seen(call, read)


@ROUTES.put(
    _PATH,
    permission=Permission.CONFIGURE,
    summary="Set a team's routing rules",
    description=(
        "All of them: the first one that matches decides. Rules with an `id` stay the same rules. Slack,"
        " Teams and workflow actions go to the destination of that name, if there is one. `include`: `rules`."
    ),
    body_later=SetRouting,
    media=MEDIA,
    raises=(NotFound,),
    params=TEAM,
)
async def set_on_call_team_routing_rules(call: Call, query: Including) -> RoutingDocument:
    """Replace the rules of a team."""
    team_id = TeamId(path_id(call, "team"))
    team = await seen(call, lambda _tx, _actor, directory: team_in(directory, team_id))
    include = read_include(query.include, INCLUDES)
    given = (await read_body(call, _SET)).data
    if given.id is not None:
        must_be_in_path(call, "team", given.id)
    rules = (given.attributes.rules if given.attributes is not None else None) or []
    check_rules(rules)

    def replace_all(tx: Tx, actor: Actor) -> RoutingDocument:
        policy, written = _replaced(tx, actor, team, rules, call.now)
        return show_routing(team_id, policy, written, included=include.asked)

    with reworded(WORDS):
        return await call.act(replace_all)


def team_in(directory: Directory, team_id: TeamId) -> Team:
    """Find a team; raise NotFound when there is none."""
    team = directory.teams.get(team_id)
    if team is None:
        raise NotFound("team", str(team_id))
    return team


def _replaced(tx: Tx, actor: Actor, team: Team, given: list[RuleBody], now: datetime) -> Routing:
    """Replace the rules of *team*, and keep how they were written."""
    policy = alert_policies.of_team(tx, seeing(actor), team.id)
    if policy is None and not given:
        return None, []
    if policy is None:
        policy = alert_policies.create(tx, actor, new_policy(team), now=now)
    places = {place.name: place.id for place in history.directory(tx, actor).destinations.values()}
    was = {rule.id: rule for rule in policy.rules}
    kept = {each.id for each in _kept(tx, actor, policy)}
    drafts = [
        drafted(each, f"rules[{place}]", places=places, was=was, kept=kept)
        for place, each in enumerate(given)
    ]
    rules = tuple(draft.rule for draft in drafts if draft.rule is not None)
    changed = alert_policies.change(
        tx, actor, policy.id, lambda before: replace(before, rules=rules), now=now
    )
    made = iter(changed.rules)
    written = []
    for body, draft in zip(given, drafts, strict=True):
        number = draft.id or RuleId(tx.new_id()) if draft.rule is None else next(made).id
        written.append(Written(id=number, body=body, acts=draft.rule is not None))
    extras.keep(tx, actor, policy.id, dumped(written), dialect=DIALECT, kind=KIND)
    return changed, written


def _kept(tx: Tx, actor: Actor, policy: AlertPolicy | None) -> list[Written]:
    if policy is None:
        return []
    return loaded(extras.kept(tx, actor, (policy.id,), dialect=DIALECT, kind=KIND).get(policy.id, {}))
