"""Pages as JSON has them."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from tocsin.core.alert import COMMENT_LENGTH_MAX
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.escalation import TARGETS_MAX, Outside, Page, PageStatus, Target
from tocsin.core.event import MESSAGE_LENGTH_MAX, TITLE_LENGTH_MAX, Severity
from tocsin.core.ids import EscalationPolicyId
from tocsin.core.people import Importance
from tocsin.core.responder import Responder
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.naming import name_person
from tocsin.dialects.native.wire.shapes import Body, Id, View
from tocsin.dialects.native.wire.spelled import all_spelled, reference, spelled
from tocsin.dialects.native.wire.steps import PlanStep, show_steps
from tocsin.dialects.native.wire.targets import ToDestination, ToSchedule, ToTeam, ToUser, target


class ResponderView(View):
    """Somebody who is asked. *next_at* is when their rules go on, null at their end and at rest."""

    user_id: str
    name: str
    importance: Importance
    why: str
    asked_at: datetime
    next_at: datetime | None


class PlanView(View):
    """The plan that a page runs, as it stood when the page began or was last started over by hand."""

    name: str
    steps: list[PlanStep]


class PageView(View):
    """One run of an escalation plan. *next_step* counts from 1, and is null when no step is left."""

    id: str
    title: str
    status: PageStatus
    severity: Severity
    importance: Importance
    service_id: str
    alert_policy_id: str | None
    rule_id: str | None
    escalation_policy_id: str | None
    began_at: datetime
    gathers_until: Annotated[
        datetime | None, Meta(description="until when alerts of the same group may join it")
    ]
    next_step: int | None
    next_at: Annotated[datetime | None, Meta(description="when the next step is due")]
    alerts_count: int
    responders: list[ResponderView]
    destination_ids: list[str]
    addresses: Annotated[list[str], Meta(description="addresses that are nobody's here")]
    plan: PlanView
    drill: bool
    level: Annotated[
        Severity | None, Meta(description="it goes forward only while its alert stays at this severity")
    ]
    digest: Annotated[bool, Meta(description="it tells of everything that happened in its window")]


class PageList(View):
    """A stretch of a list of pages, the newest first."""

    pages: list[PageView]
    next: str | None
    total: int


class ToPolicy(Body, tag="escalation_policy"):
    """Everybody on an escalation policy, step by step."""

    id: Id


AnyTarget = ToUser | ToTeam | ToSchedule | ToDestination | ToPolicy


class PageBody(Body, kw_only=True):
    """Whom to page by hand, and what to tell them; an escalation policy stands alone among the targets."""

    title: Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX, description="what it is about")]
    message: Annotated[str, Meta(max_length=MESSAGE_LENGTH_MAX, description="more words")] | None = None
    targets: Annotated[list[AnyTarget], Meta(min_length=1, max_length=TARGETS_MAX)]
    importance: Importance = Importance.DEFAULT
    service: Annotated[str | None, Meta(description="id or slug; the key's own service if not given")] = None


class HandOverBody(Body):
    """Who is to have an alert, and what to tell them; an escalation policy stands alone among the targets."""

    targets: Annotated[list[AnyTarget], Meta(min_length=1, max_length=TARGETS_MAX)]
    comment: Annotated[str, Meta(max_length=COMMENT_LENGTH_MAX, description="kept in the story")] = ""


def whom(body: PageBody | HandOverBody) -> tuple[tuple[Target, ...], EscalationPolicyId | None]:
    """Read whom to page: people and places, or one escalation policy."""
    found: list[Target] = []
    policy: EscalationPolicyId | None = None
    for place, each in enumerate(body.targets):
        where = f"targets[{place}]"
        if isinstance(each, ToPolicy):
            if len(body.targets) > 1:
                raise Invalid(where, "is an escalation policy beside other targets", "must stand alone")
            policy = EscalationPolicyId(reference(each.id, "escalation_policy", f"{where}.id"))
        else:
            found.append(target(each, where))
    return tuple(found), policy


def show_page(page: Page, directory: Directory) -> PageView:
    """Write one page."""
    left = page.next_step < len(page.plan.steps)
    return PageView(
        id=native("page", page.id),
        title=page.title,
        status=page.status,
        severity=page.severity,
        importance=page.importance,
        service_id=native("service", page.service),
        alert_policy_id=spelled("alert_policy", page.policy),
        rule_id=spelled("rule", page.rule),
        escalation_policy_id=spelled("escalation_policy", page.plan.policy),
        began_at=page.began_at,
        gathers_until=page.gathers_until,
        next_step=page.next_step + 1 if left else None,
        next_at=page.due,
        alerts_count=page.alerts,
        responders=[_responder(each, directory) for each in page.responders],
        destination_ids=all_spelled(
            "destination", [each for each in page.destinations if not isinstance(each, Outside)]
        ),
        addresses=[each.address for each in page.destinations if isinstance(each, Outside)],
        plan=PlanView(name=page.plan.name, steps=show_steps(page.plan.steps)),
        drill=page.drill,
        level=page.level,
        digest=page.digest,
    )


def _responder(asked: Responder, directory: Directory) -> ResponderView:
    named = name_person(asked.user, directory)
    return ResponderView(
        user_id=native("user", asked.user),
        name=named.name if named is not None else "",
        importance=asked.importance,
        why=asked.why,
        asked_at=asked.asked_at,
        next_at=asked.due,
    )
