"""An explanation as JSON has it: a tree of decisions, each with its reason, and the same in words."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Raw, UnsetType

from tocsin.core.alert import Change
from tocsin.core.directory import Directory
from tocsin.core.effects import Notify
from tocsin.core.event import Severity
from tocsin.core.foreseen import Moment, Rejudged
from tocsin.core.foresight import Explanation, Run
from tocsin.core.masking import shown_address
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Importance
from tocsin.core.retelling import retell
from tocsin.core.verdict import Judgement, Passed, Quiet, Routed, Silenced, Verdict
from tocsin.dialects.native.wire.events import EventBody
from tocsin.dialects.native.wire.naming import PersonName, ServiceName, name_person, name_service
from tocsin.dialects.native.wire.shapes import Body, Id, Instant, View
from tocsin.dialects.native.wire.spelled import spelled
from tocsin.dialects.native.wire.story import ReasonView, show_reason


class ExplainBody(Body):
    """What is to be explained; the event is read by who reads events."""

    event: Raw | UnsetType = UNSET
    alert: Id | None = None
    at: Instant | None = None


class ExplainRequest(Body):
    """What is to be explained: an event that has not happened, or an alert. One of them."""

    event: EventBody | None = None
    alert: Annotated[Id, Meta(description="an alert's id, in place of an event")] | None = None
    at: (
        Annotated[Instant, Meta(description="as if it were new then; now, as things stand, if not given")]
        | None
    ) = None


class VerdictView(ReasonView, kw_only=True):
    """What a policy, a rule, a silence or the catch-all says."""

    verdict: Annotated[str, Meta(description="routed, quiet, passed, silenced or unrouted")]
    alert_policy_id: str | None
    rule_id: str | None
    silence_id: str | None
    plan: Annotated[str | None, Meta(description="the escalation plan that is run")]


class JudgedView(View):
    """The policies, asked at an instant."""

    at: datetime
    because: list[ReasonView]
    verdicts: list[VerdictView]


class ForetoldMessage(ReasonView, kw_only=True):
    """A message that would go out."""

    kind: NotificationKind
    user: PersonName | None
    destination_id: str | None
    channel: str
    address: str
    importance: Importance


class MomentView(View):
    """What a page would do at one instant."""

    at: datetime
    because: list[ReasonView]
    messages: list[ForetoldMessage]


class RunView(View):
    """How a page would go if nobody answered; *page_id* is that of one that is under way."""

    page_id: str | None
    plan: str
    alert_policy_id: str | None
    rule_id: str | None
    moments: list[MomentView]
    goes_on: bool


class ForetoldAlert(View):
    """The alert as the event would leave it; *id* is that of one that is open."""

    id: str | None
    service: ServiceName
    title: str
    severity: Severity
    dedup_key: str


class ExplanationView(View):
    """What would come of it if nobody answered. *text* says all of it in words."""

    at: datetime
    change: Change
    because: list[ReasonView]
    alert: ForetoldAlert | None
    verdicts: list[VerdictView]
    afresh: Annotated[
        list[VerdictView], Meta(description="what the policies would say had they not been asked before")
    ]
    again: Annotated[
        list[JudgedView],
        Meta(
            description="what happens to the alert by itself later, and what the policies say if asked again"
        ),
    ]
    pages: list[RunView]
    until: Annotated[datetime | None, Meta(description="where the telling ends, if there is more to come")]
    text: str


def show_explanation(explanation: Explanation, directory: Directory) -> ExplanationView:
    """Write an explanation."""
    alert = explanation.alert
    return ExplanationView(
        at=explanation.at,
        change=explanation.change,
        because=[show_reason(each) for each in explanation.because],
        alert=None
        if alert is None
        else ForetoldAlert(
            id=spelled("alert", alert.id or None),
            service=name_service(alert.service, directory),
            title=alert.title,
            severity=alert.severity,
            dedup_key=alert.dedup_key,
        ),
        verdicts=_verdicts(explanation.judgement),
        afresh=_verdicts(explanation.afresh),
        again=[_asked_again(each) for each in explanation.again],
        pages=[_run(each, directory) for each in explanation.runs],
        until=explanation.until,
        text=retell(explanation, directory),
    )


def _verdicts(judgement: Judgement | None) -> list[VerdictView]:
    return [] if judgement is None else [_verdict(each) for each in judgement.verdicts]


def _verdict(verdict: Verdict) -> VerdictView:
    reason = show_reason(verdict.because)
    return VerdictView(
        verdict=type(verdict).__name__.lower(),
        alert_policy_id=spelled("alert_policy", verdict.policy)
        if isinstance(verdict, Routed | Quiet | Passed)
        else None,
        rule_id=spelled("rule", verdict.rule) if isinstance(verdict, Routed | Passed) else None,
        silence_id=spelled("silence", verdict.silence) if isinstance(verdict, Silenced) else None,
        plan=verdict.plan.name if isinstance(verdict, Routed) else None,
        code=reason.code,
        sentence=reason.sentence,
        facts=reason.facts,
    )


def _asked_again(asked: Rejudged) -> JudgedView:
    return JudgedView(
        at=asked.at,
        because=[show_reason(each) for each in asked.because],
        verdicts=_verdicts(asked.judgement),
    )


def _run(run: Run, directory: Directory) -> RunView:
    return RunView(
        page_id=spelled("page", run.id),
        plan=run.page.plan.name,
        alert_policy_id=spelled("alert_policy", run.page.policy),
        rule_id=spelled("rule", run.page.rule),
        moments=[_moment(each, directory) for each in run.moments],
        goes_on=run.goes_on,
    )


def _moment(moment: Moment, directory: Directory) -> MomentView:
    return MomentView(
        at=moment.at,
        because=[show_reason(each) for each in moment.because],
        messages=[_message(each, directory) for each in moment.messages],
    )


def _message(message: Notify, directory: Directory) -> ForetoldMessage:
    reason = show_reason(message.because)
    return ForetoldMessage(
        kind=message.kind,
        user=name_person(message.user, directory),
        destination_id=spelled("destination", message.destination),
        channel=message.channel,
        address=shown_address(message.channel, message.address),
        importance=message.importance,
        code=reason.code,
        sentence=reason.sentence,
        facts=reason.facts,
    )
