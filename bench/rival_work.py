"""What each of those that are compared is made to do, and what it came to."""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Sequence
from typing import Any

from harness import quantile
from pacer import paced
from rival_servers import Rival, Run, seeds
from sink import sink

PACED = ((1, 20), (5, 60), (500, 2_000))  # events a second, and how many
KEPT = 100_000  # open alerts when it is killed
LOOKS = 5


def rates(run: Run) -> dict[str, float]:
    """Measure how many alerts a second are taken where none of them pages by itself."""
    with run(None) as rival:
        found = {"distinct, one by one": rival.load("new", 1).per_s}
        rival.load("1000", 1, seconds=1)
        found["repeats of 1,000"] = rival.load("1000", 1).per_s
    with run(None) as rival:
        found["distinct, in hundreds"] = rival.load("new", 100, connections=16).per_s * 100
    return found


def paged(run: Run) -> float:
    """Measure how many new alerts a second are taken in and told to a webhook, each by itself."""
    with sink() as hook, run(hook) as rival:
        began = time.perf_counter()
        taken = rival.load("new", 1).count
        hook.rest()
        if hook.count < taken:
            print(f"  {rival.name} told {hook.count:,} of {taken:,}", flush=True)
        return hook.count / (hook.last_at - began)


def times(run: Run, *, paces: Sequence[tuple[int, int]] = PACED) -> dict[str, float]:
    """Measure, in milliseconds, how long it takes from the sending of an alert to the webhook."""
    found: dict[str, float] = {}
    with sink() as hook, run(hook) as rival:
        _pace(rival, hook, 50, 100)
        hook.keeps = True
        for per_s, count in paces:
            hook.bodies.clear()
            began = _pace(rival, hook, per_s, count)
            hook.rest()
            arrived = {key: at for at, body in hook.bodies for key in _keys(body)}
            taken = [(arrived[key] - at) * 1000 for key, at in began.items() if key in arrived]
            if len(taken) < count:
                print(f"  {rival.name} told {len(taken):,} of {count:,}", flush=True)
            found |= {f"p50 at {per_s}/s": quantile(taken, 0.5), f"p99 at {per_s}/s": quantile(taken, 0.99)}
    return found


def _pace(rival: Rival, hook: Any, per_s: int, count: int) -> dict[str, float]:
    bodies = {key: rival.body(key) for key in (f"p{next(seeds)}-{number}" for number in range(count))}
    return hook.run(paced(rival.served.url + rival.path, rival.headers, bodies, per_s))


def _keys(body: bytes) -> list[str]:
    told = json.loads(body)
    if "data" in told:
        return [told["data"]["title"]]
    if "resource" in told:
        return [told["resource"]]
    return [each["labels"]["instance"] for each in told.get("alerts", ())]


def sizes(run: Run, counts: Sequence[int]) -> dict[int, dict[str, float]]:
    """Fill it with open alerts; measure its memory, and in milliseconds how long it takes to look at them."""
    found: dict[int, dict[str, float]] = {}
    with run(None) as rival:
        there = 0
        for count in counts:
            rival.fill(count - there)
            there = count
            key = f"one-{count}"
            rival.call(rival.path, rival.body(key))
            memory = rival.served.pss_mb()
            paths = rival.paths(key)
            found[count] = {
                "memory": memory,
                "list of what is open": _looked_ms(rival, paths["open"]),
                "look-up of one": _looked_ms(rival, paths["one"]),
            }
    return found


def _looked_ms(rival: Rival, path: str) -> float:
    taken = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        rival.call(path)
        taken.append((time.perf_counter() - began) * 1000)
        if taken[-1] > 10_000:
            break
    return statistics.median(taken)


def survived(run: Run) -> dict[str, float]:
    """Kill it under load with many open alerts; return what is missing, and how soon it is ready again."""
    with run(None) as rival:
        rival.fill(KEPT)
        accepted: list[str] = []
        sender = threading.Thread(target=_send_until_it_dies, args=(rival, accepted))
        sender.start()
        time.sleep(1.0)
        took = rival.served.restart()
        sender.join()
        left = rival.count()
        missing = max(0, KEPT + len(accepted) - left)
        last = [key for key in accepted[-20:] if key.encode() not in rival.call(rival.paths(key)["one"])]
        print(
            f"  {rival.name}: accepted {KEPT + len(accepted):,}, {left:,} there after SIGKILL; "
            f"ready {took:.2f} s after the start",
            flush=True,
        )
        return {"missing": max(missing, len(last)), "ready": took}


def _send_until_it_dies(rival: Rival, accepted: list[str]) -> None:
    seed = f"k{next(seeds)}-"
    for number in range(1_000_000):
        key = f"{seed}{number}"
        try:
            rival.call(rival.path, rival.body(key))
        except (OSError, http.client.HTTPException):
            return
        accepted.append(key)
