"""``/workspace/members``: the people of the workspace."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from tocsin.actions import people
from tocsin.actions.actor import Permission
from tocsin.core.ids import made_at
from tocsin.core.people import User, UserStatus
from tocsin.dialects.guance.envelope import EnvelopedPage
from tocsin.dialects.guance.handling import ALL, PREFIX, Part, all_of, matching, part_of, seconds
from tocsin.dialects.guance.permits import ROLES
from tocsin.dialects.guance.spelled import spelled
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes

ROUTES = Routes(f"{PREFIX}/workspace/members", tag="Members")

_ROLE_NAMES = {"owner": "Owner", "wsAdmin": "Administrator", "general": "Standard", "readOnly": "Read-only"}


@ROUTES.get(
    "/list",
    permission=Permission.READ,
    summary="List members",
    description="The newest first; `search` looks at names and addresses. Who has left is not in it.",
    answer=EnvelopedPage[dict[str, Any]],
)
async def list_members(call: Call, query: Part) -> Response:
    """List members, a part of them."""
    listed = await call.ask(people.list_, limit=ALL)
    there = [user for user in all_of(listed) if user.status is not UserStatus.DEACTIVATED]
    found = matching(there, query.search, lambda user: f"{user.name} {user.email}")

    def show(part: Sequence[User]) -> Any:
        return {"data": [record(user) for user in part], "declaration": {}}

    return part_of(call, found, query.page_index, query.page_size, show)


def record(user: User) -> dict[str, Any]:
    """Write a member."""
    role = ROLES[user.role]
    phones = [method.address for method in user.contact_methods if method.channel in ("sms", "voice")]
    made = seconds(made_at(user.id))
    return {
        "uuid": spelled("user", user.id),
        "name": user.display_name,
        "username": user.email,
        "email": user.email,
        "mobile": phones[0] if phones else "",
        "role": role,
        "roles": [{"name": _ROLE_NAMES[role], "uuid": role}],
        "status": 0 if user.status is UserStatus.ACTIVE else 1,
        "id": user.id,
        "createAt": made,
        "updateAt": made,
        "deleteAt": -1,
    }
