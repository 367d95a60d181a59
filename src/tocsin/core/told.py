"""All that a program may want to know of an alert when it is told of a change, or by a step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.core.alert import Alert
from tocsin.core.event import Event
from tocsin.core.ids import DestinationId, RuleId
from tocsin.core.people import Team, User
from tocsin.core.service import Integration
from tocsin.core.subscription import AlertChange


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTold:
    """An *alert* and what is told of it.

    *change* is what became of it, *at* some instant, *by* somebody, *until* some other; None when a step of
    an escalation plan tells of it. *first* and *last* are its oldest and newest event. *notified* are the
    people who were asked about it, *waiting* those who will be. *answers* is what destinations answered when
    they were last told of this alert. *url* is where it is to be seen. *asked* is whom it is told in place
    of, who said *context* of themselves; None when it is told for nobody in particular. *rule* is the one of
    its integration's own policy that has taken it.
    """

    alert: Alert
    change: AlertChange | None = None
    at: datetime
    by: User | None = None
    until: datetime | None = None
    url: str = ""
    integration: Integration | None = None
    team: Team | None = None
    first: Event | None = None
    last: Event | None = None
    notified: tuple[User, ...] = ()
    waiting: tuple[User, ...] = ()
    acknowledged_by: User | None = None
    resolved_by: User | None = None
    answers: Mapping[DestinationId, str] = field(default_factory=dict)
    rule: RuleId | None = None
    asked: User | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
