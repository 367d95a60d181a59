"""The page that newcomers begin with, followed to the letter against a real server and a real mail server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.peers import MailCatcher
from acceptance.servers import tocsin
from servers import Postgresql

PAGE = Path(__file__).parents[2] / "docs" / "start.md"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> dict[str, str]:
    """The settings that name the database; none for the default."""
    if request.param == "sqlite":
        return {}
    server: Postgresql = request.getfixturevalue("postgresql_server")
    return {"TOCSIN_DATABASE_URL": server.create()}


def commands(page: Path) -> list[str]:
    """Find the blocks of commands that *page* shows, but for what is said before a server runs."""
    return re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def follow(blocks: list[str], **env: str) -> str:
    """Run *blocks* in one shell, up to the first command that fails, and return what they printed."""
    here = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-euc", "\n".join(blocks)],
        env={"PATH": f"{here}:{os.environ['PATH']}", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_whoever_follows_the_start_page_is_paged_and_can_acknowledge(tmp_path, database):
    first, *others = commands(PAGE)
    with (
        MailCatcher() as mail,
        tocsin(
            tmp_path / "data",
            init=("--email", "ana@example.org", "--name", "Ana"),
            TOCSIN_SMTP_URL=mail.url,
            **database,
        ) as server,
    ):
        here = {"TOCSIN_URL": server.url, "TOCSIN_TOKEN": server.token}
        follow([first], **here)
        mail.mails.wait(1)
        printed = follow(others, **here)

        to_ana = mail.mails.wait(2, that=lambda each: each.recipients == ("ana@example.org",))
        to_team = mail.mails.wait(1, that=lambda each: "Disk full" in each.subject)
        pages = server.call("GET", "pages?status=triggered").json()

    assert [each.subject for each in to_ana] == ["[Critical] Hello, on-call", "[Resolved] Hello, on-call"]
    assert to_team[0].recipients[0] in {"ben@example.org", "cleo@example.org"}
    assert [page["alerts_count"] for page in pages["pages"]] == [2]
    assert "/integrations/alertmanager/" in printed
