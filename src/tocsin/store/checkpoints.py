"""SQLite's log back into the file, without holding the writer up.

Whoever commits past a limit would by SQLite's own ways copy thousands of pages before anybody hears of the
commit. Here a thread of its own copies them while the writer goes on, and the writer copies what came
meanwhile, when it has answered: only the one who writes can see the log whole, and begin it anew.
"""

import logging
import threading
from collections.abc import Callable

import apsw

log = logging.getLogger(__name__)

CHECKPOINT_PAGES = 4_000  # of 4 KiB in the log


class Checkpoints:
    """Copies the log of *writer* back whenever it has grown by so many *pages*.

    *connect* opens a further connection to the same file.
    """

    def __init__(
        self,
        writer: apsw.Connection,
        connect: Callable[[], apsw.Connection],
        *,
        pages: int = CHECKPOINT_PAGES,
    ) -> None:
        self.pages = 0  # in the log
        self._writer = writer
        self._connect = connect
        self._every = pages
        self._tried_at = 0  # how many were in it when it was last copied
        self._wanted = threading.Event()
        self._copied = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._copy_on, name="tocsin-checkpoint", daemon=True)

    def start(self) -> None:
        """Start the thread, and take over from SQLite's own ways."""
        self._writer.set_wal_hook(self._committed)
        self._thread.start()

    def stop(self) -> None:
        """End the thread. SQLite copies the rest when the last connection closes."""
        self._over = True
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join()

    def finish(self) -> None:
        """Copy what was committed while the thread copied; on the writing thread, between two commits."""
        if not self._copied.is_set():
            return
        self._copied.clear()
        try:
            self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error:
            log.warning("the log could not be copied into the database file yet", exc_info=True)
        self._tried_at = self.pages

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        if pages < self._tried_at:  # it began anew
            self._tried_at = 0
        self.pages = pages
        if pages - self._tried_at > self._every and not self._copied.is_set():
            self._wanted.set()
        return apsw.SQLITE_OK

    def _copy_on(self) -> None:
        connection = self._connect()
        try:
            while self._wanted.wait() and not self._over:
                try:
                    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                except apsw.Error:  # the writer tries as well, and says so
                    log.debug("the log could not be copied beside the writer", exc_info=True)
                self._wanted.clear()
                self._copied.set()
        finally:
            connection.close()
