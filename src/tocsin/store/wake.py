"""Who is told, after a commit, that there is something to do."""

import logging
import threading
from collections.abc import Callable

from tocsin.store.transaction import Wake

log = logging.getLogger(__name__)

Callback = Callable[[frozenset[Wake]], None]


class Wakes:
    """The callbacks of one process. They are called on database threads and must return at once."""

    __slots__ = ("_callbacks", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: tuple[Callback, ...] = ()

    def add(self, callback: Callback) -> Callable[[], None]:
        """Call *callback* from now on, until the function that this returns is called."""
        with self._lock:
            self._callbacks = (*self._callbacks, callback)

        def remove() -> None:
            with self._lock:
                self._callbacks = tuple(each for each in self._callbacks if each is not callback)

        return remove

    def tell(self, what: frozenset[Wake]) -> None:
        """Call every callback, unless there is nothing to tell; one that fails stops nobody."""
        if what:
            for callback in self._callbacks:
                try:
                    callback(what)
                except Exception:
                    log.exception("somebody could not be woken for %s", ", ".join(sorted(what)))
