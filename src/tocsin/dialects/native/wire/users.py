"""Users over the wire."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from tocsin.core.ids import UNMADE, UserId, WorkspaceId, made_at
from tocsin.core.people import Role, User, UserStatus
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.contact_methods import ContactMethodView, show_contact_method
from tocsin.dialects.native.wire.shapes import Body, TimeZone, View

Email = Annotated[str, Meta(min_length=3, max_length=254, description="an e-mail address")]
PersonName = Annotated[str, Meta(max_length=255, description="a name for people")]
Password = Annotated[str, Meta(min_length=10, max_length=200, description="for logging in to the pages")]


class NewUser(Body):
    """Somebody new. Their address is a verified contact method at once."""

    email: Email
    name: PersonName = ""
    role: Role = Role.RESPONDER
    time_zone: TimeZone = "UTC"
    password: Password | None = None


class UserChanges(Body):
    """What to change about somebody; *status* brings a deactivated one back."""

    email: Email | UnsetType = UNSET
    name: PersonName | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    status: Literal["active", "deactivated"] | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    password: Password | UnsetType = UNSET


class UserView(View):
    """Somebody, and where they are reached."""

    id: str
    email: str
    name: str
    role: Role
    status: UserStatus
    time_zone: str
    created_at: datetime
    contact_methods: list[ContactMethodView]


class UserList(View):
    """Some of the users."""

    users: list[UserView]
    next: str | None
    total: int


class PersonView(View):
    """Somebody, in short."""

    id: str
    name: str
    email: str
    status: UserStatus


def drafted(body: NewUser) -> User:
    """Read a new user."""
    return User(
        id=UserId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        email=body.email,
        name=body.name,
        role=body.role,
        time_zone=body.time_zone,
    )


def edited(was: User, body: UserChanges) -> User:
    """Apply changes to a user."""
    return replace(
        was,
        email=was.email if body.email is UNSET else body.email,
        name=was.name if body.name is UNSET else body.name,
        role=was.role if body.role is UNSET else body.role,
        status=was.status if body.status is UNSET else UserStatus(body.status),
        time_zone=was.time_zone if body.time_zone is UNSET else body.time_zone,
    )


def show_user(user: User) -> UserView:
    """Write a user."""
    return UserView(
        id=native("user", user.id),
        email=user.email,
        name=user.name,
        role=user.role,
        status=user.status,
        time_zone=user.time_zone,
        created_at=made_at(user.id),
        contact_methods=[show_contact_method(method) for method in user.contact_methods],
    )


def show_person(user: UserId, found: User | None) -> PersonView:
    """Write a user in short, as far as they are known."""
    if found is None:
        return PersonView(id=native("user", user), name="", email="", status=UserStatus.DEACTIVATED)
    return PersonView(
        id=native("user", user), name=found.display_name, email=found.email, status=found.status
    )
