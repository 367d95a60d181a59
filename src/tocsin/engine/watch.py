"""The watch: an auditor with a thread, a database connection and a way to the operator of its own.

What tells the operator must not depend on what failed: the watch uses neither the event loop nor the outbox.
It raises an alarm when something is overdue, when an alert is stranded, when a loop of the engine stands
still, and, through the log and a metric, when it cannot look itself.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from tocsin.actions import watching
from tocsin.actions.watching import Findings
from tocsin.core.because import span
from tocsin.core.spelling import native
from tocsin.engine.metrics import EngineMetrics
from tocsin.world import World

EVERY = timedelta(seconds=30)
OVERDUE_AFTER = timedelta(seconds=60)
STILL_AFTER = timedelta(seconds=60)
AGAIN_AFTER = timedelta(hours=1)  # the same kind of alarm is not raised more often
_log = structlog.get_logger(__name__)

TurnedAt = Callable[[], Mapping[str, datetime | None]]
Tell = Callable[[str, str], None]  # subject, text: on the watch's own thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that the operator must know: its *kind*, and what to read."""

    kind: str
    text: str


class Watch:
    """Looks at the engine every half minute, from beside it."""

    def __init__(
        self,
        world: World,
        *,
        node: str,
        turned_at: TurnedAt,
        tell: Tell,
        metrics: EngineMetrics,
        every: timedelta = EVERY,
    ) -> None:
        self.looked_at: datetime | None = None
        self._world = world
        self._node = node
        self._turned_at = turned_at
        self._tell = tell
        self._metrics = metrics
        self._every = every
        self._raised: dict[str, datetime] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._began_at = world.now()

    def start(self) -> None:
        """Begin to look, on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="tocsin-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking, and wait until the last look is over."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def look(self) -> tuple[Alarm, ...]:
        """Look once, and raise what has to be raised; return all that is wrong, raised again or not."""
        now = self._world.now()
        try:
            findings = self._world.database.read_now(lambda tx: watching.look(tx, now=now))
        except Exception as error:  # noqa: BLE001 - that it cannot look is itself what must be told
            alarms: tuple[Alarm, ...] = (Alarm(kind="blind", text=f"The watch cannot look: {error}"),)
        else:
            self._show(findings)
            alarms = (*overdue(findings), *self._still(now))
        self.looked_at = now
        self._metrics.watched_at.set(now.timestamp())
        for alarm in alarms:
            self._raise(alarm, now)
        return alarms

    def _run(self) -> None:
        while not self._stop.wait(self._every.total_seconds()):
            self.look()

    def _still(self, now: datetime) -> Sequence[Alarm]:
        alarms = []
        for loop, turned_at in self._turned_at().items():
            since = now - (turned_at or self._began_at)
            if since > STILL_AFTER:
                text = f"The loop that should {loop} on {self._node} has not come through for {span(since)}."
                alarms.append(Alarm(kind=f"still_{loop}", text=text))
        return alarms

    def _show(self, findings: Findings) -> None:
        self._metrics.overdue_timer.set(findings.overdue_timer.total_seconds())
        self._metrics.overdue_notification.set(findings.overdue_notification.total_seconds())
        self._metrics.poisoned.set(findings.poisoned)
        self._metrics.firing.set(findings.firing)
        self._metrics.unrouted.set(findings.unrouted)
        self._metrics.stranded.set(len(findings.stranded))

    def _raise(self, alarm: Alarm, now: datetime) -> None:
        last = self._raised.get(alarm.kind)
        if last is not None and now - last < AGAIN_AFTER:
            return
        self._raised[alarm.kind] = now
        self._metrics.alarms.labels(kind=alarm.kind).inc()
        _log.error("alarm", kind=alarm.kind, text=alarm.text, node=self._node)
        try:
            self._tell(f"Tocsin itself needs help: {alarm.kind.replace('_', ' ')}", alarm.text)
        except Exception:  # noqa: BLE001 - the watch must go on; the log and the metric have it already
            _log.exception("the operator could not be told", kind=alarm.kind)


def overdue(findings: Findings) -> tuple[Alarm, ...]:
    """Say what is wrong about *findings*."""
    alarms = []
    if findings.overdue_timer > OVERDUE_AFTER:
        text = f"A timer has been due for {span(findings.overdue_timer)}: pages do not go forward."
        alarms.append(Alarm(kind="overdue_timer", text=text))
    if findings.overdue_notification > OVERDUE_AFTER:
        text = f"A message has waited for {span(findings.overdue_notification)}: nobody sends."
        alarms.append(Alarm(kind="overdue_notification", text=text))
    if findings.poisoned:
        text = f"{findings.poisoned} timers fail again and again; `tocsin check` and the log say why."
        alarms.append(Alarm(kind="poisoned", text=text))
    if findings.stranded:
        names = ", ".join(native("alert", alert) for _workspace, alert in findings.stranded)
        text = f"Alerts fire, and nobody is going to be asked about them: {names}."
        alarms.append(Alarm(kind="stranded", text=text))
    if findings.unstaffed:
        text = f"No node has the role {' or '.join(findings.unstaffed)}; see TOCSIN_ROLES."
        alarms.append(Alarm(kind="unstaffed", text=text))
    return tuple(alarms)
