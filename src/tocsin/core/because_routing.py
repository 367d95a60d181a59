"""The reasons for where an alert went: why a policy or rule took it, kept quiet about it or passed it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.core.because import Because, moment, span
from tocsin.core.event import Severity

CATCH_ALL_NAME = "the catch-all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencedBy(Because):
    """A silence covers the alert; *until* is when it ends, None when it does not end by itself."""

    silence: str
    until: datetime | None = None

    def sentence(self) -> str:
        """Name the silence and its end."""
        end = "until it is lifted" if self.until is None else f"until {moment(self.until)}"
        return f"silence {self.silence} covers the alert {end}; nobody is paged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed(Because):
    """Somebody has silenced this very alert; *until* is when that ends, None when it does not by itself."""

    by_name: str
    until: datetime | None = None

    def sentence(self) -> str:
        """Name who did, and until when."""
        end = "until it is resolved" if self.until is None else f"until {moment(self.until)}"
        return f"{self.by_name or 'somebody'} has silenced the alert {end}; nobody is paged"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakerWithdrawn(Because):
    """The policy that took the alert was withdrawn, and with it all that it asked for about the alert."""

    policy: str = ""

    def sentence(self) -> str:
        """Name the policy, if that is known."""
        name = f"policy {self.policy}" if self.policy else "the policy"
        return f"{name} that took the alert was withdrawn; nobody is paged unless it gets worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldByAcknowledgement(Because):
    """Somebody has the alert already."""

    by_name: str
    until: datetime | None = None

    def sentence(self) -> str:
        """Name who has it, and until when."""
        end = "it is resolved" if self.until is None else moment(self.until)
        return f"{self.by_name or 'the source'} has acknowledged the alert until {end}; nobody else is paged"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatKeptQuiet(Because):
    """A policy let this alert through before, no less bad than now, and its repeat silence holds."""

    policy: str
    severity: Severity
    routed_at: datetime
    until: datetime | None = None

    def sentence(self) -> str:
        """Say when it paged, and from when on a repeat would page again."""
        end = "as long as the alert lasts" if self.until is None else f"until {moment(self.until)}"
        routed = _routed(self.policy, self.severity, self.routed_at)
        return f"{routed}, and keeps quiet about repeats {end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBefore(Because):
    """A policy routed this alert before; none of its rules takes this repeat, and it is no worse."""

    policy: str
    severity: Severity
    routed_at: datetime

    def sentence(self) -> str:
        """Say when it was routed."""
        routed = _routed(self.policy, self.severity, self.routed_at)
        return f"{routed}, and none of its rules takes this repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfScope(Because):
    """A policy does not look at such alerts; *part* is service, integration, monitor, team or filter."""

    policy: str
    part: str
    filter: str = ""

    def sentence(self) -> str:
        """Name the part of the scope that leaves the alert out."""
        if self.part in {"filter", "team"}:
            return f"{_policy(self.policy)} takes only alerts that match its scope: {self.filter}"
        return f"{_policy(self.policy)} is limited to certain {self.part}s, and the alert's is not among them"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterNotMatched(Because):
    """The alert does not match the filter of a rule."""

    policy: str
    rule: str
    filter: str

    def sentence(self) -> str:
        """Quote the filter."""
        return f"{_rule(self.rule, self.policy)} takes only alerts that match: {self.filter}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadNotMatched(Because):
    """What the event came with does not fit the payload test of a rule."""

    policy: str
    rule: str
    test: str

    def sentence(self) -> str:
        """Quote the test."""
        return f"{_rule(self.rule, self.policy)} takes only payloads that fit: {self.test or 'all'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesNobody(Because):
    """A rule takes the alert and is there to page nobody."""

    policy: str
    rule: str

    def sentence(self) -> str:
        """Name the rule."""
        return f"{_rule(self.rule, self.policy)} takes the alert and pages nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityNotListed(Because):
    """A rule does not take alerts of this severity."""

    policy: str
    rule: str
    severity: Severity
    listed: tuple[Severity, ...]

    def sentence(self) -> str:
        """Name the severities that the rule takes."""
        listed = ", ".join(self.listed)
        return f"{_rule(self.rule, self.policy)} takes severity {listed}; the alert's is {self.severity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideWindow(Because):
    """A rule does not act at this time."""

    policy: str
    rule: str
    at: datetime

    def sentence(self) -> str:
        """Say which moment it was."""
        return f"{_rule(self.rule, self.policy)} does not act at {moment(self.at)}, outside its time window"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherWindowDecides(Because):
    """The window of an earlier rule is open, and so the rules of that window decide, and no others."""

    policy: str
    rule: str
    windowed: str

    def sentence(self) -> str:
        """Name the rule whose window decides."""
        back = f"{_rule(self.rule, self.policy)} stands back"
        return f"{back}: the first open window is that of rule {self.windowed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedWhileItLasts(Because):
    """A rule takes the alert, and will run *plan* if the alert stays at *severity* for as long as *after*."""

    policy: str
    rule: str
    plan: str
    severity: Severity
    after: timedelta

    def sentence(self) -> str:
        """Say what would have to last, and for how long."""
        runs = f"runs {self.plan} once the alert has been {self.severity} for {span(self.after)}"
        return f"{_rule(self.rule, self.policy)} {runs}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackNotNeeded(Because):
    """A fallback rule stands back while a rule with a time window is inside it."""

    policy: str
    rule: str
    windowed: str

    def sentence(self) -> str:
        """Name the rule whose window holds."""
        return (
            f"{_rule(self.rule, self.policy)} is a fallback, and the window of rule {self.windowed} is open"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTheFirst(Because):
    """Only the first rule that matches acts, and an earlier one did."""

    policy: str
    rule: str
    first: str

    def sentence(self) -> str:
        """Name the rule that acted."""
        return (
            f"{_rule(self.rule, self.policy)} stands back: only the first match acts, here rule {self.first}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMissing(Because):
    """A rule matches, but an escalation policy that it names does not exist any more."""

    policy: str
    rule: str

    def sentence(self) -> str:
        """Say what to mend."""
        return (
            f"{_rule(self.rule, self.policy)} names an escalation policy that does not exist; mend the rule"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPlan(Because):
    """A rule matches, but it has no escalation plan to run."""

    policy: str
    rule: str

    def sentence(self) -> str:
        """Say what to mend."""
        return f"{_rule(self.rule, self.policy)} matches, but has no escalation plan to run; give it one"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn(Because):
    """A rule takes the alert and lets another policy's rules decide: those of the team that it names."""

    policy: str
    rule: str
    to: str

    def sentence(self) -> str:
        """Name the other policy."""
        return f"{_rule(self.rule, self.policy)} matches and hands the alert to {_policy(self.to)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedToNobody(Because):
    """A rule takes the alert for a team that has no rules."""

    policy: str
    rule: str

    def sentence(self) -> str:
        """Say what to mend."""
        return f"{_rule(self.rule, self.policy)} hands the alert to a team that has no rules; give it some"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedInACircle(Because):
    """A rule takes the alert for a team whose rules have handed it on before."""

    policy: str
    rule: str

    def sentence(self) -> str:
        """Say what to mend."""
        return (
            f"{_rule(self.rule, self.policy)} hands the alert to a team that has handed it on already;"
            " let one of them keep it"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRules(Because):
    """The alert is in the scope of a policy that has no rules."""

    policy: str

    def sentence(self) -> str:
        """Say what to mend."""
        return f"{_policy(self.policy)} has no rules, so it routes nothing; give it one"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMatched(Because):
    """A rule takes the alert: it runs *plan*."""

    policy: str
    rule: str
    plan: str
    filter: str = ""

    def sentence(self) -> str:
        """Name the plan, and quote the filter that matched."""
        matched = f" matches {self.filter} and" if self.filter else ""
        return f"{_rule(self.rule, self.policy)}{matched} runs {self.plan}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtAll(Because):
    """No policy took the alert, so the workspace's catch-all did; *plan* is what it runs."""

    plan: str

    def sentence(self) -> str:
        """Name the plan."""
        return f"no alert policy took the alert, so the catch-all runs {self.plan}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyTookIt(Because):
    """No policy took the alert and the workspace has no catch-all: it is unrouted."""

    def sentence(self) -> str:
        """Say what to mend."""
        return "no alert policy took the alert and there is no catch-all: nobody is paged until one is named"


def _policy(name: str) -> str:
    return f"alert policy {name}" if name != CATCH_ALL_NAME else name


def _routed(policy: str, severity: Severity, at: datetime) -> str:
    return f"{_policy(policy)} routed this alert at {moment(at)} as {severity}"


def _rule(rule: str, policy: str) -> str:
    return f"rule {rule} of {policy}"
