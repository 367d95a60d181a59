"""What the process counts about itself, in Prometheus' words.

Other rooms register their own metrics with ``Metrics.registry``. Requests are counted by the template of a
route, never by their path, so that nobody can make series by asking; and in plain dictionaries, for all of
it happens on the event loop's thread.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from tocsin import __version__
from tocsin.httpkit.limits import Gate
from tocsin.httpkit.router import METHODS

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
LAG_EVERY_S = 0.5
NO_ROUTE = "none"

_METHODS = frozenset(METHODS)
_LIMITS = [str(limit) for limit in BUCKETS_S] + ["+Inf"]


class Requests(Collector):
    """How many requests each route had, how they ended and how long they took."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str, int], int] = {}
        self._times: dict[tuple[str, str], list[float]] = {}

    def count(self, door: str, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request to *route* of *door* that was answered with *status* after *seconds*."""
        series = (door, route, method if method in _METHODS else "other", status)
        self._counts[series] = self._counts.get(series, 0) + 1
        times = self._times.get((door, route))
        if times is None:
            times = self._times[door, route] = [0.0] * (len(_LIMITS) + 1)
        times[bisect_left(BUCKETS_S, seconds)] += 1
        times[-1] += seconds

    def collect(self) -> Iterator[Metric]:
        """Give the counts to Prometheus."""
        requests = CounterMetricFamily(
            "tocsin_http_requests", "Requests answered", labels=["door", "route", "method", "status"]
        )
        for (door, route, method, status), count in self._counts.items():
            requests.add_metric([door, route, method, str(status)], count)
        yield requests
        seconds = HistogramMetricFamily(
            "tocsin_http_request_seconds", "From a request's arrival to its answer", labels=["door", "route"]
        )
        for (door, route), times in self._times.items():
            buckets = list(zip(_LIMITS, accumulate(times[:-1]), strict=True))
            seconds.add_metric([door, route], buckets, times[-1])
        yield seconds


class Metrics:
    """All metrics of one process."""

    def __init__(self, gate: Gate) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.requests = Requests()
        self.registry.register(self.requests)
        ProcessCollector(registry=self.registry)
        self._lag = Histogram(
            "tocsin_event_loop_lag_seconds",
            "How late the event loop comes to what is due",
            buckets=LAG_BUCKETS_S,
            registry=self.registry,
        )
        under_way = Gauge("tocsin_http_requests_under_way", "Requests being answered", registry=self.registry)
        under_way.set_function(lambda: gate.under_way)
        build = Info("tocsin_build", "The version that runs", registry=self.registry)
        build.info({"version": __version__})
        self.tally("tocsin_http_requests_refused", "Requests refused for want of room", lambda: gate.refused)

    def tally(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Show a counter that is kept elsewhere, and that *read* reads."""
        self.registry.register(_Tally(name, meaning, read))

    def text(self, accept: str) -> tuple[bytes, str]:
        """Write all metrics in the form that *accept* asks for; return it with its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    async def watch_loop(self) -> None:
        """Measure the event loop's lag, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            asked_at = clock()
            await asyncio.sleep(LAG_EVERY_S)
            self._lag.observe(max(0.0, clock() - asked_at - LAG_EVERY_S))


class _Tally(Collector):
    """A counter that is kept elsewhere and only read here."""

    def __init__(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        self._name = name
        self._meaning = meaning
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Give the count to Prometheus."""
        yield CounterMetricFamily(self._name, self._meaning, value=self._read())
