"""A page of notification rules through Grafana OnCall's API: 50 of 10,000, as a ratio to the floor.

The floor answers as many bytes. The first page and the hundredth are asked for over and over; an answer is
given again for as long as nothing changes.
"""

from typing import Any
from urllib.request import Request, urlopen

from harness import Served, floor, median, tocsin, verdict, wrk
from setting import API

PEOPLE, RULES = 100, 100
CONNECTIONS, SECONDS, ROUNDS = 16, 2, 3
PATH = "/api/v1/personal_notification_rules/"


def fill(server: Served) -> None:
    """Hire people who each have a long ladder."""
    rungs = [{"type": "notify", "channel": "email"}, {"type": "wait", "wait_s": 300}] * (RULES // 2)
    for number in range(PEOPLE):
        person = {"email": f"p{number}@example.org", "name": f"Person {number}", "role": "responder"}
        user = server.call("POST", f"{API}/users", person)["id"]
        ladder = f"{API}/users/{user}/notification-rules?importance=default"
        server.call("PUT", ladder, {"notification_rules": rungs})


def compare(server: Served, name: str, path: str) -> float:
    """Read *path* over and over, and say how that compares to the floor."""
    token = server.credentials["grafana_oncall"]["token"]
    size = len(_read(server, path, token))
    ratios = []
    with floor(str(size)) as ground:
        for _ in range(ROUNDS):
            script = {"connections": CONNECTIONS, "seconds": SECONDS, "arguments": (token, path)}
            base, ours = wrk(ground, "get.lua", **script), wrk(server, "get.lua", **script)
            if ours.wrong:
                raise SystemExit(f"{ours.wrong} requests were not answered with 200")
            ratios.append(ours.per_cpu_s / base.per_cpu_s)
            print(
                f"  {name}, {size:,} bytes: {ours.per_s:,.0f}/s p99 {ours.p99_ms:.1f} ms,"
                f" floor {base.per_s:,.0f}/s p99 {base.p99_ms:.1f} ms",
                flush=True,
            )
    return median(ratios)


def _read(server: Served, path: str, token: str) -> bytes:
    with urlopen(Request(f"{server.url}{path}", headers={"authorization": token})) as answer:
        return answer.read()


def main() -> list[dict[str, Any]]:
    print("notification rules, through Grafana OnCall's API:", flush=True)
    with tocsin(TOCSIN_VENDOR_LIMITS="off") as server:
        fill(server)
        first = compare(server, "the first page", PATH)
        middle = compare(server, "the hundredth page", f"{PATH}?page=100")
    return [
        verdict("50 of 10,000 rules, the first page / floor", first, 0.5, at_least=True),
        verdict("50 of 10,000 rules, the hundredth page / floor", middle, 0.5, at_least=True),
    ]


if __name__ == "__main__":
    main()
