"""Migrations: one chain, whole or not at all, and in the end what store/tables says."""

import json
import re
import threading

import apsw
import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from store import samples
from tocsin.core.errors import Invalid
from tocsin.store import schema, workspaces
from tocsin.store.database import open_database, sqlite_path
from tocsin.store.tables import metadata

WITH_TEMPLATES = "0009"
SCRIPTS = ScriptDirectory.from_config(schema._config())
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]


@pytest.fixture
def empty_url(engine, request, tmp_path):
    """The URL of a database on *engine* with nothing in it."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    url = server.create()
    yield url
    server.drop(url)


def as_tables_say(engine):
    """The statements that make the schema straight from store/tables."""
    dialect = sqlite.dialect() if engine == "sqlite" else postgresql.dialect()
    statements = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            index.dialect_options[engine]["where"] = index.info.get("where")
            statements.append(str(CreateIndex(index).compile(dialect=dialect)))
    return ";\n".join(statements)


def run(url, script):
    if url.startswith("sqlite"):
        connection = apsw.Connection(str(sqlite_path(url)))
        rows = connection.execute(script).fetchall()
        connection.close()
        return rows
    with psycopg.connect(url) as connection:
        cursor = connection.execute(script)
        return cursor.fetchall() if cursor.description else []


def clauses(sql):
    """A CREATE statement in pieces: constraints stand in no particular order."""
    return sorted(re.split(r", (?=CONSTRAINT)| \)", re.sub(r"\s+", " ", sql).strip()))


def found_in(url):
    """Everything that the database knows of its schema, without the version of the migrations."""
    if url.startswith("sqlite"):
        rows = run(url, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
        return [(*row[:3], clauses(row[3] or "")) for row in rows if row[2] != "alembic_version"]
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity,"
        " ordinal_position FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name <> 'alembic_version' ORDER BY 1, 7"
    )
    constraints = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE"
        " connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass ORDER BY 1, 2"
    )
    indexes = (
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND tablename <> 'alembic_version' ORDER BY 1, 2"
    )
    return [run(url, query) for query in (columns, constraints, indexes)]


def test_the_migrations_make_what_the_tables_say(engine, empty_url, request, tmp_path):
    schema.upgrade(empty_url)

    if engine == "sqlite":
        other = f"sqlite:///{tmp_path / 'other.db'}"
    else:
        other = request.getfixturevalue("postgresql_server").create()
        run(other, "CREATE TABLE alembic_version (version_num text)")
    run(other, as_tables_say(engine))

    assert found_in(empty_url) == found_in(other)


def test_every_step_of_the_chain_can_be_taken_by_itself(empty_url):
    for before, to in zip([None, *REVISIONS], REVISIONS, strict=False):
        assert schema.upgrade(empty_url, to=to) == (before, to)

    assert schema.revision(empty_url) == schema.head() == REVISIONS[-1]


AN_INTEGRATION = """
INSERT INTO workspaces (id, name, version, settings, created_at) VALUES (1, 'W', 1, '{}', 0);
INSERT INTO services (id, workspace_id, name, slug, description) VALUES (2, 1, 'S', 's', '');
INSERT INTO integrations (id, workspace_id, service_id, kind, name, token_hash, token_hint, mapping)
VALUES (3, 1, 2, 'templated', 'I', 'h', 'x',
        '{"channels": {"phone_call": {"title": "a"}, "sms": {"title": "b"}}, "type": "webhook"}')
"""


def test_templates_that_were_kept_in_mappings_become_those_of_messages(empty_url):
    schema.upgrade(empty_url, to=REVISIONS[REVISIONS.index(WITH_TEMPLATES) - 1])
    run(empty_url, AN_INTEGRATION)

    schema.upgrade(empty_url)

    ((kept,),) = run(empty_url, "SELECT message_templates FROM integrations")
    assert json.loads(kept) == {"voice": {"title": "a"}, "sms": {"title": "b"}}


def test_migrating_again_changes_nothing_and_loses_nothing(database_url, vault, new_id):
    database = open_database(database_url, new_id=new_id, vault=vault)
    database.transact(lambda tx: workspaces.add(tx, samples.workspace))
    database.close()

    assert schema.upgrade(database_url) == (schema.head(), schema.head())

    database = open_database(database_url, new_id=new_id, vault=vault)
    assert database.read_now(workspaces.count) == 1
    database.close()


def test_a_migration_that_fails_leaves_the_schema_as_it_was(empty_url):
    schema.upgrade(empty_url, to="0001")
    run(empty_url, "CREATE TABLE timers (a int)")
    before = found_in(empty_url)

    with pytest.raises(Exception, match="timers"):
        schema.upgrade(empty_url)

    assert schema.revision(empty_url) == "0001"
    assert found_in(empty_url) == before


def test_nodes_that_start_together_migrate_once(empty_url):
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(schema.upgrade(empty_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    head = schema.head()
    assert sorted(outcomes, key=str) == [(head, head)] * 3 + [(None, head)]


def test_a_new_file_that_somebody_else_has_just_opened_is_waited_for(tmp_path):
    path = tmp_path / "new.db"
    somebody = apsw.Connection(str(path))
    somebody.execute("BEGIN IMMEDIATE")
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(schema.upgrade(f"sqlite:///{path}")))
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()

    somebody.execute("COMMIT")
    somebody.close()
    thread.join()

    assert outcomes == [(None, schema.head())]


def test_a_schema_that_a_later_version_made_is_left_alone(empty_url):
    schema.upgrade(empty_url)
    run(empty_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(schema.SchemaTooNewError, match="9999"):
        schema.upgrade(empty_url)


def test_a_file_that_is_not_there_is_at_no_revision_and_not_made_by_asking(tmp_path):
    url = f"sqlite:///{tmp_path / 'none.db'}"

    assert schema.revision(url) is None
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "mysql://x", "/var/lib/tocsin.db"])
def test_what_is_no_database_is_refused(url):
    with pytest.raises(Invalid, match="TOCSIN_DATABASE_URL"):
        schema.upgrade(url)


@pytest.mark.parametrize("to", REVISIONS)
def test_a_migration_only_adds_so_that_the_version_before_goes_on(to, engine):
    before = SCRIPTS.get_revision(to).down_revision

    steps = re.sub(r"--.*", "", schema.sql_of(engine, before, to)).split(";\n")

    for step in filter(None, map(str.strip, steps)):
        added = re.match(
            r"CREATE (UNIQUE )?INDEX|CREATE TABLE|INSERT INTO|UPDATE"
            r"|ALTER TABLE \w+ (ADD COLUMN|SET \(autovacuum)",
            step,
        )
        assert added, f"{step}: nodes of the version before may still need what this takes away"
        if step.startswith("ALTER"):
            written = "NOT NULL" not in step or "DEFAULT" in step
            assert written, f"{step}: nodes of the version before do not write this column"


def test_a_migration_steps_back_from_a_table_that_is_in_use_and_comes_again(postgresql_server, monkeypatch):
    url = postgresql_server.create()
    schema.upgrade(url, to=REVISIONS[-2])
    monkeypatch.setattr(schema, "LOCK_PAUSE_S", 0.01)
    monkeypatch.setattr(schema, "LOCK_WITHIN_S", 0.05)
    outcomes = []
    with psycopg.connect(url) as reader, psycopg.connect(url, autocommit=True) as other:
        reader.execute("SELECT * FROM alembic_version")
        reader.execute("LOCK TABLE alembic_version IN SHARE MODE")
        thread = threading.Thread(target=lambda: outcomes.append(schema.upgrade(url)))
        thread.start()
        thread.join(0.5)
        waiting = thread.is_alive()
        others = other.execute("SELECT count(*) FROM alembic_version").fetchone()
    thread.join()

    assert (waiting, others) == (True, (1,))
    assert outcomes == [(REVISIONS[-2], REVISIONS[-1])]
