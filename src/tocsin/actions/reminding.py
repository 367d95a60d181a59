"""Due questions: people are asked whether they still have what they acknowledged, or lose it."""

from collections.abc import Sequence

from tocsin.actions.alert_timers import REMINDER, time_reminder
from tocsin.actions.ingest import route_anew
from tocsin.actions.ledger import Ledger
from tocsin.core import reminding
from tocsin.core.alert import Alert
from tocsin.core.ids import AlertId, PageId, UserId
from tocsin.store import alerts, timers


def remind(ledger: Ledger, subjects: Sequence[int]) -> None:
    """Look after whoever has these alerts; what was answered for meanwhile is timed anew.

    Whoever has many alerts of one page is asked once. What nobody has any more pages from the first step.
    """
    found = alerts.get_many(ledger.tx, [AlertId(subject) for subject in subjects], lock=True)
    timers.cancel_many(ledger.tx, [(REMINDER, subject) for subject in subjects])
    ledger.load_pages(alert.id for alert in found)
    questions: dict[tuple[UserId, PageId], list[Alert]] = {}
    released: list[Alert] = []
    for alert in found:
        changed = _proceed(ledger, alert)
        held = changed.acknowledgement
        if changed is alert:
            time_reminder(ledger.tx, alert)
        elif held is None:
            released.append(changed)
        elif held.by is not None and held.reminder is not None and held.reminder.asked_at == ledger.now:
            page = ledger.pages_of(alert.id)[0]
            questions.setdefault((held.by, page.id), []).append(changed)
    for (user, page_id), asked in sorted(questions.items()):
        held = asked[0].acknowledgement
        name = held.by_name if held is not None else ""
        person = ledger.directory.users.get(user)
        ledger.carry_out(ledger.pages[page_id], reminding.ask(person, name, asked, ledger.now))
    route_anew(ledger, released)


def _proceed(ledger: Ledger, alert: Alert) -> Alert:
    """Do what is due about whoever has *alert*; of what pages nobody nobody is asked."""
    settings = ledger.directory.reminders
    changed, because = reminding.remind(alert, settings, ledger.now)
    held = changed.acknowledgement
    if changed is not alert and held is not None and settings is not None and not ledger.pages_of(alert.id):
        changed, because = reminding.put_off(alert, settings, ledger.now), ()
    if changed is not alert:
        ledger.change(changed, was=alert, because=because)
    return changed
