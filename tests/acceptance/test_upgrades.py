"""Nodes that are upgraded one by one, in a storm: old code on new tables, and both side by side.

What is old is this code, and what is new is this code with one migration more, of every kind there may be.
"""

import shutil
import time
from pathlib import Path

import pytest

from acceptance.company import destination, plan, step
from acceptance.peers import Receiver
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Storm
from acceptance.two_nodes import FIRST, SECOND, account_for
from tocsin.store import schema

SRC = Path(__file__).parents[2] / "src"
NEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{schema.head()}"


def upgrade() -> None:
    op.create_table("inventions", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.add_column("alerts", sa.Column("mood", sa.Text(), nullable=True))
    op.add_column("events", sa.Column("colour", sa.Text(), nullable=False, server_default="grey"))
    op.add_column("notifications", sa.Column("ink", sa.BigInteger(), nullable=False, server_default="1"))
    op.add_column("users", sa.Column("shoes", sa.Text(), nullable=False, server_default=""))
    op.add_column("nodes", sa.Column("height", sa.BigInteger(), nullable=True))
    op.create_index("ix_events_colour", "events", ["colour", "id"])
"""


@pytest.fixture(scope="module")
def newer(tmp_path_factory) -> Path:
    """The source of the next version."""
    src = tmp_path_factory.mktemp("newer") / "src"
    shutil.copytree(SRC, src, ignore=shutil.ignore_patterns("__pycache__"))
    (src / "tocsin/store/migrations/versions/9999_next.py").write_text(NEXT)
    return src


def upgraded(old: Tocsin, newer: Path) -> Tocsin:
    """Make the same node of the next version, which is not started."""
    return Tocsin(
        data_dir=old.data_dir,
        env={**old.env, "PYTHONPATH": str(newer)},
        port=old.port,
        credentials=old.credentials,
    )


def test_nodes_are_upgraded_one_by_one_and_nothing_is_lost(tmp_path, newer, postgresql_server):
    url = postgresql_server.create()
    with Receiver() as hook, tocsin(tmp_path / "one", TOCSIN_DATABASE_URL=url) as one:
        plan(
            one,
            step(destination(one, f"{hook.url}{FIRST}", name="First")),
            step(destination(one, f"{hook.url}{SECOND}", name="Second"), after_s=2),
        )
        (tmp_path / "two").mkdir()
        key = (one.data_dir / "secret.key").read_text().strip()
        env = {"TOCSIN_DATABASE_URL": url, "TOCSIN_SECRET_KEY": key}
        two = Tocsin(data_dir=tmp_path / "two", env=env, credentials=one.credentials)
        two.start()
        new_one, new_two = upgraded(one, newer), upgraded(two, newer)
        try:
            began = time.monotonic()
            with Storm([one, two]) as storm:
                storm.wait(30)
                too_early = new_two.run("serve")
                migrated = new_two.run("migrate")
                assert migrated.returncode == 0, migrated.stderr
                storm.wait(30)
                two.stop()
                two.start()  # an old node comes up on the new tables as well
                storm.wait(30)
                two.stop()
                new_two.start()
                storm.wait(60)
                one.stop()
                new_one.start()
                storm.wait(30)
            account_for([new_one, new_two], hook, storm, [began, time.monotonic()])
        finally:
            for each in (new_one, new_two, two):
                each.stop()

    assert too_early.returncode == 1
    assert "tocsin migrate" in too_early.stderr
    assert "to revision 9999" in migrated.stdout
    assert set(storm.refused) <= {503}


def test_one_server_on_a_file_goes_on_while_its_tables_are_changed(tmp_path, newer):
    with Receiver() as hook, tocsin(tmp_path / "data") as old:
        plan(
            old,
            step(destination(old, f"{hook.url}{FIRST}", name="First")),
            step(destination(old, f"{hook.url}{SECOND}", name="Second"), after_s=2),
        )
        new = upgraded(old, newer)
        try:
            began = time.monotonic()
            with Storm([old]) as storm:
                storm.wait(30)
                migrated = new.run("migrate")
                storm.wait(30)
                old.stop()
                new.start()
                storm.wait(30)
            account_for([new], hook, storm, [began, time.monotonic()])
        finally:
            new.stop()

    assert migrated.returncode == 0, migrated.stderr


def test_a_version_refuses_to_migrate_what_a_later_one_has_migrated(tmp_path, newer):
    old = Tocsin(data_dir=tmp_path)
    upgraded(old, newer).init()

    done = old.run("migrate")

    assert done.returncode == 1
    assert "9999" in done.stderr
