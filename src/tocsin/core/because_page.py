"""The reasons for what became of a page as a whole: begun, joined, resting, started over, stopped."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.core.because import Because, listing, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBegan(Because):
    """A page began to run *plan* for the alert *title*."""

    plan: str
    title: str

    def sentence(self) -> str:
        """Say which plan runs for what."""
        return f"a page of {self.plan} began for {self.title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedByHand(Because):
    """Somebody paged *asked* by hand."""

    by_name: str
    asked: tuple[str, ...]

    def sentence(self) -> str:
        """Say who pages whom."""
        return f"{self.by_name} pages {listing(self.asked)} by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Because):
    """Somebody handed alerts over to *to*, and has them until they are taken, *until* at the longest."""

    by_name: str
    to: tuple[str, ...]
    until: datetime
    comment: str = ""

    def sentence(self) -> str:
        """Say who hands over to whom, and who has it in between."""
        said = f": {self.comment}" if self.comment else ""
        return (
            f"{self.by_name} hands over to {listing(self.to)}, and has it until it is taken, "
            f"at the longest until {moment(self.until)}{said}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertJoined(Because):
    """The alert *title* was gathered into a page that had begun."""

    title: str

    def sentence(self) -> str:
        """Say which alert joined."""
        return f"the page's gathering window is open, and {title_or_untitled(self.title)} joined it"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesMerged(Because):
    """The alerts of the page were gathered into that of *title*, which means the same."""

    title: str

    def sentence(self) -> str:
        """Say where its alerts are told of."""
        return f"it means the same as {title_or_untitled(self.title)}, and its alerts are told of with that"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestReplaced(Because):
    """Newer digests tell of every alert of this one that fires still."""

    def sentence(self) -> str:
        """Say what has come in its place."""
        return "newer digests of the group tell of all its alerts that fire still, so this one is over"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRests(Because):
    """Every firing alert of the page is acknowledged: nobody is asked; *dropped* messages waited."""

    dropped: int = 0

    def sentence(self) -> str:
        """Say why nobody is asked."""
        dropped = _dropped(self.dropped)
        return f"every firing alert of the page is acknowledged: nobody is asked any more{dropped}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStopped(Because):
    """Every alert of the page is resolved; *told* people and places hear of it."""

    dropped: int = 0
    told: int = 0

    def sentence(self) -> str:
        """Say that the page is over, and who hears of it."""
        hear = f"; {self.told} that had been told hear of it" if self.told else ""
        return f"every alert of the page is resolved{_dropped(self.dropped)}{hear}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStartedOver(Because):
    """The page starts over from its first step, because of *why*; *plan* is one it did not run before."""

    why: str
    plan: str = ""

    def sentence(self) -> str:
        """Say why it starts over, and by which plan if not by the one it had."""
        by = f" of {self.plan} as that stands now" if self.plan else ""
        return f"the page starts over from its first step{by}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceEnded(Because):
    """The silence that covered the alert is over, and the alert still fires."""

    def sentence(self) -> str:
        """Say that it is routed now."""
        return "The silence that covered the alert is over and the alert still fires, so it is routed now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(Because):
    """Somebody asked for the next step without waiting for its time."""

    by_name: str

    def sentence(self) -> str:
        """Say who asked for it."""
        return f"{self.by_name} asked for the next step at once"


def title_or_untitled(title: str) -> str:
    """Name an alert for a sentence."""
    return title or "an alert without a title"


def _dropped(count: int) -> str:
    if not count:
        return ""
    return f", and {count} message{'s' * (count != 1)} that waited {'are' if count != 1 else 'is'} not sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWithdrawn(Because):
    """The policy that began the page was withdrawn; *dropped* messages had not been sent yet."""

    policy: str
    dropped: int = 0

    def sentence(self) -> str:
        """Name the policy, and say what was taken back."""
        more = f"; {self.dropped} unsent messages were taken back" if self.dropped else ""
        return f"policy {self.policy} was withdrawn, and the page with it{more}"
