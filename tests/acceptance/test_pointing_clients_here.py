"""What a page says to copy once a key is made: run as it stands, against a real server."""

import os
import subprocess
import sys

import pytest

from acceptance.servers import Tocsin, tocsin
from tocsin.actions.key_kinds import KeyKind
from tocsin.web.clients import CLIENTS, clients_of


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Tocsin:
    with tocsin(tmp_path_factory.mktemp("pointing")) as running:
        yield running


@pytest.mark.parametrize("kind", CLIENTS)
def test_what_is_to_be_copied_into_a_shell_reaches_the_vendors_api(server, kind):
    client, *others = clients_of(kind, server.credentials["credentials"][kind.value], server.url)
    blocks = [client.lines, *(each.lines for each in others if each.lines.startswith("curl"))]

    for lines in blocks:
        done = run("bash", "-euc", lines)

        assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.startswith("{"), done.stdout


def test_what_is_to_be_copied_into_a_script_reaches_the_vendors_api(server):
    keys = server.credentials["credentials"]["datadog"]
    (python,) = (each for each in clients_of(KeyKind.DATADOG, keys, server.url) if each.title == "Python")
    env = {"DD_API_KEY": keys["api_key"], "DD_APP_KEY": keys["application_key"]}

    done = run(sys.executable, "-c", python.lines, **env)

    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command, and wait until it has ended."""
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
