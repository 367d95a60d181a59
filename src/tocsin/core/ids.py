"""The name of everything: a 60-bit integer, ordered by the moment it was made.

The upper 42 bits are milliseconds since 1970 (enough until the year 2109), the lower 18 a counter that
starts at a random place in each millisecond, so that nodes which share nothing rarely meet. A meeting is
a primary key conflict, and the transaction is tried again with fresh ids.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NewType

WorkspaceId = NewType("WorkspaceId", int)
UserId = NewType("UserId", int)
TeamId = NewType("TeamId", int)
ContactMethodId = NewType("ContactMethodId", int)
NotificationRuleId = NewType("NotificationRuleId", int)
ServiceId = NewType("ServiceId", int)
IntegrationId = NewType("IntegrationId", int)
DestinationId = NewType("DestinationId", int)
EventId = NewType("EventId", int)
AlertId = NewType("AlertId", int)
AlertPolicyId = NewType("AlertPolicyId", int)
RuleId = NewType("RuleId", int)
SilenceId = NewType("SilenceId", int)
NoteId = NewType("NoteId", int)
ExchangeId = NewType("ExchangeId", int)
DateSetId = NewType("DateSetId", int)
MonitorId = NewType("MonitorId", int)
EscalationPolicyId = NewType("EscalationPolicyId", int)
PlanId = NewType("PlanId", int)
StepId = NewType("StepId", int)
ScheduleId = NewType("ScheduleId", int)
LayerId = NewType("LayerId", int)
OverrideId = NewType("OverrideId", int)
RecurringShiftId = NewType("RecurringShiftId", int)
FeedId = NewType("FeedId", int)
ShiftSwapId = NewType("ShiftSwapId", int)
PageId = NewType("PageId", int)
NotificationId = NewType("NotificationId", int)
KeyId = NewType("KeyId", int)
SessionId = NewType("SessionId", int)
IdentityId = NewType("IdentityId", int)
PasskeyId = NewType("PasskeyId", int)
SignInLinkId = NewType("SignInLinkId", int)
KeptFormId = NewType("KeptFormId", int)
TimelineId = NewType("TimelineId", int)
AuditId = NewType("AuditId", int)

UNMADE: Final = 0
"""Stands for the id of what is still to be stored; whoever stores it makes one."""

COUNTER_BITS = 18
COUNTER_MAX = (1 << COUNTER_BITS) - 1
ID_BITS = 60
ID_MAX = (1 << ID_BITS) - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compose(milliseconds: int, counter: int) -> int:
    """Put an id together from *milliseconds* since 1970 and a *counter* of 0 to COUNTER_MAX."""
    return (milliseconds << COUNTER_BITS) | counter


def made_at(identifier: int) -> datetime:
    """Tell when *identifier* was made, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=identifier >> COUNTER_BITS)
