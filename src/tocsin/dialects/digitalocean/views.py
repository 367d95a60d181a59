"""An app and its alerts, as the vendor shows them: pure."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import UNSET

from tocsin.core.ids import made_at
from tocsin.core.instants import EPOCH
from tocsin.core.notification import Notification, NotificationState
from tocsin.core.service import Service
from tocsin.core.spelling import to_uuid
from tocsin.dialects.digitalocean.spec import Wanted
from tocsin.dialects.digitalocean.subscriptions import KeptAlert, KeptApp
from tocsin.dialects.digitalocean.wire import (
    AlertView,
    AppView,
    DeploymentView,
    Progress,
    Reason,
    SlackWebhookView,
    StepView,
)

CONFIGURE: Final = "alert-configure-insight-alert"
TEST: Final = "alert-test-delivery"
SUCCESS, RUNNING, ERROR = "SUCCESS", "RUNNING", "ERROR"
ACTIVE: Final = "ACTIVE"

_DEPLOYMENTS: Final = uuid.UUID("6f9d0d0e-5b0a-5d0c-9d53-6a2f0f6a4b1e")
_DEPLOY_STEPS: Final = ("build", "deploy", "finalize")


def stamp(at: datetime) -> str:
    """Write an instant as RFC 3339, in whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show_app(service: Service, kept: KeptApp | None) -> AppView:
    """Write an app; a service that was made by other ways is an app of nothing but its name."""
    created = made_at(service.id)
    updated = _instant(kept.updated_at) if kept is not None and kept.updated_at else created
    spec: dict[str, Any] = kept.spec if kept is not None else {"name": service.slug}
    return AppView(
        id=to_uuid(service.id),
        owner_uuid=to_uuid(service.workspace),
        spec=spec | {"name": service.slug},
        project_id=kept.project_id if kept is not None and kept.project_id else UNSET,
        created_at=stamp(created),
        updated_at=stamp(updated),
        active_deployment=show_deployment(service, spec, updated),
    )


def show_deployment(service: Service, spec: dict[str, Any], at: datetime) -> DeploymentView:
    """Write the deployment of an app as of *at*, when its spec was written: there is nothing left to do."""
    steps = [_done(name, at) for name in _DEPLOY_STEPS]
    return DeploymentView(
        id=str(uuid.uuid5(_DEPLOYMENTS, f"{service.id} {at.timestamp():.6f}")),
        spec=dict(spec),
        created_at=stamp(at),
        updated_at=stamp(at),
        phase_last_updated_at=stamp(at),
        progress=Progress(
            steps=steps,
            pending_steps=0,
            running_steps=0,
            success_steps=len(steps),
            error_steps=0,
            total_steps=len(steps),
        ),
    )


def show_alert(
    alert: KeptAlert,
    wanted: Wanted,
    *,
    emails: list[str],
    webhooks: list[SlackWebhookView],
    sent: Mapping[int, Notification],
) -> AlertView:
    """Write an alert; *sent* has the tests that went to its webhooks."""
    steps = [_configured(alert), *_tested(alert, sent)]
    return AlertView(
        id=to_uuid(alert.id),
        component_name=alert.component or UNSET,
        spec=wanted.raw,
        emails=emails,
        slack_webhooks=webhooks,
        phase=ERROR if any(step.status == ERROR for step in steps) else ACTIVE,
        progress=Progress(steps=steps),
    )


def _instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _configured(alert: KeptAlert) -> StepView:
    return _done(CONFIGURE, _instant(alert.since))


def _done(name: str, at: datetime) -> StepView:
    return StepView(name=name, status=SUCCESS, started_at=stamp(at), ended_at=stamp(at))


def _tested(alert: KeptAlert, sent: Mapping[int, Notification]) -> list[StepView]:
    """Say what became of the tests: none yet, every one taken, or one that was refused and why."""
    tests = [sent[test] for test in alert.tests if test in sent]
    if not tests:
        return []
    begun = stamp(min(test.queued_at for test in tests))
    failed = [test for test in tests if test.state is NotificationState.FAILED]
    waiting = [test for test in tests if test.state in (NotificationState.QUEUED, NotificationState.SENDING)]
    if failed:
        reason = Reason("SlackWebhookRefused", failed[0].last_error or "the webhook took no message")
        return [StepView(name=TEST, status=ERROR, started_at=begun, ended_at=begun, reason=reason)]
    if waiting:
        trouble = next((test.last_error for test in waiting if test.last_error), "")
        reason_so_far = Reason("SlackWebhookNotReached", trouble) if trouble else UNSET
        return [StepView(name=TEST, status=RUNNING, started_at=begun, reason=reason_so_far)]
    ended = max((test.sent_at for test in tests if test.sent_at is not None), default=tests[0].queued_at)
    return [StepView(name=TEST, status=SUCCESS, started_at=begun, ended_at=stamp(ended))]
