"""Put Alerta, which Tocsin is measured beside, into an environment of its own below var/rivals.

Used by `python bench --against alerta`. What is fetched is locked by requirements/alerta.txt.
"""

import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "alerta.txt"
PLACE = ROOT / "var" / "rivals" / "alerta"
READY = PLACE / "ready"


def main() -> None:
    """Make the environment, unless it stands and has what the lock says."""
    locked = LOCK.read_text()
    if READY.exists() and READY.read_text() == locked:
        return
    venv.create(PLACE, clear=True, with_pip=True)
    command = [
        str(PLACE / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run(  # noqa: S603 - our own words
        [*command, "--no-deps", "--require-hashes", "--requirement", str(LOCK)], check=True
    )
    READY.write_text(locked)


if __name__ == "__main__":
    main()
