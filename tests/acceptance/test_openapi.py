"""The OpenAPI document taken at its word: Schemathesis sends what it allows, and what it does not."""

import os
import subprocess
import sys

import pytest

from acceptance.servers import tocsin
from servers import Postgresql

EXAMPLES = 5  # an operation, beside those of the document
# The limits of every value are most of the work; the engine that is pickier about values gets them.
PHASES = {"sqlite": "examples,fuzzing", "postgresql": "examples,coverage,fuzzing"}
# What is valid by its form may still name what is not there, or be older than what it changes.
UNPROVABLE = "positive_data_acceptance,allow_header_conformance"


@pytest.fixture
def server(engine, request, tmp_path):
    env = {}
    if engine == "postgresql":
        database: Postgresql = request.getfixturevalue("postgresql_server")
        env = {"TOCSIN_DATABASE_URL": database.create()}
    with tocsin(tmp_path / "data", **env) as server:
        yield server


def test_the_server_does_what_its_document_says_whatever_is_sent(server, engine, tmp_path):
    words = [
        "run",
        f"{server.url}/api/tocsin/v1/openapi.json",
        "--header",
        f"Authorization: Bearer {server.token}",
        f"--phases={PHASES[engine]}",
        "--checks=all",
        f"--exclude-checks={UNPROVABLE}",
        f"--max-examples={EXAMPLES}",
        "--generation-deterministic",
        "--continue-on-failure",
        "--no-color",
    ]
    program = "from schemathesis.cli import schemathesis; schemathesis()"

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-20_000:]
    assert "Schemathesis" in said
    errors = [line for line in server.log.splitlines() if "request failed" in line]
    assert errors == []
