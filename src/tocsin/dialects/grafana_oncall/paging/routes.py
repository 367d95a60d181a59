"""``/escalation``, ``/make_call`` and ``/send_sms``: people asked or told by hand."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from tocsin.actions import contact_methods, hand_paging, history
from tocsin.actions.actor import Permission
from tocsin.actions.hand_paging import Asked
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.directory import Directory
from tocsin.core.errors import NotFound
from tocsin.core.escalation import TeamTarget, UserTarget
from tocsin.core.event import MESSAGE_LENGTH_MAX, TITLE_LENGTH_MAX
from tocsin.core.ids import AlertId, ServiceId, TeamId, UserId
from tocsin.core.people import Importance, User, UserStatus
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.alert_groups import wire as groups
from tocsin.dialects.grafana_oncall.alert_groups.show import show_groups
from tocsin.dialects.grafana_oncall.bodies import read_fields
from tocsin.dialects.grafana_oncall.errors import NON_FIELD, REQUIRED, Refused, refused, wrong_fields
from tocsin.dialects.grafana_oncall.fields import Fields, as_boolean, type_name
from tocsin.dialects.grafana_oncall.handling import PREFIX, Ask, done, looked_up, must_accept_json, seeing
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes

ROUTES = Routes(PREFIX, tag="Paging")

NOBODY: Final = "No team or user(s) specified"
EXCLUSIVE: Final = "users and team are mutually exclusive"
NOT_BOTH: Final = "alert_group_id and (title, message, source_url) are mutually exclusive"
RESOLVED: Final = "Cannot add responders for a resolved alert group"
MESSAGE_MAX: Final = 1_024
PEOPLE_MAX: Final = 50
URL_LENGTH_MAX: Final = 2_048
_LOUD: Final = {True: Importance.IMPORTANT, False: Importance.DEFAULT}


class Person(Struct, kw_only=True):
    """Whom to page, and by which of their lists."""

    id: str
    important: bool = False


class EscalationBody(Struct, kw_only=True):
    """Whom to page about what: something new, or an alert group that is there."""

    users: list[Person] | UnsetType = UNSET
    team: str | UnsetType | None = UNSET
    important_team_escalation: bool = False
    title: str | UnsetType | None = UNSET
    message: str | UnsetType | None = UNSET
    source_url: str | UnsetType | None = UNSET
    alert_group_id: str | UnsetType | None = UNSET


class RelayBody(Struct):
    """What to say, and to whom."""

    email: str
    message: str


class Nothing(Struct):
    """An empty object."""


@ROUTES.post(
    "/escalation/",
    permission=Permission.RESPOND,
    summary="Page people directly",
    body_later=EscalationBody,
)
async def page_directly(call: Call) -> groups.AlertGroup:
    """Page people, or a team, about something new or about an alert group that is there."""
    must_accept_json(call)
    fields = await read_fields(call)

    def page(ask: Ask) -> AlertId:
        asked, told = _read(ask, fields)
        group = fields.raw("alert_group_id")
        if group in (UNSET, None, ""):
            return _page(ask, asked, told).id
        return _add(ask, asked, told, group).id

    paged = await done(call, page)
    return await looked_up(call, lambda ask: _shown(ask, paged))


@ROUTES.post(
    "/make_call/",
    permission=Permission.RESPOND,
    summary="Say something to somebody by telephone",
    body_later=RelayBody,
)
async def make_call(call: Call) -> Nothing:
    """Call a user and read a message out."""
    return await _relay(call, "voice")


@ROUTES.post(
    "/send_sms/",
    permission=Permission.RESPOND,
    summary="Text something to somebody",
    body_later=RelayBody,
)
async def send_sms(call: Call) -> Nothing:
    """Text a message to a user."""
    return await _relay(call, "sms")


def _read(ask: Ask, fields: Fields) -> tuple[Sequence[Asked], dict[str, str]]:
    """Read whom to ask, and what to tell them; refuse what does not go together."""
    directory = ask.directory
    people_, team = _people(fields, directory), fields.reference("team", "team", directory.teams)
    loud = fields.boolean("important_team_escalation")
    told = {
        "title": fields.text("title", null=True, blank=True, longest=TITLE_LENGTH_MAX),
        "message": fields.text("message", null=True, blank=True, longest=MESSAGE_LENGTH_MAX),
        "source_url": fields.text("source_url", null=True, blank=True, longest=URL_LENGTH_MAX),
    }
    fields.must_be_right()
    if people_ and isinstance(team, int):
        raise wrong_fields(EXCLUSIVE)
    asked = list(people_)
    if isinstance(team, int):
        asked.append((TeamTarget(team=TeamId(team)), _LOUD[loud is True]))
    if not asked:
        raise refused(NOBODY)
    return asked, {name: text for name, text in told.items() if isinstance(text, str) and text}


def _people(fields: Fields, directory: Directory) -> list[Asked]:
    given = fields.raw("users")
    if given is UNSET or given is None:
        return []
    if not isinstance(given, list):
        fields.wrong("users", f'Expected a list of items but got type "{type_name(given)}".')
        return []
    if len(given) > PEOPLE_MAX:
        fields.wrong("users", f"Ensure this field has no more than {PEOPLE_MAX} elements.")
        return []
    found: list[Asked] = []
    faults = []
    for each in given:
        asked, fault = _person(each, directory)
        faults.append(fault)
        if asked is not None:
            found.append(asked)
    if any(faults):
        raise Refused({"users": faults})
    return found


def _person(given: Any, directory: Directory) -> tuple[Asked | None, dict[str, list[str]]]:
    """Read one person; else say what is wrong with them."""
    if not isinstance(given, dict):
        sentence = f"Invalid data. Expected a dictionary, but got {type_name(given)}."
        return None, {NON_FIELD: [sentence]}
    if "id" not in given:
        return None, {"id": [REQUIRED]}
    user = directory.users.get(UserId(spelled.read("user", given["id"]) or 0))
    if user is None or user.status is UserStatus.DEACTIVATED:
        return None, {NON_FIELD: [f"User {str(given['id'])[:100]} does not exist"]}
    loud = as_boolean(given.get("important", False))
    if loud is None:
        return None, {"important": ["Must be a valid boolean."]}
    return (UserTarget(user=user.id), _LOUD[loud]), {}


def _page(ask: Ask, asked: Sequence[Asked], told: dict[str, str]) -> Alert:
    url = told.get("source_url")
    return hand_paging.page_people(
        ask.tx,
        ask.actor,
        asked=asked,
        title=told.get("title", f"Direct page from {ask.actor.name}"),
        message="\n".join(text for text in (told.get("message"), url) if text),
        labels={"source_url": url} if url else {},
        service=_service(ask, asked),
        now=ask.now,
    )


def _add(ask: Ask, asked: Sequence[Asked], told: dict[str, str], group: object) -> Alert:
    if told:
        raise wrong_fields(NOT_BOTH)
    missing = wrong_fields(f"Alert group {str(group)[:100]} does not exist")
    try:
        alert = history.find_alert(
            ask.tx, seeing(ask.actor), AlertId(spelled.read("alert_group", group) or 0)
        )
    except NotFound:
        raise missing from None
    if alert.status is AlertStatus.RESOLVED:
        raise refused(RESOLVED)
    return hand_paging.add_people(ask.tx, ask.actor, alert.id, asked=asked, now=ask.now)


def _service(ask: Ask, asked: Sequence[Asked]) -> ServiceId:
    """Find the service that a page is about: the first of the team that is asked, else the oldest."""
    directory = ask.directory
    teams = [target.team for target, _ in asked if isinstance(target, TeamTarget)]
    owned = sorted(service.id for service in directory.services.values() if service.team in teams)
    service = owned[0] if owned else directory.default_service
    if service is None:
        raise refused("there is no service that a page could be about; create one")
    return service


def _shown(ask: Ask, paged: AlertId) -> groups.AlertGroup:
    return show_groups(ask, [history.find_alert(ask.tx, seeing(ask.actor), paged)])[0]


async def _relay(call: Call, channel: str) -> Nothing:
    must_accept_json(call)
    fields = await read_fields(call)
    email = fields.text("email", required=True)
    message = fields.text("message", required=True, longest=MESSAGE_MAX)
    fields.must_be_right()

    def relay(ask: Ask) -> None:
        user = _with_email(ask, str(email))
        if user is None or user.status is UserStatus.DEACTIVATED:
            raise Refused({"error": "user-not-found"}, HTTPStatus.NOT_FOUND)
        if not any(each.channel == channel for each in user.reachable):
            raise Refused({"error": "number-not-verified"})
        if not call.kit.telephone:
            raise Refused({"error": "failed"}, HTTPStatus.SERVICE_UNAVAILABLE)
        contact_methods.relay(ask.tx, ask.actor, user.id, channel, str(message), now=ask.now)

    await done(call, relay)
    return Nothing()


def _with_email(ask: Ask, email: str) -> User | None:
    wanted = email.lower()
    return next((user for user in ask.directory.users.values() if user.email.lower() == wanted), None)
