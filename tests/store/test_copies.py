"""Copies of an SQLite database: whole, of one moment, and never over what is in use."""

import threading

import apsw
import pytest

from store import samples
from tocsin.store import schema, workspaces
from tocsin.store.bulk import insert_many
from tocsin.store.copies import CopyError, copy_in, copy_out
from tocsin.store.database import open_database, sqlite_path
from tocsin.store.statements import two_forms
from tocsin.store.tables import round_robins

ADD = insert_many(round_robins)
COUNT = two_forms(sqlite="SELECT count(*) FROM round_robins", postgresql="")


@pytest.fixture
def engine():
    return "sqlite"


@pytest.fixture
def file(database_url):
    return sqlite_path(database_url)


def count(path, vault, new_id):
    database = open_database(f"sqlite:///{path}", new_id=new_id, vault=vault)
    try:
        return database.read_now(lambda tx: tx.scalar(COUNT))
    finally:
        database.close()


def test_a_copy_is_made_while_the_server_writes_and_has_all_of_each_transaction(
    database, file, tmp_path, vault, new_id
):
    over, written = threading.Event(), []

    def write_on():
        while not over.is_set():
            rows = [(len(written) * 100 + each, 0) for each in range(100)]
            database.transact(lambda tx, rows=rows: tx.run_many(ADD, rows))
            written.append(len(rows))

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        while len(written) < 5:
            writer.join(0.01)
        before = len(written)
        copy_out(file, tmp_path / "copy.db")
        after = len(written) + 1
    finally:
        over.set()
        writer.join()

    found = count(tmp_path / "copy.db", vault, new_id)
    assert found % 100 == 0
    assert before * 100 <= found <= after * 100


def test_a_copy_is_one_file_for_its_owner_alone(database, file, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()

    copy_out(file, folder / "copy.db")

    assert [each.name for each in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_copy_that_is_put_back_is_what_there_is(database, file, tmp_path, vault, new_id):
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))
    copy_out(file, tmp_path / "copy.db")
    database.transact(lambda tx: tx.run_many(ADD, [(2, 0)]))
    database.close()

    copy_in(tmp_path / "copy.db", file)

    assert count(file, vault, new_id) == 1


def test_a_copy_can_be_put_where_there_is_nothing_yet(database, file, tmp_path, vault, new_id):
    database.transact(lambda tx: workspaces.add(tx, samples.workspace))
    copy_out(file, tmp_path / "copy.db")

    copy_in(tmp_path / "copy.db", tmp_path / "new.db")

    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    assert schema.revision(f"sqlite:///{tmp_path / 'new.db'}") == schema.head()
    assert count(tmp_path / "new.db", vault, new_id) == 0


def test_what_lies_in_the_log_of_a_server_that_was_killed_does_not_come_back(file, tmp_path, vault, new_id):
    copy_out(file, tmp_path / "copy.db")
    killed = apsw.Connection(str(file))
    killed.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    killed.execute("INSERT INTO round_robins VALUES (1, 0)")
    log = file.with_name(f"{file.name}-wal").read_bytes()
    killed.close()
    file.with_name(f"{file.name}-wal").write_bytes(log)

    copy_in(tmp_path / "copy.db", file)

    assert count(file, vault, new_id) == 0


def test_a_database_that_is_in_use_is_not_replaced(database, file, tmp_path):
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))
    copy_out(file, tmp_path / "copy.db")

    with pytest.raises(CopyError, match="in use"):
        copy_in(tmp_path / "copy.db", file)

    assert database.read_now(lambda tx: tx.scalar(COUNT)) == 1


def test_a_copy_is_not_written_over_anything(database, file, tmp_path):
    (tmp_path / "copy.db").write_text("dear")

    with pytest.raises(CopyError, match="there already"):
        copy_out(file, tmp_path / "copy.db")

    assert (tmp_path / "copy.db").read_text() == "dear"


def test_a_damaged_copy_is_refused_and_what_was_there_stays(database, file, tmp_path, vault, new_id):
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))
    copy_out(file, tmp_path / "copy.db")
    whole = (tmp_path / "copy.db").read_bytes()
    (tmp_path / "copy.db").write_bytes(whole[: len(whole) // 2])
    database.close()

    with pytest.raises(CopyError):
        copy_in(tmp_path / "copy.db", file)

    assert count(file, vault, new_id) == 1


@pytest.mark.parametrize(
    "content", [b"", b"this is no database, and longer than a header of one would be" * 20]
)
def test_what_is_no_database_of_ours_is_refused(database, file, tmp_path, content):
    (tmp_path / "copy.db").write_bytes(content)
    database.close()

    with pytest.raises(CopyError, match=r"copy\.db"):
        copy_in(tmp_path / "copy.db", file)


@pytest.mark.parametrize("missing", ["source", "folder"])
def test_what_is_not_there_is_named(file, tmp_path, missing):
    source = tmp_path / "none.db" if missing == "source" else file
    target = tmp_path / ("copy.db" if missing == "source" else "none/copy.db")

    with pytest.raises(CopyError, match="none"):
        copy_out(source, target)

    assert not (tmp_path / "none.db").exists()
