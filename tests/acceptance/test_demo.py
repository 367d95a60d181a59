"""The demo, as a newcomer sees it: it begins, tells its story, heeds an acknowledgement, and ends."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acceptance.peers import GLANCE_S, http

TOP = Path(__file__).parents[2]
PATIENCE_S = 90.0


class Show:
    """A demo that runs; *text* is what it has printed so far."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self.path = path
        self.process = process

    @property
    def text(self) -> str:
        return self.path.read_text()

    def wait(self, pattern: str) -> str:
        """Wait until it has printed *pattern*, and return what its group matched."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.text)):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < give_up_at, f"{pattern!r} did not come:\n{self.text}"
            time.sleep(GLANCE_S)
        return found[1] if found.groups() else found[0]


@pytest.fixture
def show(tmp_path):
    """Run ``python demo``, with the temporary folder all its own."""
    path, shows = tmp_path / "shown", []
    (tmp_path / "tmp").mkdir()
    env = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONIOENCODING": "utf-8"}

    def run(*words: str) -> Show:
        with path.open("wb") as shown:
            command = [sys.executable, "demo", *words]
            process = subprocess.Popen(command, cwd=TOP, env=env, stdout=shown, stderr=shown)
        shows.append(process)
        return Show(path, process)

    yield run
    for process in shows:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE_S)


def test_the_demo_tells_who_is_paged_and_why_and_heeds_an_acknowledgement(show, tmp_path):
    demo = show()
    url = demo.wait(r"TOCSIN_URL=(\S+)")
    token = demo.wait(r"TOCSIN_TOKEN=(\S+)")
    demo.wait(r"● Disk full on db-1: ")
    demo.wait(r"▶ Step 1 of 3 of Database asks Dan Duarte \(on call for Database primary\)")
    demo.wait(r"→ Dan Duarte is on call for Database primary .*; rule 1 of 3 of their rules, email")
    demo.wait(r"✉ mail to dan@harbour.example: \[Critical\]")
    demo.wait(r"… if nobody answers, step 2 of 3 of Database .* follows in \d+ s")
    demo.wait(r"☎ message to dan: \[Critical\]")
    demo.wait(r"▶ Step 2 of 3 of Database asks .* and Operations room")

    page = demo.wait(r"tocsin ack (page_\w+)")
    command = [sys.executable, "-m", "tocsin", "ack", page, "--url", url, "--token", token]
    acknowledged = subprocess.run(command, capture_output=True, text=True, check=False)

    assert acknowledged.returncode == 0, acknowledged.stderr
    demo.wait(r"✔ Disk full on db-1: Olivia Orsini acknowledged the alert")
    demo.wait(r"✔ Every firing alert of the page is acknowledged: nobody is asked any more")
    assert "\x1b[" not in demo.text, "colours are for terminals"
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE_S) == 0
    assert demo.text.rstrip().endswith("The demo is over, and what it started has ended.")
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(OSError, match="refused"):
        http("GET", f"{url}/healthz")


def test_the_demo_ends_by_itself_after_so_many_seconds(show):
    demo = show("--seconds", "1")

    assert demo.process.wait(PATIENCE_S) == 0
    assert "A storm begins: 5 alerts" in demo.text
