"""Withdrawing what an alert policy asked for: its pages stop, and its alerts rest unless others page."""

from dataclasses import replace
from datetime import datetime

from tocsin.actions import alert_policies
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.ledger import Ledger
from tocsin.core import escalation
from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.because_page import PageWithdrawn
from tocsin.core.because_routing import TakerWithdrawn
from tocsin.core.ids import AlertId, AlertPolicyId, PageId
from tocsin.store import alerts, directories, outbox, pages
from tocsin.store.transaction import Tx


def disable(tx: Tx, actor: Actor, policy_id: AlertPolicyId, *, now: datetime) -> AlertPolicy:
    """Disable an alert policy, and withdraw what it asked for; one that is disabled already stays so."""
    was = alert_policies.get(tx, actor, policy_id)
    policy = alert_policies.change(
        tx, actor, policy_id, lambda before: replace(before, enabled=False), now=now
    )
    if was.enabled:
        withdraw(tx, actor, policy, now=now)
    return policy


def withdraw(tx: Tx, actor: Actor, policy: AlertPolicy, *, now: datetime) -> None:
    """Stop the pages that *policy*, which is deleted or disabled now, has begun.

    Alerts of theirs that fire and about which nobody else is paged are withdrawn with them: the catch-all
    leaves them alone for as long as they do not get worse.
    """
    actor.must(Permission.CONFIGURE)
    begun = pages.of_policy(tx, actor.workspace, policy.id)
    firing: dict[AlertId, Alert] = {}
    for page in begun:
        of_page = alerts.of_page(tx, page, lock=True)
        firing |= {alert.id: alert for alert in of_page if alert.status is AlertStatus.FIRING}
    ledger = Ledger(tx, directories.current(tx, actor.workspace), now)
    ledger.load_pages(sorted(firing))
    stopped = {page.id for page in pages.get_many(tx, begun, lock=True) if _stop(ledger, page, policy)}
    for alert_id in sorted(firing):
        alert = firing[alert_id]
        if not any(page.id not in stopped for page in ledger.pages_of(alert_id)):
            gone = replace(alert, routing=Routing.WITHDRAWN, version=alert.version + 1)
            ledger.change(gone, was=alert, because=(TakerWithdrawn(policy=policy.name),))
    ledger.settle()


def _stop(ledger: Ledger, page: escalation.Page, policy: AlertPolicy) -> PageId:
    ledger.pages[page.id] = page
    ledger.put(escalation.stop(page))
    dropped = outbox.drop_for_page(ledger.tx, page.id, "the policy that asked for it was withdrawn")
    ledger.tell((PageWithdrawn(policy=policy.name, dropped=dropped),), page=page.id)
    return page.id
