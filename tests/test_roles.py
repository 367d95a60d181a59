"""What a node does follows from its roles; without one that another node must have, it does not start."""

import asyncio

import httpx
import pytest

from tocsin.app.application import App
from tocsin.app.assembly import assemble
from tocsin.httpkit.router import Missed
from tocsin.settings import ROLES, Misconfigured, load

POSTGRESQL = "postgresql://tocsin@db.example/tocsin"
API = "/api/tocsin/v1"
EVERYWHERE = ("/healthz", "/readyz", "/metrics")
WEB = ("GET /login", "GET /api/v2/on-call/schedules", "GET /r/none")
INGEST = ("POST /integrations/alertmanager/none",)
NOT_HERE = {404, 405}


def _settings(folder, roles, url=""):
    named = {"TOCSIN_DATA_DIR": str(folder), "TOCSIN_ROLES": roles, "TOCSIN_NODE_NAME": "one"}
    return load(named | ({"TOCSIN_DATABASE_URL": url} if url else {}))


def _refusals(app: App, asked: tuple[str, ...]) -> set[str]:
    """Ask for all of these, and tell which of them are not there."""

    async def story() -> set[str]:
        await app.start()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            answers = {each: await client.request(*each.split(" ")) for each in asked}
        await app.stop()
        return {each for each, answer in answers.items() if _is_no_address(answer)}

    return asyncio.run(story())


def _is_no_address(answer: httpx.Response) -> bool:
    return (
        answer.status_code in NOT_HERE and "no integration" not in answer.text and "link" not in answer.text
    )


@pytest.fixture
def server(postgresql_server, _postgresql_template, tmp_path):
    with postgresql_server.lent(_postgresql_template) as url:
        (tmp_path / "secret.key").write_text("k1:" + "c" * 43 + "=")
        (tmp_path / "secret.key").chmod(0o600)
        yield lambda roles: assemble(_settings(tmp_path, roles, url))


@pytest.mark.parametrize(
    ("roles", "missing"),
    [
        ("web,ingest,engine,send", ()),
        ("web", INGEST),
        ("ingest", WEB),
        ("engine,send", (*WEB, *INGEST)),
        ("send", (*WEB, *INGEST)),
    ],
)
def test_a_node_has_the_doors_of_its_roles_and_health_on_every_one(server, roles, missing):
    asked = (*(f"GET {path}" for path in EVERYWHERE), *WEB, *INGEST)

    assert _refusals(server(roles), asked) == set(missing)


@pytest.mark.parametrize(("roles", "there"), [("web", False), ("ingest", True), ("web,ingest", True)])
def test_events_of_our_own_api_are_taken_where_the_role_is(server, roles, there):
    app = server(roles)
    find = app._front._router.find

    assert bool(app.rides) is there
    assert isinstance(find("POST", f"{API}/events".encode()), Missed) is not there
    assert isinstance(find("GET", f"{API}/alerts".encode()), Missed) is (roles == "ingest")
    app._kit.world.database.close()


@pytest.mark.parametrize(
    ("roles", "loops"),
    [
        ("web,ingest", set()),
        ("engine", {"page"}),
        ("send", {"send"}),
        ("web,engine,send", {"page", "send"}),
    ],
)
def test_a_node_runs_the_loops_of_its_roles(server, roles, loops):
    app = server(roles)

    assert set(app._parts[1].turned_at()) == loops
    app._kit.world.database.close()


def test_roles_are_read_in_any_order_and_with_blanks(tmp_path):
    assert _settings(tmp_path, "send, WEB", POSTGRESQL).roles == ("web", "send")
    assert _settings(tmp_path, "").roles == ROLES


@pytest.mark.parametrize(
    ("roles", "url", "words"),
    [
        ("web,mail", POSTGRESQL, "must be one or several of web, ingest, engine, send"),
        (",", POSTGRESQL, "must be one or several of"),
        ("web,ingest,engine", "", "leaves out send, and SQLite has room for one node"),
    ],
)
def test_roles_that_leave_something_undone_are_refused(tmp_path, roles, url, words):
    with pytest.raises(Misconfigured, match=words):
        _settings(tmp_path, roles, url)
