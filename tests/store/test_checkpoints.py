import apsw
import pytest

from tocsin.store.checkpoints import Checkpoints
from tocsin.store.sqlite import connect

LIMIT = 50
COMMITS_MAX = 20_000
ROW = "x" * 3_000  # most of a page


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.sqlite3"


@pytest.fixture
def writer(path):
    connection = connect(path)
    connection.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)")
    yield connection
    connection.close()


@pytest.fixture
def checkpoints(path, writer):
    made = Checkpoints(writer, lambda: connect(path, read_only=True), pages=LIMIT)
    made.start()
    yield made
    made.stop()


def _commit_until(writer, checkpoints, condition):
    """Commit row after row, as the writing thread does, until *condition*."""
    for _ in range(COMMITS_MAX):
        writer.execute("INSERT INTO said (text) VALUES (?)", (ROW,))
        checkpoints.finish()
        if condition():
            return
    pytest.fail(f"not in {COMMITS_MAX} commits")


def test_the_log_is_begun_anew_while_the_writer_goes_on(path, writer, checkpoints):
    seen = []

    def began_anew():
        seen.append(checkpoints.pages)
        return len(seen) > 1 and seen[-1] < seen[-2]

    for _ in range(3):
        _commit_until(writer, checkpoints, began_anew)

    rows = writer.execute("SELECT count(*) FROM said").fetchone()[0]
    assert rows == len(seen)
    assert max(seen) > LIMIT


def test_a_reader_that_holds_the_log_open_costs_its_length_and_nothing_else(path, writer, checkpoints):
    reader = connect(path, read_only=True)
    reader.execute("BEGIN")
    before = reader.execute("SELECT count(*) FROM said").fetchone()

    _commit_until(writer, checkpoints, lambda: checkpoints.pages > 4 * LIMIT)
    after = reader.execute("SELECT count(*) FROM said").fetchone()
    reader.execute("ROLLBACK")
    reader.close()
    grown = checkpoints.pages
    _commit_until(writer, checkpoints, lambda: checkpoints.pages < grown)

    assert before == after == (0,)


def test_what_was_in_the_log_is_in_the_file_when_the_last_connection_closed(path, writer, checkpoints):
    _commit_until(writer, checkpoints, lambda: checkpoints.pages > LIMIT / 2)
    count = writer.execute("SELECT count(*) FROM said").fetchone()[0]
    checkpoints.stop()
    writer.close()

    assert not path.with_name(f"{path.name}-wal").exists()
    again = apsw.Connection(str(path))
    assert again.execute("SELECT count(*) FROM said").fetchone() == (count,)
    again.close()
