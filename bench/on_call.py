"""On-call read through Datadog's API: a large schedule whole, and who is on call for each of a thousand.

Both are ratios to the floor that answers as many bytes. The thousand schedules are asked about in turn.
"""

import json
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from harness import Served, floor, median, tocsin, verdict, wrk
from setting import API

SCHEDULES = 1_000
LAYERS, MEMBERS = 20, 10
CONNECTIONS, SECONDS, ROUNDS = 16, 2, 3
PATH = "/api/v2/on-call/schedules"
ALL = "include=teams,layers,layers.members,layers.members.user"


def keys(server: Served) -> tuple[str, str]:
    pair = server.credentials["datadog"]
    return pair["api_key"], pair["application_key"]


def call(server: Served, method: str, path: str, body: Any = None) -> bytes:
    api_key, application_key = keys(server)
    headers = {
        "dd-api-key": api_key,
        "dd-application-key": application_key,
        "content-type": "application/json",
    }
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}{path}", data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def staff(server: Served) -> list[str]:
    """Hire as many people as a layer has members; give the ids that Datadog's clients know them by."""
    for number in range(MEMBERS):
        person = {"email": f"p{number}@example.org", "name": f"Person {number}", "role": "responder"}
        server.call("POST", f"{API}/users", person)
    users = json.loads(call(server, "GET", "/api/v2/users?page[size]=100"))["data"]
    return [user["id"] for user in users][:MEMBERS]


def schedule(name: str, layers: int, people: list[str]) -> dict[str, Any]:
    """Describe a schedule of daily rotations, each beginning with another person and an hour later."""
    rotations = [
        {
            "name": f"Layer {number}",
            "effective_date": "2026-01-01T00:00:00Z",
            "rotation_start": f"2026-01-01T{number:02}:00:00Z",
            "interval": {"days": 1},
            "members": [{"user": {"id": each}} for each in people[number % 7 :] + people[: number % 7]],
            "time_zone": "Europe/Berlin",
        }
        for number in range(layers)
    ]
    attributes = {"name": name, "time_zone": "Europe/Berlin", "layers": rotations}
    return {"data": {"type": "schedules", "attributes": attributes}}


def create(server: Served, name: str, layers: int, people: list[str]) -> str:
    return json.loads(call(server, "POST", PATH, schedule(name, layers, people)))["data"]["id"]


def compare(server: Served, name: str, paths: list[str]) -> float:
    """Read *paths* in turn, and say how that compares to the floor."""
    size = len(call(server, "GET", paths[0]))
    ratios = []
    with tempfile.TemporaryDirectory() as folder, floor(str(size)) as ground:
        script = {"connections": CONNECTIONS, "seconds": SECONDS}
        script["arguments"] = (*keys(server), str(Path(folder) / "paths"))
        (Path(folder) / "paths").write_text("".join(f"{path}\n" for path in paths))
        for _ in range(ROUNDS):
            base = wrk(ground, "datadog.lua", **script)
            ours = wrk(server, "datadog.lua", **script)
            if ours.wrong:
                raise SystemExit(f"{ours.wrong} requests were not answered with 200")
            ratios.append(ours.per_cpu_s / base.per_cpu_s)
            print(
                f"  {name}, {size:,} bytes: {ours.per_s:,.0f}/s p99 {ours.p99_ms:.1f} ms,"
                f" floor {base.per_s:,.0f}/s p99 {base.p99_ms:.1f} ms",
                flush=True,
            )
    return median(ratios)


def main() -> list[dict[str, Any]]:
    print("on call, through Datadog's API:", flush=True)
    with tocsin() as server:
        people = staff(server)
        large = create(server, "large", LAYERS, people)
        found = [large, *(create(server, f"team {number}", 2, people) for number in range(1, SCHEDULES))]
        whole = compare(server, "a schedule whole", [f"{PATH}/{large}?{ALL}"])
        who = compare(server, "who is on call", [f"{PATH}/{each}/on-call" for each in found])
    return [
        verdict("GET of a schedule of 20 layers with 10 members / floor", whole, 0.25, at_least=True),
        verdict(f"who is on call, {SCHEDULES:,} schedules / floor", who, 0.5, at_least=True),
    ]


if __name__ == "__main__":
    main()
