"""Who a configuration tells: each notification is a plan of its own, which begins and repeats by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from tocsin.core.destination import check_email, check_phone
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.escalation import (
    REPEATS_MAX,
    TARGETS_MAX,
    AddressTarget,
    DestinationTarget,
    EscalationPlan,
    NotifyTargets,
    RepeatSteps,
    Step,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.ids import UNMADE, DestinationId, PlanId, StepId, TeamId
from tocsin.core.people import Role, User, UserStatus
from tocsin.core.service import Service
from tocsin.core.spelling import from_hex_24
from tocsin.dialects.cloud_manager.configurations.endpoints import (
    ENDPOINTS,
    Endpoint,
    endpoint_of,
    given,
    is_masked,
)
from tocsin.dialects.cloud_manager.configurations.wire import Notification
from tocsin.dialects.cloud_manager.errors import bad

INTERVAL_MIN: Final = 5
PEOPLE: Final = frozenset({"GROUP", "ORG"})
DEAD: Final = frozenset({"HIP_CHAT", "FLOWDOCK"})

_OWNERS, _MANAGERS = frozenset({Role.OWNER}), frozenset({Role.OWNER, Role.ADMIN})
_EVERYBODY = frozenset(Role)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A notification as it is kept: what is shown of it, what its plan does, and where it goes."""

    document: Mapping[str, Any]
    shape: str
    destination: DestinationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One notification: *targets* to ask, or an *endpoint* that is still to become one.

    *shown* is what may be shown of the secrets of an endpoint.
    """

    said: Notification
    targets: tuple[Target, ...] = ()
    endpoint: Endpoint | None = field(default=None, repr=False)
    shown: Mapping[str, str] = field(default_factory=dict)

    def plan(self, targets: tuple[Target, ...], place: int) -> EscalationPlan:
        """Make its plan, of *targets*; it is the one at *place*."""
        first = Step(
            id=StepId(UNMADE),
            after=self.said.delay_min * _MINUTE,
            action=NotifyTargets(targets=targets),
        )
        steps: tuple[Step, ...] = (first,)
        if self.said.interval_min is not None:
            again = RepeatSteps(times=REPEATS_MAX)
            steps = (
                first,
                Step(id=StepId(UNMADE), after=self.said.interval_min * _MINUTE, action=again),
            )
        return EscalationPlan(id=PlanId(UNMADE), name=f"{self.said.type_name} {place}", steps=steps)


def wanted(
    notifications: Iterable[Notification],
    service: Service,
    directory: Directory,
    *,
    stored: Sequence[Stored] = (),
) -> list[Wanted]:
    """Read the notifications of a configuration of *service*; raise a refusal for what cannot be.

    A secret that comes as it was shown is that of the one among *stored*.
    """
    said = list(notifications)
    if not said:
        raise bad("MISSING_NOTIFICATIONS", "At least one notification must be specified.")
    if sum(each.type_name == "GROUP" for each in said) > 1:
        raise bad("TOO_MANY_GROUP_NOTIFICATIONS", "At most one GROUP notification may be specified.")
    return [_kept(each, stored) or _wanted(each, service, directory) for each in said]


def shape_of(plan: EscalationPlan) -> str:
    """Say what *plan* does, whatever the ids of its steps."""
    told = repr([(step.after, step.action, step.condition) for step in plan.steps])
    return sha256(told.encode("utf-8", "replace")).hexdigest()[:32]


def _kept(said: Notification, stored: Sequence[Stored]) -> Wanted | None:
    """Find the stored notification of which *said* shows the secrets."""
    fields = ENDPOINTS.get(said.type_name, ())
    if not any(is_masked(given(said, name)) for name in fields):
        return None
    for each in stored:
        same = each.document.get("typeName") == said.type_name
        if same and each.destination and all(given(said, n) == each.document.get(n) for n in fields):
            shown = {name: each.document[name] for name in fields if name in each.document}
            return Wanted(said=said, targets=(DestinationTarget(destination=each.destination),), shown=shown)
    return None


def _wanted(said: Notification, service: Service, directory: Directory) -> Wanted:
    if said.interval_min is not None and said.interval_min < INTERVAL_MIN:
        detail = f"The interval {said.interval_min} must be at least {INTERVAL_MIN} minutes."
        raise bad("NOTIFICATION_INTERVAL_OUT_OF_RANGE", detail, str(said.interval_min))
    kind = said.type_name
    if kind in ENDPOINTS:
        endpoint = endpoint_of(said)
        return Wanted(said=said, endpoint=endpoint, shown=endpoint.masked)
    make = _TARGETS.get(kind)
    if make is not None:
        return Wanted(said=said, targets=make(said, service, directory))
    if kind == "SNMP":
        detail = "Notification type SNMP is for global alerts only."
        raise bad("NOTIFICATION_TYPE_IS_GLOBAL_ONLY", detail, kind)
    if kind in DEAD:
        raise bad("UNSUPPORTED_NOTIFICATION_TYPE", f"Notification type {kind} is not supported.", kind)
    raise bad("INVALID_ENUM_VALUE", f"An invalid notification type {kind} was specified.", "typeName")


def _email(said: Notification, service: Service, directory: Directory) -> tuple[Target, ...]:
    del service, directory
    try:
        address = check_email(said.email_address or "")
    except Invalid as error:
        shown = (said.email_address or "")[:100]
        raise bad("INVALID_EMAIL_ADDRESS", f"The e-mail address {error}.", shown) from None
    return (AddressTarget(channel="email", address=address),)


def _sms(said: Notification, service: Service, directory: Directory) -> tuple[Target, ...]:
    del service, directory
    try:
        number = check_phone(said.mobile_number or "", "mobileNumber")
    except Invalid as error:
        detail = f"Invalid attribute mobileNumber specified: {error}."
        raise bad("INVALID_JSON_ATTRIBUTE", detail, "mobileNumber") from None
    return (AddressTarget(channel="sms", address=number),)


def _user(said: Notification, service: Service, directory: Directory) -> tuple[Target, ...]:
    del service
    if not said.username:
        raise bad("INVALID_USERNAME", "The user name is missing.", "username")
    name = said.username.casefold()
    known = next((user for user in directory.users.values() if user.email.casefold() == name), None)
    if known is None:
        raise bad("BAD_USERNAME_REF", f"No user with username {said.username} exists.", said.username)
    return (UserTarget(user=known.id, via=_via(said, "USER")),)


def _people(said: Notification, service: Service, directory: Directory) -> tuple[Target, ...]:
    via = _via(said, "GROUP")
    if said.roles is not None and not said.roles:
        raise bad("MISSING_ROLES_FOR_GROUP_NOTIFICATION", "At least one role must be specified.")
    if service.team is not None and said.roles is None:
        return (TeamTarget(team=service.team, via=via),)
    roles = frozenset(role for name in said.roles for role in _roles(name)) if said.roles else _EVERYBODY
    found = [user for user in directory.users.values() if _is_one(user, roles)]
    asked = tuple(UserTarget(user=user.id, via=via) for user in sorted(found, key=lambda each: each.id))
    if not asked:
        raise bad("BAD_USERNAME_IN_GROUP_REF", "Nobody in the project has any of these roles.")
    return asked[:TARGETS_MAX]


def _team(said: Notification, service: Service, directory: Directory) -> tuple[Target, ...]:
    del service
    number = from_hex_24(said.team_id or "")
    if number is None or TeamId(number) not in directory.teams:
        shown = (said.team_id or "")[:100]
        raise bad("INVALID_JSON_ATTRIBUTE", f"No team with ID {shown} exists.", "teamId")
    return (TeamTarget(team=TeamId(number), via=_via(said, "GROUP")),)


def _via(said: Notification, whom: str) -> tuple[str, ...]:
    """Name the channels that are meant: those of the person's own rules when nothing is said of any."""
    if said.email_enabled is None and said.sms_enabled is None:
        return ()
    chosen = [name for name, on in (("email", said.email_enabled), ("sms", said.sms_enabled)) if on]
    if not chosen:
        code = f"EMAIL_OR_SMS_REQUIRED_FOR_{whom}_NOTIFICATION"
        raise bad(code, "E-mail or SMS must be enabled for the notification.")
    return tuple(chosen)


def _roles(name: str) -> frozenset[Role]:
    """Tell who of us has the vendor's role *name*, as near as roles can be compared."""
    if name.endswith("_OWNER"):
        return _OWNERS
    return _MANAGERS if "ADMIN" in name else _EVERYBODY


def _is_one(user: User, roles: frozenset[Role]) -> bool:
    return user.role in roles and user.status is UserStatus.ACTIVE


_TARGETS: Final[Mapping[str, Callable[[Notification, Service, Directory], tuple[Target, ...]]]] = {
    "EMAIL": _email,
    "SMS": _sms,
    "USER": _user,
    "GROUP": _people,
    "ORG": _people,
    "TEAM": _team,
}
