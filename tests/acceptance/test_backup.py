"""Backups that are taken while a server works, and what there is after each was restored."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from acceptance.company import everything
from acceptance.peers import PATIENCE_S
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Storm
from servers import postgresql, server_programs

BACKUP = (Path(__file__).parents[2] / "docs" / "operate" / "backup.md").read_text()


def titles(server: Tocsin) -> set[str]:
    return {event["title"] for event in everything(server, "events", "events")}


def restored(folder: Path, original: Tocsin, **env: str) -> Tocsin:
    """Make a server that has the secret key of *original*, and nothing else of it."""
    folder.mkdir()
    shutil.copy(original.data_dir / "secret.key", folder / "secret.key")
    return Tocsin(data_dir=folder, env=env, credentials=original.credentials)


def documented(word: str, **places: str) -> list[str]:
    """Give the command that begins with *word* as the documentation shows it, with *places* for its own."""
    (line,) = re.findall(rf"\$ (?:sudo -u tocsin \S+ )?({word} .*)", BACKUP)
    for shown, ours in places.items():
        assert shown in line, (shown, line)
        line = line.replace(shown, ours)
    return line.replace('"', "").split(" ")


def run(command, *, by_postgres=False) -> None:
    other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    done = subprocess.run(
        [str(server_programs() / command[0]), *command[1:]],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        **(other if by_postgres and os.geteuid() == 0 else {}),
    )
    assert done.returncode == 0, (command, done.stderr)


def test_a_backup_of_a_file_that_is_written_to_has_all_that_was_accepted_before(tmp_path):
    backups = tmp_path / "backups"
    backups.mkdir()
    with tocsin(tmp_path / "one") as one, Storm([one]) as storm:
        storm.wait(50)
        before = set(storm.accepted)
        done = one.run(*documented("tocsin backup", **{"/var/backups/tocsin": str(backups)})[1:])
        storm.wait(50)
        refused = one.run("restore", "--yes", str(next(backups.iterdir())))

    (copy,) = backups.iterdir()
    two = restored(tmp_path / "two", one)
    put_back = two.run("restore", str(copy))
    checked = two.run("migrate"), two.run("check")
    two.start()
    try:
        kept = titles(two)
    finally:
        two.stop()

    assert (done.returncode, put_back.returncode) == (0, 0), done.stderr + put_back.stderr
    assert [each.returncode for each in checked] == [0, 0], checked
    assert refused.returncode == 1
    assert "in use" in refused.stderr
    assert before <= kept


def test_a_database_is_replaced_by_a_copy_only_when_somebody_says_yes(tmp_path):
    server = Tocsin(data_dir=tmp_path)
    server.init()
    assert server.run("backup", str(tmp_path / "copy.db")).returncode == 0

    asked = server.run("restore", str(tmp_path / "copy.db"), stdin="n\n")
    told = server.run("restore", str(tmp_path / "copy.db"), stdin="y\n")

    assert (asked.returncode, told.returncode) == (1, 0)
    assert "Replace everything" in asked.stdout


def test_a_script_reads_what_was_copied_and_put_back(tmp_path):
    server, copy = Tocsin(data_dir=tmp_path), str(tmp_path / "copy.db")
    server.init()

    done = server.run("backup", copy, "--json")
    back = server.run("restore", copy, "--json", stdin="y\n")

    database = str(tmp_path / "tocsin.db")
    assert json.loads(done.stdout) == {"from": database, "to": copy, "bytes": Path(copy).stat().st_size}
    assert json.loads(back.stdout) == {"from": copy, "to": database}


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_on_postgresql_the_commands_for_files_name_its_own(tmp_path, command):
    server = Tocsin(data_dir=tmp_path, env={"TOCSIN_DATABASE_URL": "postgresql://db.example.org/tocsin"})

    done = server.run(command, str(tmp_path / "copy.db"))

    assert done.returncode == 1
    assert "pg_dump" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dump_of_postgresql_has_all_that_was_accepted_before(tmp_path, postgresql_server):
    url, empty = postgresql_server.create(), postgresql_server.create()
    dump = str(tmp_path / "tocsin.dump")
    with tocsin(tmp_path / "one", TOCSIN_DATABASE_URL=url) as one, Storm([one]) as storm:
        storm.wait(50)
        before = set(storm.accepted)
        run(documented("pg_dump", **{"$TOCSIN_DATABASE_URL": url, "tocsin.dump": dump}))
        storm.wait(50)

    run(documented("pg_restore", **{"$TOCSIN_DATABASE_URL": empty, "tocsin.dump": dump}))
    two = restored(tmp_path / "two", one, TOCSIN_DATABASE_URL=empty)
    checked = two.run("migrate"), two.run("check")
    two.start()
    try:
        kept = titles(two)
    finally:
        two.stop()

    assert [each.returncode for each in checked] == [0, 0], checked
    assert before <= kept


def test_a_base_backup_and_the_log_bring_back_any_moment(tmp_path):
    with postgresql() as server:
        archive, base = server.socket / "archive", server.socket / "base"
        places = {"/archive": str(archive), "/backup/base": str(base)}
        mode, keep = (
            re.search(rf"`({name} = .*?)`", BACKUP)[1] for name in ("archive_mode", "archive_command")
        )
        with psycopg.connect(server.url(), autocommit=True) as operator:
            # By the server, so that they are its user's.
            operator.execute(f"COPY (SELECT 1) TO PROGRAM 'mkdir {archive}'")
            for setting in (mode, keep):
                name, value = setting.split(" = ", 1)
                value = value.strip("'").replace("/archive", str(archive))
                operator.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.stop()
        server.start()
        with tocsin(tmp_path / "one", TOCSIN_DATABASE_URL=server.create("tocsin")) as one:
            assert one.call("POST", "events", {"title": "in the base backup"}).status == 202
            login = f"host={server.socket} user=tocsin"
            command = documented("pg_basebackup", **{"/backup/base": str(base)})
            run(
                [
                    command[0],
                    f"--dbname={login}",
                    *[each for each in command[2:] if not each.startswith("user=")],
                ],
                by_postgres=True,
            )
            assert one.call("POST", "events", {"title": "in the log"}).status == 202
            with psycopg.connect(server.url("tocsin"), autocommit=True) as operator:
                (moment,) = operator.execute("SELECT clock_timestamp()::text").fetchone()
                time.sleep(0.01)  # so that what follows is later for sure
                assert one.call("POST", "events", {"title": "the mistake"}).status == 202
                (last,) = operator.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
                archived = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
                give_up_at = time.monotonic() + PATIENCE_S
                while operator.execute(archived, (last,)).fetchone() != (True,):
                    assert time.monotonic() < give_up_at
                    time.sleep(0.02)
        server.stop()

        settings = re.search(r"postgresql\.auto\.conf <<END\n(.*?)   END\n", BACKUP, re.DOTALL)[1]
        settings = settings.replace("2026-03-06 08:59:00+00", moment)
        for shown, ours in places.items():
            settings = settings.replace(shown, ours)
        with (base / "postgresql.auto.conf").open("a") as file:
            file.write(re.sub(r"^ +", "", settings, flags=re.MULTILINE))
        (base / "recovery.signal").touch()
        run(
            [
                "pg_ctl",
                "-D",
                str(base),
                "-s",
                "-w",
                "-l",
                str(server.socket / "log"),
                "-o",
                server.options,
                "start",
            ],
            by_postgres=True,
        )
        try:
            two = restored(tmp_path / "two", one, TOCSIN_DATABASE_URL=server.url("tocsin"))
            checked = two.run("check")
            two.start()
            try:
                kept = titles(two)
            finally:
                two.stop()
        finally:
            run(["pg_ctl", "-D", str(base), "-s", "-m", "immediate", "stop"], by_postgres=True)
            server.start()

    assert checked.returncode == 0, checked.stdout
    assert kept == {"in the base backup", "in the log"}
