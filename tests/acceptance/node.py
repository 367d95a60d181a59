"""The vendors' own JavaScript clients: installed once for each lock, and run."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acceptance.peers import PATIENCE_S

HERE = Path(__file__).parent / "npm"
KEPT = Path(__file__).parents[2] / "var" / "npm"
INSTALL_S = 300.0


def modules() -> Path:
    """Give the folder with the locked packages, which are fetched when it is not there."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = KEPT / hashlib.sha256(lock).hexdigest()[:16]
    done = folder / "ready"
    if not done.exists():
        npm = shutil.which("npm")
        assert npm is not None, "npm is not installed: scripts/test-needs.sh does it"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        got = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
        assert got.returncode == 0, got.stderr
        done.touch()
    return folder / "node_modules"


def run(script: str, *arguments: str, env: Mapping[str, str]) -> Any:
    """Run a script of ours with the packages at hand, and read the JSON that it prints."""
    found = {**os.environ, "NODE_PATH": str(modules()), **env}
    got = subprocess.run(
        ["node", str(HERE / script), *arguments],
        env=found,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 2,
        check=False,
    )
    assert got.returncode == 0, got.stderr
    return json.loads(got.stdout)
