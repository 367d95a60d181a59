"""Hears what other nodes wake, over LISTEN and NOTIFY."""

import contextlib
import threading
from collections.abc import Callable

import psycopg

from tocsin.store.connections import Address, connect
from tocsin.store.transaction import WAKES, Wake
from tocsin.store.wake import Wakes

CHANNEL = "tocsin"
_LOOK_UP_S = 5.0
_PAUSE_S = 0.05
_PAUSE_MAX_S = 0.5
_STOP = "stop"


def notify_command(who: str, what: frozenset[Wake]) -> str:
    """Write the command by which node *who* wakes the others when its transaction commits."""
    return f"NOTIFY {CHANNEL}, '{who} {' '.join(sorted(what))}'"


class Listener:
    """A thread with a connection of its own, which tells *wakes* what other nodes have committed.

    *reached* is called whenever there is a connection. A wake-up can be lost while there is none; so
    everything is woken once when there is one again, and whoever sleeps looks by itself after a while.
    """

    def __init__(self, address: Address, who: str, wakes: Wakes, reached: Callable[[], object]) -> None:
        self._address = address
        self._reached = reached
        self._who = who
        self._wakes = wakes
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tocsin-listen", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self, command: Callable[[str], object]) -> None:
        """End the thread; *command* runs a command on another connection, to wake it from its wait."""
        self._stopping.set()
        with contextlib.suppress(psycopg.Error):  # then it looks up by itself before long
            command(f"NOTIFY {CHANNEL}, '{self._who} {_STOP}'")
        self._thread.join()

    def _run(self) -> None:
        pause = _PAUSE_S
        while not self._stopping.is_set():
            try:
                with connect(self._address) as connection:
                    connection.execute(f"LISTEN {CHANNEL}".encode())
                    self._reached()
                    self._wakes.tell(WAKES)
                    pause = _PAUSE_S
                    self._hear(connection)
            except psycopg.Error:
                self._stopping.wait(pause)
                pause = min(pause * 2, _PAUSE_MAX_S)

    def _hear(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self._stopping.is_set():
            for notification in connection.notifies(timeout=_LOOK_UP_S, stop_after=1):
                who, *what = notification.payload.split(" ")
                if who != self._who:
                    self._wakes.tell(frozenset(wake for wake in WAKES if wake in what))
