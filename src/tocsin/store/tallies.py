"""What transactions have counted, once they are committed."""

import logging
import threading
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

Callback = Callable[[str, int], None]


class Tallies:
    """Who hears, in this process, what was counted and how often; on database threads, at once."""

    __slots__ = ("_callbacks", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: tuple[Callback, ...] = ()

    def add(self, callback: Callback) -> None:
        """Call *callback* from now on."""
        with self._lock:
            self._callbacks = (*self._callbacks, callback)

    def tell(self, counted: Mapping[str, int]) -> None:
        """Call every callback with each of *counted*; one that fails stops nobody."""
        for what, times in counted.items():
            for callback in self._callbacks:
                try:
                    callback(what, times)
                except Exception:
                    log.exception("%s could not be counted", what)
