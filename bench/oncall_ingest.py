"""Alerts in by the link of an OnCall integration, as a ratio to the same by our own API.

Run with: python bench/oncall_ingest.py [--rounds 3] [--seconds 4] [--connections 64]
"""

import argparse
import itertools
import json
import urllib.request
from typing import Any

from harness import Served, mail_server, median, tocsin, verdict, wrk
from setting import configure

from tocsin.core.spelling import from_native, to_lettered

seeds = itertools.count()


def oncall(server: Served, token: str, path: str, body: dict[str, Any]) -> Any:
    """Make something through OnCall's API."""
    headers = {"authorization": token, "content-type": "application/json"}
    request = urllib.request.Request(f"{server.url}/api/v1/{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def link(server: Served) -> str:
    """Make an integration with a route that is tried on each alert, and give the path of its link."""
    owner = server.call("GET", "/api/tocsin/v1/users")["users"][0]["id"]
    key = {"kind": "grafana_oncall", "name": "bench", "user_id": owner}
    token = server.call("POST", "/api/tocsin/v1/api-keys", key)["key"]
    policy = server.call("GET", "/api/tocsin/v1/escalation-policies")["escalation_policies"][0]["id"]
    number = from_native(policy)
    assert number is not None
    chain = to_lettered("F", number)
    made = oncall(
        server,
        token,
        "integrations",
        {"type": "formatted_webhook", "default_route": {"escalation_chain_id": chain}},
    )
    route = {"integration_id": made["id"], "routing_regex": "staging", "escalation_chain_id": chain}
    oncall(server, token, "routes", route)
    return made["link"].removeprefix(server.url)


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=64)
    options, _ = parser.parse_known_args()
    ratios: dict[str, list[float]] = {"new": [], "1000": []}
    print("alerts by the link of an OnCall integration:", flush=True)
    for _ in range(options.rounds):
        with (
            mail_server() as smtp_url,
            tocsin(TOCSIN_SMTP_URL=smtp_url, TOCSIN_VENDOR_LIMITS="off") as server,
        ):
            policy = configure(server, gather=False)
            own = server.credentials["document"]["service"]["id"]
            mine = {"service_ids": [own]}  # and not what comes by the link
            server.call("PATCH", f"/api/tocsin/v1/alert-policies/{policy['id']}", {"scope": mine})
            path = link(server)
            wrk(server, "oncall.lua", connections=8, seconds=1, arguments=(path, "1000", ""))
            wrk(server, "single.lua", connections=8, seconds=1, arguments=(server.token, "1000", ""))
            for mode, found in ratios.items():
                seed = f"o{next(seeds)}-"
                load = {"connections": options.connections, "seconds": options.seconds}
                ours = wrk(server, "single.lua", arguments=(server.token, mode, seed), **load)
                theirs = wrk(server, "oncall.lua", arguments=(path, mode, seed), **load)
                if ours.wrong or theirs.wrong:
                    raise SystemExit(f"{ours.wrong + theirs.wrong} requests were not answered well")
                found.append(theirs.per_cpu_s / ours.per_cpu_s)
                print(
                    f"  {mode}: ours {ours.per_s:,.0f}/s p99 {ours.p99_ms:.1f} ms;"
                    f" by the link {theirs.per_s:,.0f}/s p99 {theirs.p99_ms:.1f} ms",
                    flush=True,
                )
    return [
        verdict("new alerts by a link / by our API", median(ratios["new"]), 0.5, at_least=True),
        verdict("repeats by a link / by our API", median(ratios["1000"]), 0.5, at_least=True),
    ]


if __name__ == "__main__":
    main()
