"""Random schedules around clock changes, and a slow second opinion on who is on call in them."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tocsin.core.calendar import Restriction
from tocsin.core.ids import LayerId, OverrideId, ScheduleId, UserId, WorkspaceId
from tocsin.core.schedule import Layer, Override, Schedule, Shift

ANA, BEN, CLEO = UserId(1), UserId(2), UserId(3)
MICROSECOND = timedelta(microseconds=1)

# Each zone with instants at which its clock was or will be set; the last two of Sao Paulo are its last ones.
CLOCK_CHANGES = {
    "America/New_York": ("2026-03-08T07:00Z", "2026-11-01T06:00Z"),
    "Europe/London": ("2026-03-29T01:00Z", "2026-10-25T01:00Z"),
    "Australia/Lord_Howe": ("2026-04-04T15:00Z", "2026-10-03T15:30Z"),
    "Asia/Kolkata": ("2026-06-01T00:00Z",),
    "America/Sao_Paulo": ("2018-11-04T03:00Z", "2019-02-17T02:00Z"),
    "UTC": ("2026-06-01T00:00Z",),
    "Pacific/Apia": ("2011-12-30T10:00Z",),
}


def at(text):
    """Read an instant; without an offset it is UTC."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def local(zone, text):
    """Read a wall-clock time of *zone* as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def layer(*members, start="2026-03-02T09:00", days=1, number=1, **rest):
    """Make a layer of *members* whose first turn, and which itself, begins at *start*."""
    rest.setdefault("rotation_start", at(start))
    rest.setdefault("effective_date", rest["rotation_start"])
    return Layer(id=LayerId(number), name=f"layer {number}", members=members, days=days, **rest)


def schedule(*layers, zone="UTC", overrides=()):
    """Make a schedule."""
    return Schedule(
        id=ScheduleId(1),
        workspace=WorkspaceId(1),
        name="primary",
        time_zone=zone,
        layers=layers,
        overrides=tuple(overrides),
    )


def override(user, starts_at, ends_at, instead_of=None, number=1):
    """Make an override."""
    return Override(
        id=OverrideId(number), user=user, starts_at=at(starts_at), ends_at=at(ends_at), instead_of=instead_of
    )


def span(start, end):
    """Make a restriction from texts such as ``mon 09:00``."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    (start_day, start_time), (end_day, end_time) = start.split(), end.split()
    return Restriction(
        start_day=days.index(start_day),
        start_time=time.fromisoformat(start_time),
        end_day=days.index(end_day),
        end_time=time.fromisoformat(end_time),
    )


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """Who is on call, and by which turn of which layer and which override."""

    user: UserId
    layer: LayerId | None
    turn: int
    override: OverrideId | None


def second_opinion(schedule, when):
    """Say who is on call straight from the rules, with zoneinfo and nothing of what is tested."""
    found = None
    for each in reversed(schedule.layers):
        zone = ZoneInfo(each.time_zone or schedule.time_zone)
        ended = each.end_date is not None and when >= each.end_date
        if when < each.effective_date or ended or not _open(each.restrictions, when.astimezone(zone)):
            continue
        turn = turn_number(each, zone, when)
        member = each.members[turn % len(each.members)]
        if member is not None:
            found = Opinion(user=member, layer=each.id, turn=turn, override=None)
            break
    return _stood_in_for(schedule, found, when)


def _stood_in_for(schedule, found, when):
    replaced = [found]
    for each in schedule.overrides:
        if not each.starts_at <= when < each.ends_at:
            continue
        users = [one.user if one else None for one in replaced]
        if each.instead_of is None:
            replaced = [Opinion(user=each.user, layer=None, turn=0, override=each.id)]
        elif each.instead_of in users:
            below = replaced[0]
            stand_in = Opinion(user=each.user, layer=below.layer, turn=below.turn, override=each.id)
            replaced = [*replaced[: users.index(each.instead_of) + 1], stand_in]
    return replaced[-1]


def _open(restrictions, shown):
    now = (shown.weekday(), shown.time().replace(tzinfo=None))
    for each in restrictions:
        start, end = (each.start_day, each.start_time), (each.end_day, each.end_time)
        if start == end or (start <= now < end if start < end else now >= start or now < end):
            return True
    return not restrictions


def turn_begins(layer, zone, number):
    """Find the beginning of a turn by zoneinfo."""
    if number == 0:
        return layer.rotation_start
    if not layer.days:
        return layer.rotation_start + number * timedelta(seconds=layer.seconds)
    wall = layer.rotation_start.astimezone(zone).replace(tzinfo=None) + number * timedelta(days=layer.days)
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC) + number * timedelta(seconds=layer.seconds)


def turn_number(layer, zone, when):
    """Find the turn that holds *when* by halving."""
    about = (when - layer.rotation_start) // timedelta(days=layer.days, seconds=layer.seconds)
    near = range(about - 8, about + 9)
    return near[bisect_right(near, when, key=lambda number: turn_begins(layer, zone, number)) - 1]


def told(shifts):
    """Reduce a shift to what a second opinion can say about it."""
    return [(each.user, each.layer, each.override) for each in shifts]


def opined(opinion):
    """Reduce a second opinion to what a shift can say."""
    return [(opinion.user, opinion.layer, opinion.override)] if opinion else []


def key(shift: Shift):
    """Tell shifts of a timeline apart by everything but their bounds."""
    return (shift.user, shift.layer, shift.override)


_HOURS = st.builds(
    time, st.sampled_from([0, 1, 2, 3, 9, 17, 23]), st.sampled_from([0, 30]), st.sampled_from([0, 0, 59])
)
_SPANS = st.builds(
    Restriction,
    start_day=st.integers(0, 6),
    start_time=_HOURS,
    end_day=st.integers(0, 6),
    end_time=_HOURS,
)
_MEMBERS = st.lists(st.sampled_from([ANA, BEN, CLEO, None]), min_size=1, max_size=4).map(tuple)
_INTERVALS = st.one_of(
    st.tuples(st.integers(1, 9), st.just(0)),
    st.tuples(st.just(0), st.sampled_from([3_600, 28_800, 43_200, 90_000, 604_800, 86_399])),
    st.tuples(st.integers(1, 3), st.sampled_from([1, 3_600, 43_200, 100_000])),
)


@st.composite
def worlds(draw):
    """Draw a schedule in a zone whose clock is about to be set, and that moment."""
    zone = draw(st.sampled_from(sorted(CLOCK_CHANGES)))
    middle = at(draw(st.sampled_from(CLOCK_CHANGES[zone])))
    near = st.builds(
        lambda days, minutes: middle + timedelta(days=days, minutes=30 * minutes),
        st.integers(-10, 10),
        st.integers(-6, 6),
    )
    layers = [_draw_layer(draw, number, zone, near) for number in range(draw(st.integers(0, 4)))]
    overrides = [_draw_override(draw, number, near) for number in range(draw(st.integers(0, 4)))]
    return schedule(*layers, zone=zone, overrides=overrides), middle


def _draw_layer(draw, number, zone, near):
    days, seconds = draw(_INTERVALS)
    effective = draw(near)
    long_ago = draw(st.sampled_from([timedelta(0), timedelta(0), timedelta(days=3_650)]))
    end = draw(st.one_of(st.none(), near))
    return layer(
        *draw(_MEMBERS),
        number=number,
        days=days,
        seconds=seconds,
        effective_date=effective,
        rotation_start=draw(near) - long_ago + draw(st.sampled_from([timedelta(0), MICROSECOND])),
        end_date=end if end is not None and end > effective else None,
        restrictions=tuple(draw(st.lists(_SPANS, max_size=3))),
        time_zone=draw(st.sampled_from([None, None, zone, *sorted(CLOCK_CHANGES)])),
    )


def _draw_override(draw, number, near):
    starts_at = draw(near)
    length = draw(st.sampled_from([timedelta(minutes=30), timedelta(hours=9), timedelta(days=4)]))
    return Override(
        id=OverrideId(number),
        user=draw(st.sampled_from([ANA, BEN, CLEO])),
        starts_at=starts_at,
        ends_at=starts_at + length,
        instead_of=draw(st.sampled_from([None, ANA, BEN, CLEO])),
    )
