"""Moving in by the command line, from a server that may be slow, closed or another thing altogether."""

import pytest

NATIVE = "/api/tocsin/v1"
ONCALL = "/api/v1/"
RESOURCES = (
    "users",
    "teams",
    "personal_notification_rules",
    "on_call_shifts",
    "schedules",
    "webhooks",
    "escalation_chains",
    "escalation_policies",
    "integrations",
    "routes",
)


def page(*results):
    return {"count": len(results), "next": None, "results": list(results)}


@pytest.fixture
def moving(peer, tocsin):
    """One peer is both servers: it tells them apart by nothing, for both have nothing."""
    peer.answers("POST", "/api-keys", {"id": "key_1", "key": "ours"}, status=201)
    peer.answers("DELETE", "/api-keys/key_1", status=204)
    for name in ("users", "teams"):
        peer.answers("GET", f"/{name}", {name: [], "next": None})
    for name in RESOURCES:
        peer.ready[("GET", f"{ONCALL}{name}/")] = [(200, page(), {})]

    def run(*options):
        source = ("--url", peer.url, "--token", "theirs")
        return tocsin("import", "grafana-oncall", *source, *options)

    return run


def revoked(peer):
    return [asked.path for asked in peer.asked if asked.method == "DELETE"] == [f"{NATIVE}/api-keys/key_1"]


def test_an_empty_source_is_told_of_in_a_table(moving, peer):
    done = moving("--plan")

    assert done.exit_code == 0, done.output
    assert "alert groups" in done.output
    left = [line for line in done.output.splitlines() if line.startswith("leave ")]
    assert left
    assert f"Planned: {len(left)} leave." in done.output
    assert revoked(peer)
    sent = {asked.headers["authorization"] for asked in peer.asked if asked.path.startswith(ONCALL)}
    assert sent == {"theirs", "ours"}


def test_a_source_that_wants_us_to_wait_is_asked_again(moving, peer):
    path = ("GET", f"{ONCALL}users/")
    user = {"id": "U1", "email": "a@example.org", "username": "a", "role": "viewer"}
    peer.ready[path] = [
        (429, {"detail": "Request was throttled."}, {"Retry-After": "0"}),
        (200, page(user), {}),
    ]

    done = moving("--plan")

    assert done.exit_code == 0, done.output
    assert "a@example.org" in done.output


def test_an_answer_that_breaks_off_is_asked_for_again(moving, peer):
    path = ("GET", f"{ONCALL}users/")
    user = {"id": "U1", "email": "a@example.org", "username": "a", "role": "viewer"}
    peer.ready[path] = [(200, b'{"count": 1, ', {"Content-Length": "1000"}), (200, page(user), {})]

    done = moving("--plan")

    assert done.exit_code == 0, done.output
    assert "a@example.org" in done.output


@pytest.mark.parametrize(
    ("status", "body", "ends"),
    [
        (403, {"detail": "Invalid token."}, (1, "Invalid token. (403)")),
        (400, {"a": ["wrong"]}, (1, '{"a": ["wrong"]} (400)')),
        (200, {"hello": "world"}, (3, "not as OnCall does")),
    ],
)
def test_a_source_that_cannot_be_read_ends_it_and_leaves_no_key_behind(moving, peer, status, body, ends):
    peer.ready[("GET", f"{ONCALL}users/")] = [(status, body, {})]

    done = moving()

    assert done.exit_code == ends[0]
    assert ends[1] in done.output
    assert revoked(peer)
