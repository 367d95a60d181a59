"""Making the first workspace."""

import json
import shutil
import stat

import pytest
from click.testing import CliRunner, Result

from tocsin.actions import tokens
from tocsin.cli.main import cli
from tocsin.core.ids import ServiceId
from tocsin.core.spelling import from_any, native, to_hex_24
from tocsin.httpkit.outbound import OutboundWire
from tocsin.settings import load
from tocsin.store import people, services, workspaces
from tocsin.store.secrets import token_hash
from tocsin.world import World


@pytest.fixture
def init(tmp_path):
    """Run ``tocsin init`` on a data folder that is not there yet."""

    def run(*words: str) -> Result:
        env = {"TOCSIN_DATA_DIR": str(tmp_path / "data")}
        return CliRunner().invoke(cli, ["init", *words], env=env, prog_name="tocsin")

    return run


@pytest.fixture
def look(tmp_path):
    """Run a query on what ``init`` has made."""

    def run(query):
        opened = World.real(load({"TOCSIN_DATA_DIR": str(tmp_path / "data")}), OutboundWire())
        try:
            return opened.database.read_now(query)
        finally:
            opened.database.close()

    return run


def test_init_prints_one_document_with_all_that_a_script_needs(init, look):
    done = init("--json")

    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    shape = {
        "workspace": {"id"},
        "owner": {"id", "email", "password"},
        "service": {"id"},
        "credentials": {"tocsin", "datadog", "grafana_oncall", "cloud_manager", "guance", "digitalocean"},
    }
    assert {name: set(part) for name, part in document.items()} == shape
    assert {kind: tuple(parts) for kind, parts in document["credentials"].items()} == {
        "tocsin": ("token",),
        "datadog": ("api_key", "application_key"),
        "grafana_oncall": ("token",),
        "cloud_manager": ("public_key", "private_key", "project_id", "client_id", "client_secret"),
        "guance": ("api_key",),
        "digitalocean": ("token",),
    }
    service = ServiceId(from_any(document["service"]["id"]))
    assert document["credentials"]["cloud_manager"]["project_id"] == to_hex_24(service)
    token = document["credentials"]["tocsin"]["token"]
    owner = look(lambda tx: tokens.of_token(tx, token_hash(token)))
    assert native("user", owner.user) == document["owner"]["id"]
    assert native("workspace", owner.workspace) == document["workspace"]["id"]


def test_what_is_made_is_called_as_the_options_say(init, look):
    words = ("--email", "ana@example.org", "--name", "Ana", "--workspace", "Acme", "--service", "Web shop")

    document = json.loads(init("--json", *words).stdout)

    workspace = from_any(document["workspace"]["id"])
    assert document["owner"]["email"] == "ana@example.org"
    assert look(lambda tx: workspaces.get(tx, workspace)).name == "Acme"
    assert look(lambda tx: services.get_many(tx, [from_any(document["service"]["id"])]))[0].slug == "web-shop"
    assert look(lambda tx: people.get_many(tx, [from_any(document["owner"]["id"])]))[0].name == "Ana"


def test_a_second_init_refuses_and_changes_nothing(init, tmp_path):
    first = init("--json")
    before = {path: path.read_bytes() for path in (tmp_path / "data").iterdir()}

    second = init("--json", "--email", "eve@example.org")

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert second.stdout == ""
    assert "there is a workspace already; nothing was changed" in second.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before


def test_where_one_is_needed_only_once_a_second_init_is_no_failure(init):
    init("--if-needed")

    second = init("--if-needed")

    assert (second.exit_code, second.output) == (0, "")


def test_init_makes_no_new_key_for_data_whose_key_is_missing(init, tmp_path):
    init()
    (tmp_path / "data" / "secret.key").unlink()

    again = init()

    assert again.exit_code == 1
    assert "TOCSIN_SECRET_KEY" in again.stderr
    assert not (tmp_path / "data" / "secret.key").exists()


def test_init_tells_a_person_what_was_made_and_what_to_do_next(init):
    done = init("--email", "ana@example.org", "--workspace", "Acme")

    page = done.stdout
    assert "Acme (ws_" in page
    assert "ana@example.org" in page
    assert page.count("dop_v1_") == 1
    assert "export TOCSIN_TOKEN=tocsin_" in page
    assert "tocsin serve" in page
    assert "TOCSIN_SMTP_URL" in page


def test_what_is_wrong_with_the_owner_is_said_before_anything_is_made(init):
    wrong = init("--email", "not an address")

    assert wrong.exit_code == 1
    assert "email is not an e-mail address" in wrong.stderr
    assert init("--email", "ana@example.org").exit_code == 0


def test_a_database_that_cannot_be_opened_is_named(init, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tocsin.db").write_text("This is no database.\n" * 100)

    done = init()

    assert done.exit_code == 1
    assert "TOCSIN_DATABASE_URL cannot be opened" in done.stderr


def test_the_data_are_for_their_owner_alone(init, tmp_path):
    init()

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    shutil.rmtree(tmp_path / "data")


def test_the_database_is_for_its_owner_alone_in_a_folder_that_is_open_to_others(init, tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)

    init()

    files = [file for file in (tmp_path / "data").iterdir() if stat.S_IMODE(file.stat().st_mode) != 0o600]
    assert files == []


def test_migrate_says_from_where_to_where_in_json_as_well(tmp_path):
    env = {"TOCSIN_DATA_DIR": str(tmp_path / "data")}

    first, again = (CliRunner().invoke(cli, ["migrate", "--json"], env=env) for _ in range(2))

    made, left = json.loads(first.stdout), json.loads(again.stdout)
    assert (first.exit_code, again.exit_code, made["from"]) == (0, 0, None)
    assert left == {"from": made["to"], "to": made["to"]}
