"""What a server loads before it is ready, and what only those load who need it."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tocsin.cli.check import LATER
from tocsin.cli.main import cli
from tocsin.opening import migrate
from tocsin.settings import load

# A server is put together, is ready, and says what has been loaded; then all of its modules are.
STORY = f"""
import asyncio, importlib, json, os, pkgutil, sys

import tocsin
from tocsin.cli import serve
from tocsin.settings import load

def others():
    top = {{name for name in sys.modules if "." not in name}}
    return sorted(top - sys.stdlib_module_names - {{"__mp_main__", "sitecustomize", "tocsin"}})

async def ready(app):
    await app.start()
    print(json.dumps([sorted(sys.modules), others()]))
    await app.stop()

asyncio.run(ready(serve.assemble(load(os.environ))))
for name in {LATER!r}:
    importlib.import_module(name)
known = set(others())
for module in pkgutil.walk_packages(tocsin.__path__, "tocsin."):
    if not module.name.startswith(("tocsin.store.migrations", "tocsin.__main__")):
        importlib.import_module(module.name)
print(json.dumps(sorted(set(others()) - known)))
"""
FOR_POSTGRESQL = ("psycopg", "psycopg_binary", "sqlalchemy.dialects.postgresql")
SELDOM = ("PIL", "dateutil", "numpy", "onnxruntime", "sqlite3", "tokenizers")


@pytest.fixture
def told(tmp_path):
    """Tell what a server loads until it is ready, and what of others' there is that it never tries."""

    def tell(url=""):
        env = {"TOCSIN_DATA_DIR": str(tmp_path)} | ({"TOCSIN_DATABASE_URL": url} if url else {})
        migrate(load(env))
        done = subprocess.run(
            [sys.executable, "-c", STORY], env=env, capture_output=True, text=True, check=True
        )
        (loaded, _), untried = (json.loads(line) for line in done.stdout.splitlines() if line[:1] == "[")
        return set(loaded), set(untried)

    return tell


def test_a_server_on_sqlite_is_ready_without_what_others_need(told):
    loaded, untried = told()

    assert loaded.isdisjoint({*FOR_POSTGRESQL, *LATER, *SELDOM})
    assert untried == {"psycopg", "psycopg_binary"}, "list it in LATER, so that `tocsin check` tries it"


def test_a_server_on_postgresql_has_its_driver_before_it_is_ready(told, postgresql_server):
    loaded, untried = told(postgresql_server.create())

    assert loaded >= {*FOR_POSTGRESQL}
    assert loaded.isdisjoint({*LATER, *SELDOM})
    assert not untried


@pytest.mark.parametrize("name", LATER)
def test_a_library_that_is_needed_later_and_is_broken_is_named_by_check(tmp_path, monkeypatch, name):
    env = {"TOCSIN_DATA_DIR": str(tmp_path), "TOCSIN_SECRET_KEY": "k1:" + "c" * 43 + "="}
    migrate(load(env))
    whole = CliRunner().invoke(cli, ["check"], env=env)
    monkeypatch.setitem(sys.modules, name, None)

    broken = CliRunner().invoke(cli, ["check"], env=env)

    assert "ok    libraries: " in whole.output
    assert (whole.exit_code, broken.exit_code) == (0, 1)
    assert f"WRONG libraries: {name} cannot be loaded: " in broken.output
