"""What must hold after every commit, and what at the end: in SQL of its own, apart from what it judges.

The observer's connection sees what is committed, as an operator with a database shell would.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import apsw

from tocsin.actions import watching
from tocsin.core.because import Because
from tocsin.core.because_alert import AlertOpened, SeverityFell, SeverityRose
from tocsin.core.because_page import Escalated, PageRests, PageStartedOver
from tocsin.core.because_paging import PlanEnded, StepsRepeated, StepTaken, ToldAlready
from tocsin.core.escalation import EscalationPlan, MoreAlertsThan, PageStatus
from tocsin.core.event import Event, EventStatus
from tocsin.core.ids import PlanId, compose
from tocsin.core.silence import covers
from tocsin.store import alerts, directories, pages, plans, reasons
from tocsin.store.columns import instant, micros
from tocsin.store.sqlite_tx import SqliteTx
from tocsin.store.transaction import Shelf

TIMED = """
SELECT 'page ' || p.id || ' wakes at ' || ifnull(p.wake_at, '-') || ', timed ' || ifnull(t.due_at, '-')
  FROM pages p LEFT JOIN timers t ON t.kind = 'page' AND t.subject_id = p.id
 WHERE p.wake_at IS NOT t.due_at AND ifnull(t.attempts, 0) = 0
UNION ALL
SELECT 'a timer for page ' || t.subject_id || ', which is not there'
  FROM timers t WHERE t.kind = 'page' AND t.subject_id NOT IN (SELECT id FROM pages)
UNION ALL
SELECT 'alert ' || a.id || ' is held until ' || ifnull(a.ack_until, '-') || ', timed ' ||
       ifnull(t.due_at, '-')
  FROM alerts a LEFT JOIN timers t ON t.kind = 'ack_end' AND t.subject_id = a.id
 WHERE CASE WHEN a.status = 'firing' THEN a.ack_until END IS NOT t.due_at AND ifnull(t.attempts, 0) = 0
UNION ALL
SELECT 'whoever has alert ' || a.id || ' is asked at ' || ifnull(asked, '-') || ', timed ' ||
       ifnull(due_at, '-')
  FROM (SELECT a.id, t.due_at, ifnull(t.attempts, 0) AS attempts,
               CASE WHEN a.status = 'firing' THEN coalesce(json_extract(a.details, '$.reminder[2]'),
                 json_extract(a.details, '$.reminder[0]')) END AS asked
          FROM alerts a LEFT JOIN timers t ON t.kind = 'ack_reminder' AND t.subject_id = a.id) a
 WHERE asked IS NOT due_at AND attempts = 0
"""
DERIVED = """
SELECT 'page ' || id || ' is ' || status || ', but its alerts make it ' || derived FROM (
  SELECT p.id, p.status, p.follows = 'digest' AND p.gathers_until IS NOT NULL AS tells_later,
    EXISTS (SELECT 1 FROM timeline t WHERE t.page_id = p.id AND t.entries LIKE '%digest_replaced%')
      AS replaced,
    CASE WHEN sum(a.status = 'firing') = 0 THEN 'resolved'
         WHEN sum(a.status = 'firing' AND (a.ack_at IS NOT NULL OR a.routing = 'silenced'))
              >= sum(a.status = 'firing') THEN 'acknowledged'
         ELSE 'triggered' END AS derived
  FROM pages p JOIN page_alerts l ON l.page_id = p.id JOIN alerts a ON a.id = l.alert_id GROUP BY p.id
) WHERE status <> derived AND NOT (ifnull(tells_later, 0) AND derived = 'resolved' AND status = 'triggered')
   AND NOT (status = 'resolved' AND replaced)
UNION ALL
SELECT 'page ' || p.id || ' counts ' || p.alerts || ' alerts and has others' FROM pages p
 WHERE p.alerts <> (SELECT count(*) FROM page_alerts l WHERE l.page_id = p.id)
"""
CARED_FOR = """
SELECT 'alert ' || a.id || ' fires and has no page that is triggered' FROM alerts a
 WHERE a.status = 'firing' AND a.ack_at IS NULL AND ifnull(a.routing, 'routed') = 'routed'
   AND NOT EXISTS (SELECT 1 FROM page_alerts l JOIN pages p ON p.id = l.page_id
                    WHERE l.alert_id = a.id AND p.status = 'triggered')
"""
LEASED = """
SELECT 'notification ' || id || ' is being sent by nobody' FROM notifications
 WHERE state = 'sending' AND (node IS NULL OR leased_until IS NULL)
UNION ALL
SELECT 'notification ' || n.id || ' waits for ' || n.bundled_into || ', which is gone' FROM notifications n
  LEFT JOIN notifications b ON b.id = n.bundled_into
 WHERE n.state = 'queued' AND n.bundled_into IS NOT NULL AND b.state NOT IN ('queued', 'sending')
"""
# A drill's event is filed under real trouble of its key, but does not count there.
COUNTED = """
SELECT a.id, a.events, count(e.id) FROM alerts a JOIN events e ON e.alert_id = a.id WHERE e.status = 'firing'
 GROUP BY a.id HAVING a.events NOT BETWEEN sum(json_extract(e.payload, '$.drill') IS NULL) AND count(e.id)
"""
AFTER_EVERY_COMMIT = (TIMED, DERIVED, CARED_FOR, LEASED)
STARTED_OVER = "FROM timeline t WHERE t.page_id = p.id AND t.id > ? AND t.entries LIKE '%page_started_over%'"
# Whoever takes an acknowledgement back starts pages over; a page that gathers or follows keeps its plan.
OUTDATED = f"""
SELECT 'page ' || p.id || ' was started over by hand, and not as its policy stands' FROM pages p
  JOIN escalation_plans old ON old.id = p.plan_id JOIN escalation_policies now ON now.id = old.policy_id
 WHERE now.plan_id <> p.plan_id AND p.follows IS NULL AND p.gathers_until IS NULL
   AND EXISTS (SELECT 1 {STARTED_OVER} AND t.entries LIKE '%took back the acknowledgement%')
"""
RUNS = f"SELECT p.id, p.plan_id, EXISTS (SELECT 1 {STARTED_OVER}) FROM pages p"
NEXT = """
SELECT (SELECT min(due_at) FROM timers),
       (SELECT min(due) FROM notifications WHERE state = 'queued' AND bundled_into IS NULL),
       (SELECT min(leased_until) FROM notifications WHERE state = 'sending')
"""
# A page with a level waits while its alert is at another; of several digests of a group the newest asks.
NEWEST = """
   NOT EXISTS (SELECT 1 FROM pages q WHERE q.follows = 'digest' AND p.follows = 'digest' AND q.id > p.id
                AND q.rule_id = p.rule_id AND q.plan_id = p.plan_id AND q.group_key = p.group_key)
"""
IDLE_AT = f"""
SELECT DISTINCT p.plan_id, p.next_step FROM pages p WHERE {NEWEST}
   AND p.status = 'triggered' AND p.wake_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM page_alerts l JOIN alerts a ON a.id = l.alert_id WHERE l.page_id = p.id
                    AND p.follows IS NOT NULL AND p.follows NOT IN ('digest', a.severity))
"""
IDLE = "SELECT id, plan_id, next_step FROM pages p WHERE status = 'triggered' AND wake_at IS NULL"


A_MOMENT = timedelta(seconds=15)  # what is due is done within this, when all is well
CLOCKS_APART = timedelta(seconds=1)  # of two instants closer than this either may have come first


class BrokenLaw(AssertionError):
    """Something that must hold did not."""


class Observer:
    """Looks at the database from outside."""

    def __init__(self, path: Path, shelf: Shelf) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(1_000)
        self._shelf = shelf
        self._plans: dict[int, EscalationPlan] = {}
        self._runs: dict[int, int] = {}
        self._told_of = 0

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        rows = self.rows(sql, *values)
        return rows[0][0] if rows else None

    def tx(self) -> SqliteTx:
        """Read through the store, for values of the core."""
        return SqliteTx(self._connection, self._shelf)

    # --- when there is something to do ---

    def next_due(self) -> tuple[int | None, int | None]:
        """Tell when the next timer, and the next message, is due."""
        timer, queued, leased = self.rows(NEXT)[0]
        return timer, min((at for at in (queued, leased) if at is not None), default=None)

    # --- the laws ---

    def check(self) -> None:
        """Check what must hold after every commit."""
        for law in AFTER_EVERY_COMMIT:
            broken = self.rows(law)
            if broken:
                raise BrokenLaw("; ".join(str(row[0]) for row in broken))
        self._check_runs()
        for plan_id, next_step in self.rows(IDLE_AT):
            if next_step < len(self._plan(plan_id).steps) and self._awaited(plan_id, next_step) is None:
                raise BrokenLaw(f"a page at step {next_step} of {plan_id} waits for nothing")

    def _check_runs(self) -> None:
        """Check that pages keep their plans, but for those that were started over by hand just now."""
        for (broken,) in self.rows(OUTDATED, self._told_of):
            raise BrokenLaw(broken)
        # A story goes by the clock of the node that tells it, which may be behind the last one's.
        lately = self._told_of - compose(CLOCKS_APART // timedelta(milliseconds=1), 0)
        for page, plan, started_over in self.rows(RUNS, lately):
            if self._runs.setdefault(page, plan) != plan and not started_over:
                raise BrokenLaw(f"page {page} ran plan {self._runs[page]} and runs {plan} now")
            self._runs[page] = plan
        self._told_of = self.one("SELECT max(id) FROM timeline") or 0

    def _plan(self, plan_id: int) -> EscalationPlan:
        if plan_id not in self._plans:
            self._plans |= plans.get_many(self.tx(), (PlanId(plan_id),))
        return self._plans[plan_id]

    def _awaited(self, plan_id: int, step: int) -> MoreAlertsThan | None:
        """Find the number of events that a page at *step* may wait for."""
        condition = self._plan(plan_id).steps[step].condition
        return condition if isinstance(condition, MoreAlertsThan) and not condition.skip else None

    def must_be_asking(self, claimed: Iterable[tuple[int, int | None, str]]) -> None:
        """Check that pages whose messages were just claimed ask, and ask these people: nobody else."""
        for page_id, user, what in claimed:
            page = pages.get(self.tx(), page_id)
            if page.digest and page.status is PageStatus.RESOLVED:
                continue  # it tells what has happened
            if page.status is not PageStatus.TRIGGERED or user in page.left_out:
                raise BrokenLaw(f"{what} to {user} was claimed, but page {page_id} is {page.status}")

    def check_silences(self, now: datetime) -> None:
        """Check that those alerts are silenced that a silence covers, unless a timer will see to it."""
        if self.one("SELECT 1 FROM timers WHERE kind = 'silence' AND due_at <= ?", micros(now + A_MOMENT)):
            return
        tx = self.tx()
        for (workspace,) in self.rows("SELECT id FROM workspaces"):
            silences = directories.current(tx, workspace).silences
            firing = self.rows(
                "SELECT id FROM alerts WHERE status = 'firing' AND workspace_id = ?", workspace
            )
            for alert in alerts.get_many(tx, [row[0] for row in firing]):
                by_hand = alert.routing == "routed" and not alert.memory
                covered = not by_hand and any(covers(silence, alert, now) for silence in silences)
                if covered != (alert.routing == "silenced"):
                    be = "is" if covered else "is not"
                    raise BrokenLaw(f"alert {alert.id} {be} silenced at {now}, but is {alert.routing}")

    def check_waits(self, now: datetime) -> None:
        """Check that no page waits for a number of events that have come."""
        for page_id, plan_id, next_step in self.rows(f"{IDLE} AND {NEWEST}"):
            if next_step >= len(self._plan(plan_id).steps):
                continue
            condition = self._awaited(plan_id, next_step)
            if condition is None:  # it waits for its alert to come back to a severity
                continue
            came = self.one(
                "SELECT count(*) FROM page_alerts l JOIN events e ON e.alert_id = l.alert_id"
                " WHERE l.page_id = ? AND e.received_at > ? AND e.status = 'firing'"
                " AND json_extract(e.payload, '$.drill') IS NULL",
                page_id,
                micros(now - condition.within),
            )
            if came > condition.count:
                raise BrokenLaw(f"page {page_id} waits for {condition.count} events, and {came} came")

    def check_watch(self, now: datetime) -> None:
        """Check that the watch finds nothing either: it has its own way of looking."""
        stranded = watching.look(self.tx(), now=now).stranded
        if stranded:
            raise BrokenLaw(f"the watch finds stranded alerts: {stranded}")

    # --- at the end ---

    def check_accepted(self, accepted: Iterable[Event]) -> None:
        """Check that every accepted event is kept, and has become part of what it should."""
        stored = {
            row[0]: row[1:]
            for row in self.rows(
                "SELECT e.id, e.status, e.dedup_key, e.received_at,"
                " a.id, a.dedup_key, a.status, a.resolved_at"
                " FROM events e LEFT JOIN alerts a ON a.id = e.alert_id"
            )
        }
        last: dict[str, Event] = {}
        for event in accepted:
            if event.id not in stored:
                raise BrokenLaw(f"event {event.id} was accepted and is lost")
            if event.dedup_key:
                last[event.dedup_key] = event
        for event_id, (status, key, _at, alert, alert_key, *_) in stored.items():
            if status == "firing" and (alert is None or alert_key != key):
                raise BrokenLaw(f"event {event_id} fired and belongs to alert {alert} of {alert_key!r}")
        for key, event in last.items():
            _status, _key, received_at, _alert, _alert_key, status, resolved_at = stored[event.id]
            over = status == "resolved" and instant(resolved_at) >= instant(received_at) - CLOCKS_APART
            if event.status is EventStatus.FIRING and status != "firing" and not over:
                raise BrokenLaw(f"{key} fired last, and its alert was resolved before that")
        for alert, counted, came in self.rows(COUNTED):
            raise BrokenLaw(f"alert {alert} counts {counted} events of {came}")

    def check_rest(self, now: datetime) -> None:
        """Check that nothing is left to do at *now*."""
        overdue = self.rows(
            "SELECT kind, subject_id, last_error FROM timers WHERE due_at <= ?", micros(now - A_MOMENT)
        )
        if overdue:
            raise BrokenLaw(f"timers are overdue at {now}: {overdue}")
        waiting = self.rows(
            "SELECT id, state, attempts, due, bundled_into, last_error FROM notifications"
            " WHERE state IN ('queued', 'sending')"
        )
        if waiting:
            raise BrokenLaw(f"messages wait at {now}: {waiting}")
        wakes = self.rows("SELECT id, wake_at FROM pages")
        for page in pages.get_many(self.tx(), [row[0] for row in wakes]):
            at = None if page.wake_at is None else micros(page.wake_at)
            if (page.id, at) not in wakes:
                raise BrokenLaw(f"page {page.id} should wake at {page.wake_at}")

    def check_told(self) -> None:
        """Check that whoever a triggered page has asked was told, or the story says why not."""
        stories = self.stories()
        for (page_id,) in self.rows("SELECT id FROM pages WHERE status = 'triggered'"):
            page = pages.get(self.tx(), page_id)
            # By another page of the same alert, in the same moment: the law looks at that one for itself.
            elsewhere = any(isinstance(each, ToldAlready) for each in stories[page_id])
            for responder in page.responders:
                if responder.told_at is None or elsewhere:
                    continue
                states = self.rows(
                    "SELECT state FROM notifications WHERE page_id = ? AND user_id = ? AND kind = 'page'"
                    " AND queued_at >= ?",
                    page_id,
                    responder.user,
                    micros(responder.asked_at),
                )
                # Dropped is what waited when somebody had the page for a while.
                if not {"sent", "delivered", "failed", "dropped"} & {row[0] for row in states}:
                    raise BrokenLaw(f"user {responder.user} was to be told of page {page_id}: {states}")

    def stories(self) -> dict[int, list[Because]]:
        """Read the story of each page."""
        told: dict[int, list[Because]] = defaultdict(list)
        for page, entries in self.rows(
            "SELECT page_id, entries FROM timeline WHERE page_id IS NOT NULL ORDER BY id"
        ):
            told[page] += reasons.load(entries)
        return told

    def check_stories(self) -> None:
        """Check that the story explains each message, says so when a plan ends, and takes no step twice."""
        stories = self.stories()
        queued: dict[int, Counter[str]] = defaultdict(Counter)
        for page, because in self.rows("SELECT page_id, because FROM notifications WHERE kind <> 'resolved'"):
            queued[page][because] += 1
        for page, becauses in queued.items():
            missing = becauses - Counter(each.text for each in stories[page])
            if missing:
                raise BrokenLaw(f"the story of page {page} does not explain {dict(missing)}")
        for page_id, plan_id, next_step in self.rows(IDLE):
            ended = any(isinstance(each, PlanEnded) for each in stories[page_id])
            if next_step >= len(self._plan(plan_id).steps) and not ended:
                raise BrokenLaw(f"page {page_id} is at its end and does not say so")
        for page_id, story in stories.items():
            for step in repeated_steps(story):
                raise BrokenLaw(f"page {page_id} took step {step} twice in one round")

    def check_lasting(self) -> None:
        """Check that what waits for a severity to last was done once, and not before it had."""
        for page, plan, alert in self.rows(
            "SELECT p.id, p.plan_id, l.alert_id FROM pages p JOIN page_alerts l ON l.page_id = p.id"
            " WHERE p.follows IS NOT NULL AND p.follows <> 'digest'"
        ):
            turns = list(self._instants("alert_id", alert, (AlertOpened, SeverityRose, SeverityFell)))
            taken = [at for at, because in self._instants("page_id", page, StepTaken) if because.step == 1]
            if not taken or any(self._instants("page_id", page, (Escalated, StepsRepeated))):
                continue
            before = taken[0] - CLOCKS_APART
            since = max((at for at, _ in turns if at <= before), default=taken[0])
            if len(taken) > 1 or taken[0] - since < self._plan(plan).steps[0].after - A_MOMENT:
                raise BrokenLaw(f"page {page} took its first step at {taken}, and it lasts since {since}")

    def _instants(self, column: str, subject: int, kinds: Any) -> Iterator[tuple[datetime, Any]]:
        """Find when reasons of these *kinds* were written into the story of an alert or a page."""
        story = f"SELECT at, entries FROM timeline WHERE {column} = ? ORDER BY id"
        for at, entries in self.rows(story, subject):
            for because in reasons.load(entries):
                if isinstance(because, kinds):
                    yield instant(at), because

    def last_words(self) -> Iterator[str]:
        """Tell what there is, for whoever looks into a broken law."""
        columns = "id, dedup_key, status, severity, routing, ack_at, ack_until"
        for row in self.rows(f"SELECT {columns} FROM alerts"):
            yield f"alert {row}"
        columns = "id, status, next_step, due, gathers_until, wake_at, alerts, group_key, responders"
        for row in self.rows(f"SELECT {columns} FROM pages"):
            yield f"page {row}"
        columns = "at, alert_id, page_id, entries"
        for at, alert, page, entries in self.rows(f"SELECT {columns} FROM timeline ORDER BY id"):
            for because in reasons.load(entries):
                of = f"page {page}" if page else f"alert {alert}"
                yield f"{instant(at):%H:%M:%S} {of}: {because.text}"


def repeated_steps(story: Iterable[Because]) -> Iterator[int]:
    """Find steps that were taken more often than there was a reason to begin again.

    Clocks differ, so that the order of what two nodes wrote within a second says nothing.
    """
    again = (PageStartedOver, StepsRepeated, PageRests, Escalated)
    rounds, taken = 1, Counter()
    for because in story:
        rounds += isinstance(because, again)
        if isinstance(because, StepTaken):
            taken[because.step] += 1
    yield from (step for step, times in taken.items() if times > rounds)
