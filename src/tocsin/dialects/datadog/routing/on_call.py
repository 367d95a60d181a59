"""``/on-call/teams/{team_id}/on-call``: whom a page of the team would ask now, and whom after that."""

from msgspec import UNSET

from tocsin.actions import duty
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.duty import Asked
from tocsin.core.alert_policy import policy_of
from tocsin.core.directory import Directory
from tocsin.core.errors import NotFound
from tocsin.core.ids import EscalationPolicyId, TeamId
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.handling import PREFIX, Including, path_id, seen
from tocsin.dialects.datadog.jsonapi import MEDIA, Include, Included, read_include, to_many
from tocsin.dialects.datadog.objects import UserObject, show_user
from tocsin.dialects.datadog.routing.routes import TEAM, team_in
from tocsin.dialects.datadog.routing.wire import (
    ESCALATIONS,
    EscalationLinks,
    EscalationObject,
    TeamOnCallDocument,
    TeamOnCallLinks,
    TeamOnCallObject,
)
from tocsin.dialects.datadog.times import unix_seconds
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="On call")

INCLUDES = ("responders", "escalations", "escalations.responders")


@ROUTES.get(
    "/teams/{team_id}/on-call",
    permission=Permission.READ,
    summary="Tell who is on call for a team",
    description=(
        "By the policy of the team's last rule, or of the team to which that reroutes. `include`: "
        + ", ".join(f"`{path}`" for path in INCLUDES)
        + "."
    ),
    media=MEDIA,
    raises=(NotFound,),
    params=TEAM,
)
async def get_team_on_call_users(call: Call, query: Including) -> TeamOnCallDocument:
    """Tell who is on call for a team."""
    team_id = TeamId(path_id(call, "team"))

    def read(tx: Tx, actor: Actor, directory: Directory) -> TeamOnCallDocument:
        team_in(directory, team_id)
        include = read_include(query.include, INCLUDES)
        policy = _policy(directory, team_id)
        asked = () if policy is None else duty.asked_by(tx, actor, policy, at=call.now)
        first = asked[0].users if asked else ()
        later = [each for each in asked[1:] if each.users]
        whole = TeamOnCallObject(
            f"{to_uuid(team_id)}-{unix_seconds(call.now)}",
            TeamOnCallLinks(
                responders=to_many("users", first),
                escalations=to_many(ESCALATIONS, (each.step for each in later)),
            ),
        )
        if not include.asked:
            return TeamOnCallDocument(whole, UNSET)
        return TeamOnCallDocument(whole, _included(directory, asked[:1], later, include))

    return await seen(call, read)


def _policy(directory: Directory, team_id: TeamId) -> EscalationPolicyId | None:
    """Find the escalation policy of a team: that of its last rule, or of the team which that one names."""
    asked: list[TeamId] = []
    following: TeamId | None = team_id
    while following is not None and following not in asked:
        asked.append(following)
        policy = policy_of(directory.alert_policies, following)
        last = policy.rules[-1] if policy is not None and policy.rules else None
        if last is None or last.escalation_policies:
            return None if last is None else last.escalation_policies[0]
        following = last.team
    return None


def _included(
    directory: Directory, first: tuple[Asked, ...], later: list[Asked], include: Include
) -> list[UserObject | EscalationObject]:
    included: Included[UserObject | EscalationObject] = Included()
    if "escalations" in include:
        for each in later:
            links = EscalationLinks(to_many("users", each.users))
            included.add(EscalationObject(to_uuid(each.step), links))
    people = [each for each in first if "responders" in include]
    people += [each for each in later if "escalations.responders" in include]
    included.add(*(show_user(directory.users[user]) for each in people for user in each.users))
    return list(included)
