"""What the reference deployment names is there: commands, routes, ports, folders, versions and pages."""

import asyncio
import re
import shutil
import tomllib
from pathlib import Path

import click
import httpx
import pytest
import yaml

from tocsin import __version__
from tocsin.app.assembly import assemble
from tocsin.cli.main import LazyGroup
from tocsin.settings import load

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FOLDER = "/var/lib/tocsin"
SECRET_KEY = "k1:" + "c" * 43 + "="
TEXTS = {
    path.relative_to(DEPLOY).as_posix(): path.read_text()
    for path in sorted(DEPLOY.rglob("*"))
    if path.is_file()
}
ALL = "\n".join(TEXTS.values())
_USED = re.compile(r"(?:/bin/tocsin|`tocsin|compose run --rm|(?:args|command):) +\[?([a-z][^`\]\n#]*)")
_DOC = re.compile(r"docs/(?:[\w-]+/)*(?:[\w-]+\.md)?")


def numbers(pattern: str, *names: str) -> set[int]:
    """All that *pattern* finds in the files *names*, of which each must have one."""
    found = {name: re.findall(pattern, TEXTS[name], re.MULTILINE) for name in names}
    assert all(found.values()), found
    return {int(number) for each in found.values() for number in each}


def commands() -> list[tuple[str, str]]:
    """Each use of the command line: where it is written, and what follows `tocsin`."""
    used = [(name, use.strip()) for name, text in TEXTS.items() for use in _USED.findall(text)]
    started = re.search(r'^CMD \["(.*)"\]$', TEXTS["Dockerfile"], re.MULTILINE)
    return [*used, ("Dockerfile", started[1])]


@pytest.mark.parametrize(("where", "use"), commands(), ids=str)
def test_every_command_that_is_run_takes_what_it_is_given(where, use):
    name, *words = use.split("   ")[0].split()
    group = LazyGroup()
    command = group.get_command(click.Context(group), name)

    assert command is not None, f"{where} runs `tocsin {name}`"
    command.make_context(name, [word for word in words if word != "--help"])


def test_the_commands_of_the_files_are_found():
    assert {use.split()[0] for _, use in commands()} == {"serve", "migrate", "init", "backup", "check"}


@pytest.fixture
def server(tmp_path, _sqlite_template):
    shutil.copy(_sqlite_template, tmp_path / "tocsin.db")
    return assemble(load({"TOCSIN_DATA_DIR": str(tmp_path), "TOCSIN_SECRET_KEY": SECRET_KEY}))


def test_every_route_that_is_probed_answers_anybody(server):
    probed = set(re.findall(r"(?:path: |GET |//127\.0\.0\.1:\d+)(/\w+)", ALL))

    async def ask() -> dict[str, int]:
        await server.start()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://x") as client:
            answers = {path: (await client.get(path)).status_code for path in probed}
        await server.stop()
        return answers

    assert asyncio.run(ask()) == {"/healthz": 200, "/readyz": 200}


def test_whoever_speaks_to_a_node_goes_to_the_port_that_it_listens_on():
    nodes = numbers(r"^EXPOSE (\d+)", "Dockerfile") | numbers(r"//127\.0\.0\.1:(\d+)/", "Dockerfile")
    nodes |= numbers(r"^ +server \S+ \w+:(\d+)", "haproxy/haproxy.cfg")
    nodes |= numbers(r"containerPort: (\d+)", "helm/tocsin/templates/nodes.yaml")
    nodes |= numbers(r"^TOCSIN_PORT=(\d+)", "systemd/tocsin.env")

    assert nodes == {load({}).port}
    assert "TOCSIN_PORT" not in TEXTS["Dockerfile"] + TEXTS["compose/compose.yml"]


def test_the_proxy_of_the_compose_file_is_reached_where_it_listens():
    ports = yaml.safe_load(TEXTS["compose/compose.yml"])["services"]["proxy"]["ports"]

    listens = numbers(r"^ +bind :(\d+)", "haproxy/haproxy.cfg")
    assert {int(port.rsplit(":", 1)[1]) for port in ports} == listens


def test_the_pooler_and_the_database_are_named_by_the_ports_that_they_have():
    named = dict(re.findall(r"^; +(TOCSIN_\w+)=(.*)$", TEXTS["pgbouncer/pgbouncer.ini"], re.MULTILINE))
    settings = load(named | {"TOCSIN_NODE_NAME": "one", "TOCSIN_SECRET_KEY": SECRET_KEY})

    pooled = numbers(r"^listen_port = (\d+)", "pgbouncer/pgbouncer.ini")
    direct = numbers(r"^tocsin = .* port=(\d+)", "pgbouncer/pgbouncer.ini")
    assert f":{pooled.pop()}/" in settings.database_url
    assert f":{direct.pop()}/" in settings.database_direct_url
    assert numbers(r"^  listen: \S+:(\d+)", "patroni/patroni.yml") >= {5432}
    assert settings.database_pooler == "transaction"


def test_the_password_to_be_changed_is_the_same_wherever_it_must_be():
    said = re.findall(
        r"tocsin:(change-me\S*?)@\S+/tocsin|'(change-me\S*)'|^\"tocsin\" \"(\S+)\"", ALL, re.MULTILINE
    )

    assert {word for words in said for word in words if word} == {"change-me-tocsin"}


def test_data_is_kept_in_the_one_folder_that_outlives_a_node():
    for name in ("Dockerfile", "systemd/tocsin.service", "systemd/tocsin-backup.service"):
        assert f"TOCSIN_DATA_DIR={FOLDER}" in TEXTS[name]
    assert f"VOLUME {FOLDER}\n" in TEXTS["Dockerfile"]
    assert set(re.findall(r"^StateDirectory=(.*)$", ALL, re.MULTILINE)) == {"tocsin"}


def test_there_is_one_version():
    chart = yaml.safe_load(TEXTS["helm/tocsin/Chart.yaml"])

    assert {PROJECT["version"], chart["version"], chart["appVersion"]} == {__version__}


def test_python_and_postgresql_are_of_versions_that_serve():
    python = re.findall(r"^FROM python:3\.(\d+)", TEXTS["Dockerfile"], re.MULTILINE)
    least = int(re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])[1])
    said = re.search(r"\*\*PostgreSQL\*\* (\d+) or newer", (ROOT / "docs/operate/index.md").read_text())

    assert len(set(python)) == 1
    assert int(python[0]) >= least
    servers = numbers(r"image: postgres:(\d+)", "compose/compose.yml")
    servers |= numbers(r"/postgresql/(\d+)/", "patroni/patroni.yml")
    assert min(servers) >= int(said[1])


def test_every_page_that_is_pointed_to_is_there():
    pages = set(_DOC.findall(ALL))

    assert pages
    assert {page for page in pages if not (ROOT / page).exists()} == set()
    assert {path for path in re.findall(r"file:(\S+)", ALL) if path.startswith("/opt/tocsin")} == set()
