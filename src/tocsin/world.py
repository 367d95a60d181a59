"""The outside in one record: the clock, chance, new ids, the database and the wire.

It is read at three edges only: a request, a turn of the engine, a command. No other module reads a clock or
draws at random, so that a test can put another world in its place and nothing has to be patched.
"""

import os
import random
import stat
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tocsin.channels.base import Wire
from tocsin.core.errors import Invalid
from tocsin.core.ids import COUNTER_MAX, compose
from tocsin.core.steady import Steady, follow
from tocsin.settings import Settings
from tocsin.store.database import Database, open_database
from tocsin.store.secrets import BadKeyError, Vault
from tocsin.store.transaction import Tx
from tocsin.store.wake import Callback

__all__ = [
    "Clock",
    "Database",
    "IdMaker",
    "Lease",
    "Tx",
    "World",
    "maker_of_ids",
    "vault_of",
]

_GOES_ON = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # the second where there is no first
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SYSTEM = random.SystemRandom()
_PLAIN = random.Random(_SYSTEM.getrandbits(64))  # noqa: S311  # for ids and pauses, which are no secrets


class IdMaker:
    """Makes ids, each larger than the one before, on any thread.

    The counter of a millisecond starts at random in its lower half, so that there is room above it and nodes
    that share nothing rarely meet. When the room is used up, or the clock is set back, ids run ahead of the
    clock until it has caught up.
    """

    def __init__(self, now: Callable[[], datetime], chance: Callable[[], float]) -> None:
        self._now = now
        self._chance = chance
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0

    def __call__(self) -> int:
        """Make the next id."""
        with self._lock:
            self._turn_to(self._millisecond_now())
            return compose(self._millisecond, self._counter)

    def many(self, count: int) -> list[int]:
        """Make the next *count* ids."""
        ids: list[int] = []
        with self._lock:
            while len(ids) < count:
                self._turn_to(self._millisecond_now())
                more = min(count - len(ids), COUNTER_MAX + 1 - self._counter)
                first = compose(self._millisecond, self._counter)
                ids += range(first, first + more)
                self._counter += more - 1
        return ids

    def _millisecond_now(self) -> int:
        since = self._now() - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000

    def _turn_to(self, millisecond: int) -> None:
        if millisecond > self._millisecond:
            self._begin(millisecond)
        elif self._counter >= COUNTER_MAX:
            self._begin(self._millisecond + 1)
        else:
            self._counter += 1

    def _begin(self, millisecond: int) -> None:
        self._millisecond = millisecond
        self._counter = int(self._chance() * (COUNTER_MAX // 2))


def elapsed_s() -> float:
    """Tell how many seconds have gone by since some moment, those included in which the machine slept."""
    return time.clock_gettime(_GOES_ON)


class Clock:
    """Tells the time and never goes back: by the machine's clock, or by the database's once it was told that.

    With one clock for all nodes, none takes for overdue what another has just begun, and the clock of a
    machine may jump as it likes. Between two answers of the database the time is told by what has elapsed.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, elapsed: Callable[[], float] = elapsed_s
    ) -> None:
        self.elapsed = elapsed
        self._wall = wall
        self._latest = wall()
        self._steady: Steady | None = None  # None as long as the machine's clock has not gone back
        self._is_led = False

    def __call__(self) -> datetime:
        """Tell the time."""
        return datetime.fromtimestamp(self._now_s(), UTC)

    @property
    def skew(self) -> timedelta:
        """How far the machine's own clock is ahead of this one."""
        return timedelta(seconds=self._wall() - self._now_s())

    def heed(self, told: datetime, *, asked: float, answered: float) -> None:
        """Go by the database's clock from now on, which *told* this between two moments of `elapsed`."""
        earliest = told.timestamp()
        steady = self._steady if self._is_led else None
        if steady is None:  # what was told before was nobody's business
            steady = Steady(earliest, answered)
        latest = earliest + answered - asked
        self._steady = follow(steady, earliest=earliest, latest=latest, elapsed=answered)
        self._is_led = True

    def _now_s(self) -> float:
        steady = self._steady
        if steady is not None and self._is_led:
            return steady.at(self.elapsed())
        wall = self._wall()
        if steady is None and wall >= self._latest:
            self._latest = wall
            return wall
        return self._without_going_back(wall)

    def _without_going_back(self, wall: float) -> float:
        """Go on from the latest moment that was told, a little slower, until the machine's clock is there."""
        elapsed = self.elapsed()
        steady = self._steady or Steady(self._latest, elapsed)
        steady = follow(steady, earliest=wall, latest=wall, elapsed=elapsed)
        self._latest = max(self._latest, steady.reads)
        self._steady = None if steady.reads <= wall else steady
        return steady.reads


class Lease:
    """Whether this node is still one of those at work: when its lease is over, others do what it has begun.

    It lasts for ever where there are no others. It is told by the elapsed time, which a process that stood
    still, or whose clock was set, finds gone like everybody else. What was claimed
    in one *term* is not to be begun in the next: somebody may have done it in between.
    """

    def __init__(self, elapsed: Callable[[], float] = elapsed_s) -> None:
        self.term = 0
        self._elapsed = elapsed
        self._until: float | None = None
        self._claimed: ContextVar[int] = ContextVar("tocsin_claimed_in")

    @property
    def claimed(self) -> int:
        """The term to which what the present task does belongs; the present one if it has claimed nothing."""
        return self._claimed.get(self.term)

    def work_in(self, term: int) -> None:
        """Let what the present task does from now on belong to *term*, however long it waits meanwhile."""
        self._claimed.set(term)

    def holds(self, term: int | None = None) -> bool:
        """Tell whether this node may claim something, or go on with what it claimed in *term*."""
        if self._until is not None and self._elapsed() >= self._until:
            return False
        return term is None or term == self.term

    def extend(self, until: float) -> None:
        """Let it last until *until*, a moment of the elapsed time; if it was over, in a term of its own."""
        if not self.holds():
            self.term += 1
        self._until = until

    def end(self) -> None:
        """Let it be over."""
        self._until = self._elapsed()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that is not pure.

    *now* gives an aware UTC instant, *chance* a number of at least 0 and less than 1, *entropy* so many
    bytes that nobody can guess. Secrets are made of *entropy* alone. In earnest *clock* is what tells *now*,
    and *lease* says whether this node is still taken for one that works.
    """

    now: Callable[[], datetime]
    chance: Callable[[], float]
    new_id: Callable[[], int]
    database: Database
    wire: Wire
    entropy: Callable[[int], bytes] = os.urandom
    clock: Clock = field(default_factory=Clock)
    lease: Lease = field(default_factory=Lease)

    @classmethod
    def real(cls, settings: Settings, wire: Wire, *, lease: Lease | None = None) -> "World":
        """Open the world that *settings* describe; *lease* is asked by the wire, too.

        Raise Invalid when the database or the secret key cannot be used as they are.
        """
        clock = Clock()
        new_id = IdMaker(clock, _PLAIN.random)
        database = open_database(
            settings.database_url,
            new_id=new_id,
            vault=vault_of(settings),
            pooled=settings.database_pooled,
            direct_url=settings.database_direct_url,
        )
        return cls(
            now=clock,
            chance=_SYSTEM.random,
            new_id=new_id,
            database=database,
            wire=wire,
            clock=clock,
            lease=lease or Lease(),
        )

    def wake(self, callback: Callback) -> Callable[[], None]:
        """Call *callback* after each commit, on any node, that brought something new; the result ends that.

        It is called on the database's threads and must return at once.
        """
        return self.database.on_wake(callback)


def maker_of_ids() -> IdMaker:
    """Make what makes ids where there is no world yet."""
    return IdMaker(Clock(), _PLAIN.random)


def vault_of(settings: Settings) -> Vault:
    """Open the vault with the keys that *settings* give; raise Invalid when there are none, or bad ones."""
    try:
        return Vault.from_text(settings.secret_key or _key_in_file(settings))
    except BadKeyError:  # its text may hold what somebody took for a key
        remedy = "must be keys written name:base64, each of 32 bytes"
        raise Invalid("TOCSIN_SECRET_KEY", "is malformed", remedy) from None


def _key_in_file(settings: Settings) -> str:
    file = settings.secret_key_file
    try:
        mode = file.stat().st_mode
        text = file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "must be brought from where it was made; `tocsin init` makes one for a new database"
        raise Invalid(
            "TOCSIN_SECRET_KEY", f"is not set, and {file} cannot be read: {error}", remedy
        ) from None
    if mode & stat.S_IRWXO:
        raise Invalid(
            str(file), "can be read by everybody on this machine", "must be for its owner (mode 0600)"
        )
    return text
