"""What finding a route costs, among how many others: each line is a ratio to the first route of a small tree.

Run it as ``python bench/router.py``. The goal is that any route, first or 300th, costs at most 1.15 times
the first.
"""

import statistics
import timeit

from tocsin.httpkit.router import Router

ROUNDS, CALLS = 15, 20_000


def _router(size: int) -> Router[int]:
    router: Router[int] = Router()
    for number in range(size):
        router.add("GET", f"/api/tocsin/v1/kind{number}/{{id}}", number)
        router.add("POST", f"/api/tocsin/v1/kind{number}", number)
    return router


def main() -> None:
    small, large = _router(1), _router(300)
    cases = [
        ("the only one, with a parameter", small, "GET", b"/api/tocsin/v1/kind0/alert_0123456789ab"),
        ("first of 300, with a parameter", large, "GET", b"/api/tocsin/v1/kind0/alert_0123456789ab"),
        ("last of 300, with a parameter", large, "GET", b"/api/tocsin/v1/kind299/alert_0123456789ab"),
        ("first of 300, literal", large, "POST", b"/api/tocsin/v1/kind0"),
        ("last of 300, literal", large, "POST", b"/api/tocsin/v1/kind299"),
    ]
    times = {name: [] for name, *_ in cases}
    for _ in range(ROUNDS):  # interleaved, so that a busy machine touches all alike
        for name, router, method, path in cases:
            timer = timeit.Timer(lambda find=router.find, m=method, p=path: find(m, p))
            times[name].append(timer.timeit(CALLS) / CALLS)
    floor = statistics.median(times[cases[0][0]])
    for name, *_ in cases:
        cost = statistics.median(times[name])
        print(f"{name:34} {cost * 1e6:6.2f} us   {cost / floor:5.2f} x the only one")


if __name__ == "__main__":
    main()
