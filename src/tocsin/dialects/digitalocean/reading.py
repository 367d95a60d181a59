"""Apps and alerts looked up to be shown: a fixed number of queries, however many there are."""

from collections.abc import Sequence

from tocsin.actions import history
from tocsin.actions.actor import Actor
from tocsin.core.notification import Notification
from tocsin.dialects.digitalocean.changing import App
from tocsin.dialects.digitalocean.spec import Wanted
from tocsin.dialects.digitalocean.subscriptions import KeptAlert, targets_of
from tocsin.dialects.digitalocean.telling import kept_of, mails_among, webhooks_among
from tocsin.dialects.digitalocean.views import show_alert
from tocsin.dialects.digitalocean.wire import AlertView
from tocsin.world import Tx


def alerts_of(tx: Tx, actor: Actor, app: App) -> list[AlertView]:
    """Show every alert of *app*."""
    return shown(tx, actor, app, app.alerts)


def shown(tx: Tx, actor: Actor, app: App, alerts: Sequence[tuple[KeptAlert, Wanted]]) -> list[AlertView]:
    """Show these alerts of *app*."""
    directory = history.directory(tx, actor)
    kept = kept_of(tx, actor, directory.destinations)
    tests = [test for alert, _ in alerts for test in alert.tests]
    sent: dict[int, Notification] = {each.id: each for each in history.notifications(tx, actor, tests)}
    views = []
    for alert, wanted in alerts:
        targets = targets_of(app.policy, alert)
        emails = mails_among(targets, directory.users, directory.destinations)
        webhooks = webhooks_among(targets, directory.destinations, kept)
        views.append(show_alert(alert, wanted, emails=emails, webhooks=webhooks, sent=sent))
    return views
