"""Tocsin itself, as a process of its own on fresh data, and the way to talk to it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peers import HOST, free_port
from tocsin.cli.client import Server

READY_WITHIN_S = 30
STOP_WITHIN_S = 30


class Tocsin:
    """A server over the data in *folder*: begun by ``tocsin init``, run by ``tocsin serve``."""

    def __init__(self, folder: Path, *, smtp_url: str) -> None:
        self.url = f"http://{HOST}:{free_port()}"
        self.log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None
        own = {
            "TOCSIN_DATA_DIR": str(folder),
            "TOCSIN_PUBLIC_URL": self.url,
            "TOCSIN_SMTP_URL": smtp_url,
            "TOCSIN_MAIL_FROM": "Tocsin <tocsin@harbour.example>",
            "TOCSIN_OUTBOUND_ALLOW": "127.0.0.0/8",
            "TOCSIN_HOST": HOST,
            "TOCSIN_PORT": self.url.rpartition(":")[2],
        }
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("TOCSIN_")}
        self._environment = {**inherited, **own}
        self.beginning: Mapping[str, Any] = {}

    @property
    def token(self) -> str:
        """The owner's key."""
        return str(self.beginning["credentials"]["tocsin"]["token"])

    def init(self, *words: str) -> None:
        """Make the workspace, and keep what opens it."""
        command = [sys.executable, "-m", "tocsin", "init", "--json", *words]
        made = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise SystemExit(made.stderr)
        self.beginning = json.loads(made.stdout)

    def start(self) -> None:
        """Start to serve, and return when it is ready."""
        with self.log.open("wb") as log:
            # In a session of its own, so that Ctrl-C comes to us alone and everything ends in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", "serve"],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not self._ready():
            if not self.runs or time.monotonic() > give_up_at:
                self.stop()
                raise SystemExit(f"Tocsin did not start:\n{self.log.read_text()}")
            time.sleep(0.1)

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Let it finish what it has begun, and end it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def api(self) -> Server:
        """Talk to it as the owner."""
        return Server(url=self.url, token=self.token)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False
