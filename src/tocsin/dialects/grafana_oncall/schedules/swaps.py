"""``/shift_swaps``: somebody asks that another take over, and somebody does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import UNSET, UnsetType

from tocsin.actions import shift_swaps
from tocsin.actions.actor import Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict
from tocsin.core.ids import UNMADE, ScheduleId, ShiftSwapId, UserId, WorkspaceId, made_at
from tocsin.core.instants import utc
from tocsin.core.schedule import timeline
from tocsin.core.shift_swap import DESCRIPTION_LENGTH_MAX, ShiftSwap, SwapStatus
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.errors import refused, wrong_field, wrong_fields
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource, seeing
from tocsin.dialects.grafana_oncall.people.translate import show_user, teams_of
from tocsin.dialects.grafana_oncall.schedules import wire
from tocsin.dialects.grafana_oncall.spelled import write

SWAPS = Resource("shift_swaps", "swap", shown=wire.Swap, noun="shift swap", may_write=Permission.SCHEDULE)
BAD_TIME: Final = (
    "Datetime has wrong format. Use one of these formats instead: "
    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
NOT_FUTURE: Final = "swap_start must be a datetime in the future"
NOT_IN_ORDER: Final = "swap_end must occur after swap_start"
SAME_USER: Final = "A shift swap request cannot be created and taken by the same user"
NOT_OPEN: Final = "The shift swap request is not in a state which allows it to be taken"
SHOWN_MAX: Final = timedelta(days=366)
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2200


def _show(ask: Ask, found: Sequence[ShiftSwap]) -> list[wire.Swap]:
    expand = (ask.query.one("expand_users") or "").lower() == "true"
    directory = ask.directory
    return [_show_one(directory, swap, ask.now, expand=expand) for swap in found]


@SWAPS.lists(_show)
def list_shift_swaps(ask: Ask) -> Sequence[ShiftSwap]:
    """List swaps from now on, or from `starting_after` on: all, of a schedule, of somebody, or open ones."""
    query = ask.query
    since = ask.now
    if query.one("starting_after"):
        fields = Fields({"starting_after": query.one("starting_after")})
        read = _time(fields, "starting_after")
        fields.must_be_right()
        since = read if isinstance(read, datetime) else since
    found = [swap for swap in shift_swaps.all_(ask.tx, ask.actor) if swap.starts_at >= since]
    for name, field in (("schedule_id", "schedule"), ("beneficiary", "user"), ("benefactor", "user")):
        given = query.one(name)
        if given:
            wanted = spelled.read(field, given)
            of = name.removesuffix("_id")
            found = [swap for swap in found if wanted is not None and getattr(swap, of) == wanted]
    if (query.one("open_only") or "").lower() == "true":
        found = [swap for swap in found if swap.status(ask.now) is SwapStatus.OPEN]
    return sorted(found, key=lambda swap: (swap.starts_at, swap.id))


@SWAPS.reads
def read_shift_swap(ask: Ask, identifier: int) -> wire.Swap:
    """Read one swap, with the shifts that it is about."""
    swap = shift_swaps.get(ask.tx, ask.actor, ShiftSwapId(identifier))
    return _with_shifts(ask, swap)


@SWAPS.creates(wire.SwapBody)
def create_shift_swap(ask: Ask, fields: Fields) -> wire.Swap:
    """Ask that somebody take over."""
    directory = ask.directory
    schedule = fields.reference("schedule", "schedule", directory.schedules, required=True, null=False)
    starts_at, ends_at = (_time(fields, name, required=True) for name in ("swap_start", "swap_end"))
    description = fields.text("description", null=True, blank=True, longest=DESCRIPTION_LENGTH_MAX)
    beneficiary = _person(fields, "beneficiary", directory)
    fields.must_be_right()
    if not (isinstance(schedule, int) and isinstance(starts_at, datetime) and isinstance(ends_at, datetime)):
        raise wrong_field("schedule", "This field is required.")
    _check(starts_at, ends_at, ask.now)
    draft = ShiftSwap(
        id=ShiftSwapId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        schedule=ScheduleId(schedule),
        starts_at=starts_at,
        ends_at=ends_at,
        beneficiary=beneficiary,
        description=description if isinstance(description, str) else "",
        updated_at=ask.now,
    )
    return _with_shifts(ask, shift_swaps.create(ask.tx, ask.actor, draft, now=ask.now))


@SWAPS.changes(wire.SwapBody)
def change_shift_swap(ask: Ask, identifier: int, fields: Fields) -> wire.Swap:
    """Change its times or its description."""
    was = shift_swaps.get(ask.tx, seeing(ask.actor), ShiftSwapId(identifier))
    starts_at, ends_at = (_time(fields, name) for name in ("swap_start", "swap_end"))
    description = fields.text("description", null=True, blank=True, longest=DESCRIPTION_LENGTH_MAX)
    schedule = fields.reference("schedule", "schedule", ask.directory.schedules, null=False)
    fields.must_be_right()
    new = replace(
        was,
        schedule=ScheduleId(schedule) if isinstance(schedule, int) else was.schedule,
        starts_at=starts_at if isinstance(starts_at, datetime) else was.starts_at,
        ends_at=ends_at if isinstance(ends_at, datetime) else was.ends_at,
        description=was.description if description is UNSET else description or "",
    )
    if new.starts_at != was.starts_at or new.ends_at != was.ends_at:
        _check(new.starts_at, new.ends_at, ask.now)
    changed = shift_swaps.change(ask.tx, ask.actor, was.id, lambda _: new, now=ask.now)
    return _with_shifts(ask, changed)


@SWAPS.deletes
def delete_shift_swap(ask: Ask, identifier: int) -> None:
    """Take it back."""
    shift_swaps.delete(ask.tx, ask.actor, ShiftSwapId(identifier), now=ask.now)


@SWAPS.acts("take", "Take a shift swap", answer=wire.Swap, body=wire.TakeBody)
def take_shift_swap(ask: Ask, identifier: int, fields: Fields) -> wire.Swap:
    """Take it over: from now on the benefactor is on call wherever the beneficiary would be in that span."""
    swap = shift_swaps.get(ask.tx, seeing(ask.actor), ShiftSwapId(identifier))
    benefactor = _person(fields, "benefactor", ask.directory)
    if benefactor == swap.beneficiary:
        raise refused(SAME_USER)
    try:
        taken = shift_swaps.take(ask.tx, ask.actor, swap.id, benefactor, now=ask.now)
    except Conflict:
        raise refused(NOT_OPEN) from None
    return _with_shifts(ask, taken)


def _person(fields: Fields, name: str, directory: Directory) -> UserId:
    given = fields.raw(name)
    if given is UNSET or given is None or given == "":
        raise refused(f"{name} user ID is required")
    found = spelled.read("user", given)
    if found is None or found not in directory.users:
        raise refused(f"Invalid {name} user ID")
    return UserId(found)


def _check(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise wrong_fields(NOT_FUTURE)
    if ends_at <= starts_at:
        raise wrong_fields(NOT_IN_ORDER)


def _time(fields: Fields, name: str, *, required: bool = False) -> datetime | UnsetType:
    given = fields.raw(name)
    if given is UNSET or given is None:
        fields.text(name, required=required)
        return UNSET
    try:
        read = datetime.fromisoformat(given) if isinstance(given, str) and "T" in given else None
        if read is not None and read.tzinfo is not None and YEAR_MIN < read.year < YEAR_MAX:
            return utc(read)
    except (ValueError, OverflowError):
        pass
    return fields.wrong(name, BAD_TIME)


def _with_shifts(ask: Ask, swap: ShiftSwap) -> wire.Swap:
    """Show a swap with the beneficiary's shifts in its span, or the benefactor's once it is taken."""
    directory = ask.directory
    schedule = directory.schedules.get(swap.schedule)
    ends_at = min(swap.ends_at, swap.starts_at + SHOWN_MAX)
    shifts = timeline(schedule, swap.starts_at, ends_at) if schedule is not None else ()
    wanted = swap.benefactor or swap.beneficiary
    mine = [
        shift
        for shift in shifts
        if shift.user == wanted and (swap.benefactor is None or shift.swap == swap.id)
    ]
    user = directory.users.get(swap.beneficiary)
    shown: list[Any] = [
        {
            "all_day": False,
            "start": _stamp(shift.starts_at or swap.starts_at),
            "end": _stamp(shift.ends_at or swap.ends_at),
            "users": [
                {
                    "display_name": user.display_name if user is not None else "",
                    "email": user.email if user is not None else "",
                    "pk": write("user", swap.beneficiary),
                    "swap_request": {"pk": write("swap", swap.id)},
                }
            ],
            "is_gap": False,
            "is_override": False,
            "shift": {"pk": None if shift.recurring_shift is None else write("shift", shift.recurring_shift)},
        }
        for shift in mine
    ]
    return _show_one(directory, swap, ask.now, shifts=shown)


def _show_one(
    directory: Directory,
    swap: ShiftSwap,
    now: datetime,
    *,
    expand: bool = False,
    shifts: list[Any] | UnsetType = UNSET,
) -> wire.Swap:
    def person(user_id: UserId | None) -> Any:
        if user_id is None:
            return None
        user = directory.users.get(user_id)
        if not expand or user is None:
            return write("user", user_id)
        return show_user(user, teams_of(directory).get(user_id, ()), short=True)

    return wire.Swap(
        id=write("swap", swap.id),
        created_at=_stamp(made_at(swap.id)),
        updated_at=_stamp(max(swap.updated_at, made_at(swap.id))),
        status=swap.status(now).value,
        schedule=write("schedule", swap.schedule),
        swap_start=_stamp(swap.starts_at),
        swap_end=_stamp(swap.ends_at),
        description=swap.description or None,
        beneficiary=person(swap.beneficiary),
        benefactor=person(swap.benefactor),
        shifts=shifts,
    )


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
