"""Personal notification rules as JSON has them."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Position = Annotated[int, Meta(ge=-1, le=2_147_483_647, description="its number in its list; -1 is the end")]
Duration = Annotated[int, Meta(description="seconds, for `wait`: 60, 300, 900, 1800 or 3600")]


class Rule(Struct, frozen=True, kw_only=True):
    """One rule of a person; *duration* is there when it waits."""

    id: str
    user_id: str
    position: int
    duration: int | UnsetType = UNSET
    important: bool
    type: str


class RuleChange(Struct, kw_only=True):
    """What can be changed; *manual_order* trades places with whoever has the position."""

    type: str | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    duration: Duration | UnsetType = UNSET
    manual_order: bool | UnsetType = UNSET


class NewRule(RuleChange, kw_only=True):
    """A new rule."""

    user_id: str
    type: str
    important: bool = False
