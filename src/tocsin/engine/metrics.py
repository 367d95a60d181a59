"""What the engine counts about itself: what an on-caller of Tocsin would be alerted by."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LATE_S = (0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0)


class EngineMetrics:
    """The engine's series in *registry*."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.timers_fired = Counter(
            "tocsin_timers_fired", "Timers that were due and acted on", registry=registry
        )
        self.timer_lateness = Histogram(
            "tocsin_timer_lateness_seconds",
            "How late the oldest timer of a turn was acted on",
            buckets=_LATE_S,
            registry=registry,
        )
        self.timers_set_aside = Counter(
            "tocsin_timers_set_aside", "Timers that failed and were put off", ["kind"], registry=registry
        )
        attempts = Counter(
            "tocsin_notifications",
            "Attempts to send a notification, by what became of them",
            ["channel", "outcome"],
            registry=registry,
        )
        delay = Histogram(
            "tocsin_notification_delay_seconds",
            "From when a notification was wanted to when it was taken by the other side",
            ["channel"],
            buckets=_LATE_S,
            registry=registry,
        )
        # Labels are looked up for each message; Prometheus' own way takes a lock and checks them first.
        self.attempts = cache(lambda channel, outcome: attempts.labels(channel=channel, outcome=outcome))
        self.delay = cache(lambda channel: delay.labels(channel=channel))
        self.sending = Gauge(
            "tocsin_notifications_sending", "Notifications on their way out", registry=registry
        )
        self._add_findings(registry)
        self._add_loops(registry)
        self._add_nodes(registry)

    def _add_findings(self, registry: CollectorRegistry) -> None:
        self.overdue_timer = Gauge(
            "tocsin_oldest_overdue_timer_seconds", "How overdue the oldest timer is", registry=registry
        )
        self.overdue_notification = Gauge(
            "tocsin_oldest_overdue_notification_seconds",
            "How overdue the oldest notification in the outbox is",
            registry=registry,
        )
        self.stranded = Gauge(
            "tocsin_alerts_stranded",
            "Firing, unacknowledged, routed alerts that nobody is going to be asked about",
            registry=registry,
        )
        self.unrouted = Gauge("tocsin_alerts_unrouted", "Firing alerts that reach nobody", registry=registry)
        self.poisoned = Gauge(
            "tocsin_timers_poisoned", "Timers that failed three times or more", registry=registry
        )
        self._skipped = Counter(
            "tocsin_recipients_skipped",
            "Recipients that steps named and that were skipped, for they are gone or cannot be reached",
            ["why"],
            registry=registry,
        )
        for why in ("gone", "unreachable"):
            self._skipped.labels(why=why)
        self.firing = Gauge("tocsin_alerts_firing", "Firing alerts", registry=registry)

    def _add_loops(self, registry: CollectorRegistry) -> None:
        self.watched_at = Gauge(
            "tocsin_watch_last_look_timestamp_seconds",
            "When the watch last looked at the engine",
            registry=registry,
        )
        self.alarms = Counter(
            "tocsin_watch_alarms", "Alarms that the watch has raised", ["kind"], registry=registry
        )
        self.turned_at = Gauge(
            "tocsin_loop_last_turn_timestamp_seconds",
            "When a loop of the engine last came through",
            ["loop"],
            registry=registry,
        )

    def _add_nodes(self, registry: CollectorRegistry) -> None:
        self.clock_skew = Gauge(
            "tocsin_clock_skew_seconds",
            "How far this machine's clock is ahead of the time that Tocsin goes by",
            registry=registry,
        )
        self.lease_held = Gauge(
            "tocsin_lease_held", "Whether this node is taken for one that works: 1 or 0", registry=registry
        )
        self.taken_over = Counter(
            "tocsin_messages_taken_over", "Messages freed of nodes that were gone", registry=registry
        )

    def count(self, what: str, times: int) -> None:
        """Count what transactions have counted."""
        kind, _, why = what.partition("_")
        if kind == "skipped":
            self._skipped.labels(why=why).inc(times)
