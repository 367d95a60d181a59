import asyncio

import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from tocsin.httpkit.limits import Gate
from tocsin.httpkit.metrics import Metrics


def _samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text, _ = metrics.text("")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def _labels(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def test_requests_are_counted_by_route_and_how_they_ended():
    metrics = Metrics(Gate())

    metrics.requests.count("native", "/alerts/{alert_id}", "GET", 200, 0.002)
    metrics.requests.count("native", "/alerts/{alert_id}", "GET", 200, 0.004)
    metrics.requests.count("native", "/alerts/{alert_id}", "GET", 404, 30.0)

    samples = _samples(metrics)
    route = {"door": "native", "route": "/alerts/{alert_id}"}
    counted = {status: _labels(**route, method="GET", status=status) for status in ("200", "404")}
    buckets = [
        samples["tocsin_http_request_seconds_bucket", _labels(**route, le=le)]
        for le in ("0.001", "0.0025", "0.005", "10.0", "+Inf")
    ]
    assert samples["tocsin_http_requests_total", counted["200"]] == 2
    assert samples["tocsin_http_requests_total", counted["404"]] == 1
    assert buckets == [0, 1, 2, 2, 3]
    assert samples["tocsin_http_request_seconds_sum", _labels(**route)] == pytest.approx(30.006)


def test_a_method_that_somebody_made_up_makes_no_series_of_its_own():
    metrics = Metrics(Gate())

    for number in range(50):
        metrics.requests.count("native", "none", f"X{number}", 405, 0.1)

    counted = [labels for name, labels in _samples(metrics) if name == "tocsin_http_requests_total"]
    assert counted == [_labels(door="native", route="none", method="other", status="405")]


def test_the_gate_shows_what_it_holds_and_what_it_refused():
    gate = Gate(2)
    metrics = Metrics(gate)
    gate.enter()

    assert _samples(metrics)["tocsin_http_requests_under_way", ()] == 1
    assert _samples(metrics)["tocsin_http_requests_refused_total", ()] == 0


def test_another_room_s_metric_is_shown_beside_ours():
    metrics = Metrics(Gate())

    Counter("tocsin_pages_begun", "Pages", registry=metrics.registry).inc()
    metrics.tally("tocsin_things", "Things", lambda: 7)

    assert _samples(metrics)["tocsin_pages_begun_total", ()] == 1
    assert _samples(metrics)["tocsin_things_total", ()] == 7


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
def test_the_text_is_in_the_form_that_the_scraper_asks_for(accept, content_type):
    assert Metrics(Gate()).text(accept)[1].startswith(content_type)


def test_a_blocked_event_loop_is_seen():
    metrics = Metrics(Gate())

    async def story() -> None:
        loop = asyncio.get_running_loop()
        watch = asyncio.create_task(metrics.watch_loop())
        await asyncio.sleep(0)
        ends_at = loop.time() + 0.8
        while loop.time() < ends_at:  # something that should not be on the loop
            pass
        await asyncio.sleep(0.01)
        watch.cancel()

    asyncio.run(story())

    samples = _samples(metrics)
    assert samples["tocsin_event_loop_lag_seconds_count", ()] == 1
    assert samples["tocsin_event_loop_lag_seconds_bucket", _labels(le="0.25")] == 0
