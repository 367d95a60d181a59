"""Shares of a core, given to processes by the kernel's control groups, where this machine lets us."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PERIOD_US = 10_000
_OLD, _NEW = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


@contextmanager
def limited(pid: int, share: float) -> Iterator[None]:
    """Let process *pid*, and what it starts, have no more than *share* of a core."""
    old = (_OLD / "cpu.cfs_quota_us").exists() or (_OLD / "cpu.shares").exists()
    group = Path(tempfile.mkdtemp(prefix="tocsin-bench-", dir=_OLD if old else _NEW))
    try:
        quota = int(PERIOD_US * share)
        if old:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for inside in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(inside)
        group.rmdir()


def possible() -> bool:
    """Tell whether processes can be limited here: it takes root, and control groups that can be written."""
    try:
        with limited(os.getpid(), 1.0):
            return True
    except OSError:
        return False
