"""Cloud Manager's API: acknowledging behind a digest beside the same behind a token, and pages of long lists.

The digests are worked out beforehand, for one nonce with many counts, as a client that keeps its nonce sends
them; each is good for one request.
"""

import hashlib
import json
import re
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from harness import Served, median, tocsin, verdict, wrk
from setting import API

from tocsin.core.spelling import from_native, to_hex_24

ALERTS = 64
CONNECTIONS, SECONDS, ROUNDS = 16, 2, 3
ANSWERS = 40_000  # more than can be served in a round
LONG, SHORT, PAGE = 100_000, 1_000, 500
ROOT = "/api/public/v1.0"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def group_of(server: Served) -> str:
    (service,) = server.call("GET", f"{API}/services")["services"]
    return to_hex_24(from_native(service["id"]))


def fill(server: Served, count: int) -> list[str]:
    """Raise *count* alerts that nobody is paged for, and name the paths of the newest."""
    for first in range(0, count, 1_000):
        some = range(first, min(first + 1_000, count))
        events = [{"dedup_key": f"k{n}", "title": f"Host {n} is down", "host": f"db-{n}:27017"} for n in some]
        server.call("POST", f"{API}/events", {"events": events})
    found = server.call("GET", f"{API}/alerts?limit={min(count, ALERTS)}")["alerts"]
    group = group_of(server)
    return [f"{ROOT}/groups/{group}/alerts/{to_hex_24(from_native(each['id']))}" for each in found]


def token(server: Served) -> str:
    keys = server.credentials["cloud_manager"]
    manager = urllib.request.HTTPPasswordMgrWithPriorAuth()
    manager.add_password(None, server.url, keys["client_id"], keys["client_secret"], is_authenticated=True)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
    with opener.open(f"{server.url}/api/oauth/token", b"grant_type=client_credentials") as answer:
        return json.loads(answer.read())["access_token"]


def digests(server: Served, paths: list[str]) -> list[str]:
    keys = server.credentials["cloud_manager"]
    ha1 = md5(f"{keys['public_key']}:MMS Public API:{keys['private_key']}")
    try:
        urllib.request.urlopen(f"{server.url}{ROOT}")
    except urllib.error.HTTPError as error:
        nonce = re.search(r'nonce="([0-9a-f]+)"', error.headers["www-authenticate"])[1]
    lines = []
    for count in range(1, ANSWERS + 1):
        path, nc = paths[count % len(paths)], f"{count:08x}"
        response = md5(f"{ha1}:{nonce}:{nc}:c:auth:{md5(f'PATCH:{path}')}")
        said = f'username="{keys["public_key"]}", realm="MMS Public API", nonce="{nonce}", uri="{path}"'
        lines.append(f'{path}\tDigest {said}, qop=auth, nc={nc}, cnonce="c", response="{response}"')
    return lines


def acknowledging() -> dict[str, Any]:
    ratios = []
    with tempfile.TemporaryDirectory() as folder, tocsin(TOCSIN_DIGEST_NONCE_S="86400") as server:
        paths = fill(server, ALERTS)
        access = token(server)
        by_token, by_digest = Path(folder, "token"), Path(folder, "digest")
        by_token.write_text("\n".join(f"{path}\tBearer {access}" for path in paths) + "\n")
        for _ in range(ROUNDS):
            by_digest.write_text("\n".join(digests(server, paths)) + "\n")
            options = {"connections": CONNECTIONS, "seconds": SECONDS}
            base = wrk(server, "acknowledge.lua", arguments=(str(by_token),), **options)
            ours = wrk(server, "acknowledge.lua", arguments=(str(by_digest),), **options)
            assert not base.wrong, "an acknowledgement by token was refused"
            assert not ours.wrong, "an acknowledgement by digest was refused"
            ratios.append(ours.per_s / base.per_s)
            print(f"  acknowledged by digest {ours.per_s:,.0f}/s, by token {base.per_s:,.0f}/s", flush=True)
    return verdict("acknowledging by digest / by token", median(ratios), 0.7, at_least=True)


def listing(query: str, name: str) -> dict[str, Any]:
    ratios = []
    with tocsin() as short, tocsin() as long:
        for server, count in ((short, SHORT), (long, LONG)):
            fill(server, count)
        for _ in range(ROUNDS):
            took = []
            for server in (short, long):
                path = f"{ROOT}/groups/{group_of(server)}/alerts?itemsPerPage={PAGE}{query}"
                options = {"connections": 1, "seconds": SECONDS}
                load = wrk(server, "get.lua", arguments=(token(server), path), **options)
                assert not load.wrong, "a list was refused"
                took.append(1_000 / load.per_s)
            ratios.append(took[1] / took[0])
            print(
                f"  a page of {PAGE} of {LONG:,} {took[1]:.1f} ms, of {SHORT:,} {took[0]:.1f} ms", flush=True
            )
    return verdict(name, median(ratios), 1.5, at_least=False)


def main() -> list[dict[str, Any]]:
    print("digests and lists:", flush=True)
    return [
        acknowledging(),
        listing("", f"a page of {PAGE} of {LONG:,} alerts / of {SHORT:,}"),
        listing("&status=OPEN", f"a page of {PAGE} of {LONG:,} open alerts / of {SHORT:,}"),
    ]


if __name__ == "__main__":
    main()
