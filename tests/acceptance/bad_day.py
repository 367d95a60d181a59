"""What a machine may do to a server: its disk is full, or slow, or its clock was set. See ``bad_day.c``."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("bad_day.c")


@dataclass(frozen=True, kw_only=True)
class BadDay:
    """What goes wrong for processes that run with *env*, as long as it does."""

    folder: Path
    env: Mapping[str, str]

    @contextmanager
    def of(self, what: str, text: str = "") -> Iterator[None]:
        """Let *what* be wrong until the block ends: full, slow or clock."""
        self.begin(what, text)
        try:
            yield
        finally:
            (self.folder / what).unlink()

    def begin(self, what: str, text: str = "") -> None:
        """Let *what* be wrong from now on."""
        fresh = self.folder / f"{what}.new"
        fresh.write_text(text)
        fresh.chmod(0o644)
        fresh.replace(self.folder / what)


def bad_day(folder: Path, *, disk: Path) -> BadDay:
    """Make ready for a bad day of what lies on *disk*; *folder* must be one that all its users can read."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler is not None, "there is no C compiler: scripts/test-needs.sh installs one"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    library = folder / "bad_day.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    env = {"LD_PRELOAD": str(library), "BAD_DAY": str(folder), "BAD_DAY_DISK": str(disk)}
    return BadDay(folder=folder, env=env)
