"""Whatever the main job asks of the database, from an event to its receipt and in lists, goes by an index.

The statements are those that are in fact run: what is added to the path is tried without being named here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from builders import MINUTE, NOW, destination, directory, person, plan, step, target
from desk import OPERATOR, open_desk
from routing_builders import event, resolved
from store.full import explain, fill
from tocsin.actions import delivery, history, nodes
from tocsin.core.alert import AlertStatus
from tocsin.core.escalation import PageStatus
from tocsin.core.ids import UserId
from tocsin.core.notification import NotificationState
from tocsin.core.plan import DestinationTarget
from tocsin.core.receipt import Outcome
from tocsin.store.bulk import Bulk
from tocsin.store.connections import as_list

LARGE = (
    "alerts",
    "events",
    "pages",
    "page_alerts",
    "notifications",
    "timeline",
    "timers",
    "extras",
    "exchanges",
)
END_TO_END = re.compile(rf"(?:Seq Scan on|^SCAN) (?:{'|'.join(LARGE)})\b(?! USING)", re.MULTILINE)
ANA, BEN = person("Ana", "sms", "voice", ladder=["sms", 5, "voice"]), person("Ben", "sms")
HOOK = destination("Hook")
PLAN = plan(step(target(ANA), DestinationTarget(destination=HOOK.id)), step(target(BEN), after=5))


@dataclass
class Listening:
    """Stands for a database, and keeps what is asked of it: each statement once, with what it was given."""

    database: Any
    heard: dict[Any, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    def transact(self, action: Callable[[Any], Any]) -> Any:
        return self.database.transact(lambda tx: action(_Tx(tx, self.heard)))


@dataclass
class _Tx:
    tx: Any
    heard: dict[Any, Any]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.tx, name)
        if name in {"rows", "run", "one", "scalar"}:

            def ask(statement: Any, /, **given: Any) -> Any:
                self.heard.setdefault(statement, dict(given))
                return found(statement, **given)

            return ask
        if name == "run_many":

            def ask_for_many(bulk: Bulk, rows: Any) -> int:
                if rows:
                    self.heard.setdefault(bulk, rows[0])
                return found(bulk, rows)

            return ask_for_many
        return found


def beside(desk):
    """Look at what is on *desk* without being heard."""
    return replace(desk, database=desk.database.database)


def the_main_job(database):
    """Let events come, be gathered, paged, sent, acknowledged and resolved, in turn."""
    here = open_desk(database, directory(ANA, BEN, HOOK), PLAN)
    here.report(event(), event(dedup_key="another"))
    here.report(event(), at=NOW + MINUTE)
    here.turn(NOW + MINUTE)
    here.record(here.claim(NOW + MINUTE), NOW + MINUTE)
    here.turn(NOW + 6 * MINUTE)
    here.record(here.claim(NOW + 6 * MINUTE), NOW + 6 * MINUTE, Outcome.NEVER)
    here.acknowledge(NOW + 7 * MINUTE, alert=beside(here).alerts()[0].id)
    here.report(resolved(), resolved(dedup_key="another"), at=NOW + 8 * MINUTE)
    here.turn(NOW + 8 * MINUTE)
    claimed = here.claim(NOW + 8 * MINUTE)
    here.do(lambda tx: delivery.give_back(tx, [each.notification for each in claimed], node="n1"))
    here.record(here.claim(NOW + 8 * MINUTE), NOW + 8 * MINUTE)
    return here


def what_is_looked_at(tx, alert, page):
    """Read what pages and clients read all day."""
    some = {"limit": 9}
    history.list_events(tx, OPERATOR, **some)
    history.list_events(tx, OPERATOR, alert=alert, **some)
    for status in (None, AlertStatus.FIRING):
        history.list_alerts(tx, OPERATOR, status=status, **some)
    history.list_alerts(tx, OPERATOR, status=AlertStatus.FIRING, acknowledged=False, **some)
    history.list_alerts(tx, OPERATOR, page=page, **some)
    for open_ in (None, PageStatus.TRIGGERED):
        history.list_pages(tx, OPERATOR, status=open_, **some)
    history.list_pages(tx, OPERATOR, alert=alert, **some)
    history.list_notifications(tx, OPERATOR, **some)
    history.list_notifications(tx, OPERATOR, page=page, **some)
    history.list_notifications(tx, OPERATOR, user=UserId(ANA.id), **some)
    for state in NotificationState:
        history.list_notifications(tx, OPERATOR, state=state, **some)
    history.story_of_page(tx, OPERATOR, page, **some)


def what_nodes_say(tx):
    """Say that a node is there, look after the others, and stop."""
    nodes.beat(tx, "n1", since=None, details={}, elapsed=lambda: 0.0)
    nodes.take_over(tx)
    delivery.take_back(tx, node="n1")
    delivery.give_back_unheard(tx, (), node="n1")
    nodes.leave(tx, "n1")


def way_of(tx, asked, given):
    """Tell how the engine goes about *asked*, as text."""
    if not isinstance(asked, Bulk):
        return explain(tx, asked, given)
    if tx.engine == "sqlite":
        explained = tx.connection.execute(f"EXPLAIN QUERY PLAN {asked.sqlite}", given)
        return "\n".join(row[3] for row in explained)
    arrays = [as_list(kind, [value]) for kind, value in zip(asked.kinds, given, strict=True)]
    return "\n".join(row[0] for row in tx._cursor.execute(f"EXPLAIN {asked.postgresql}", arrays).fetchall())


def test_all_that_is_asked_from_an_event_to_its_receipt_and_by_the_lists_goes_by_an_index(
    database,
):
    listening = Listening(database)
    here = beside(the_main_job(listening))
    alert, page = here.alerts()[0].id, here.pages()[0].id
    listening.transact(lambda tx: what_is_looked_at(tx, alert, page))
    listening.transact(what_nodes_say)
    database.transact(fill)

    def ways(tx):
        return {_text(asked): way_of(tx, asked, given) for asked, given in listening.heard.items()}

    found = database.transact(ways)

    assert len(found) > 50, "much is asked on the way"
    assert {
        asked: way for asked, way in found.items() if END_TO_END.search(way) and not is_total(asked)
    } == {}


def is_total(asked):
    """Tell whether it counts the newest so many of a workspace, from the end of the table, and then stops."""
    return re.search(r"(events|notifications)\.workspace_id .*ORDER BY \1\.id DESC\s+LIMIT", asked, re.DOTALL)


def _text(asked):
    return asked.postgresql if isinstance(asked, Bulk) else asked.postgresql.text
