"""Connections to PostgreSQL: how one is opened, how a few are shared, and how lists travel over them."""

import re
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Buffer, Dumper
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8BinaryDumper
from psycopg.types.string import StrBinaryDumper

from tocsin.core.errors import Overloaded
from tocsin.store.statements import ListOf

CONNECT_TIMEOUT_S = 2
ACQUIRE_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_MS = 30_000
_STATEMENTS_CACHED = 500

# What a connection is opened with, unless the URL says otherwise: it must reach the primary, and notice
# within seconds that the other side has gone.
_DEFAULTS: dict[str, str | int] = {
    "application_name": "tocsin",
    "connect_timeout": CONNECT_TIMEOUT_S,
    "target_session_attrs": "read-write",
    "tcp_user_timeout": 5_000,
    "keepalives_idle": 10,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
# Statements are planned once and the plans are kept, perhaps since the tables were empty. Every one of ours
# looks rows up by an index, so the planner is told to prefer that whatever it believes of the sizes.
_PLANNING = "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
# A node that stands still in the middle of an action must not keep the others from what it has locked.
IDLE_TIMEOUT_MS = 4_000
_LIMITS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
)

_OPTION = re.compile(r"-c\s*([\w.]+)=((?:\\.|[^\s\\])*)")
_NO_SUCH_OPTION = "unsupported startup parameter"  # what PgBouncer says of one that it does not know

_OID_INT8, _OID_TEXT = 20, 25
_NULL = b"\xff\xff\xff\xff"


class Wholes:
    """A list of whole numbers, some perhaps None, on its way to a ``bigint[]``."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[int | None]) -> None:
        self.values = values


class Texts:
    """A list of texts, some perhaps None, on its way to a ``text[]``."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[str | None]) -> None:
        self.values = values


class _WholesDumper(Dumper):
    """Packs numbers as the server keeps them, several times faster than one by one."""

    format = pq.Format.BINARY
    oid = 1016

    def dump(self, obj: Wholes) -> Buffer:
        values = obj.values
        if None in values:
            body = b"".join(_NULL if v is None else struct.pack("!iq", 8, v) for v in values)
        else:
            pairs = chain.from_iterable(zip(repeat(8), values))  # repeat never ends
            body = struct.pack("!" + "iq" * len(values), *pairs)
        return _array(_OID_INT8, values, body)


class _TextsDumper(Dumper):
    """Packs texts as the server keeps them."""

    format = pq.Format.BINARY
    oid = 1009

    def dump(self, obj: Texts) -> Buffer:
        parts: list[bytes] = []
        for value in obj.values:
            if value is None:
                parts.append(_NULL)
            else:
                raw = value.encode()
                parts += (len(raw).to_bytes(4, "big"), raw)
        return _array(_OID_TEXT, obj.values, b"".join(parts))


def _array(oid: int, values: Sequence[object], body: bytes) -> bytes:
    if not values:
        return struct.pack("!iii", 0, 0, oid)
    return struct.pack("!iiiii", 1, int(None in values), oid, len(values), 1) + body


def as_list(kind: ListOf, values: Sequence[Any]) -> Wholes | Texts:
    """Wrap *values* so that they travel as one array, whatever they are."""
    return Wholes(values) if kind == "whole" else Texts(values)


def as_lists(lists: Sequence[tuple[str, ListOf]], parameters: dict[str, Any]) -> None:
    """Wrap those of *parameters* that are lists."""
    for name, kind in lists:
        parameters[name] = as_list(kind, parameters[name])


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and whether a pooler stands before it that lends its connections by the transaction.

    Through such a *pooled* address nothing of ours lasts from one transaction to the next: no statement is
    prepared, no notification heard, and what a connection is else opened with is set in each transaction.
    """

    url: str
    pooled: bool = False

    @property
    def settings(self) -> str:
        """The settings of the server that each transaction begins with, as a command; or nothing."""
        if not self.pooled:
            return ""
        wanted = dict(_OPTION.findall(_options(conninfo_to_dict(self.url))))
        literals = ((name, value.replace("\\", "").replace("'", "''")) for name, value in wanted.items())
        return "; SELECT " + ", ".join(f"set_config('{name}', '{text}', true)" for name, text in literals)


class Link:
    """One connection with its cursor. Transactions are begun and ended by hand: see ``command``."""

    __slots__ = ("_settings", "connection", "cursor")

    def __init__(self, address: Address, settings: str) -> None:
        self.connection = connect(address)
        self.cursor = self.connection.cursor(binary=True)
        self._settings = settings

    @property
    def usable(self) -> bool:
        """Whether the connection is open, and not inside a transaction."""
        return (
            not self.connection.closed
            and self.connection.info.transaction_status is pq.TransactionStatus.IDLE
        )

    @property
    def alive(self) -> bool:
        """Whether there is still a server at the other end, as far as is known."""
        return not self.connection.closed

    def begin(self, how: str = "", *, then: str = "") -> pq.abc.PGresult:
        """Begin a transaction, of the kind *how*; return the result of the command *then*."""
        return self.command(f"BEGIN{how}{self._settings}{f'; {then}' if then else ''}")

    def command(self, sql: str) -> pq.abc.PGresult:
        """Run one or several commands without parameters in a single round trip; return the last's result."""
        try:
            result = self.connection.pgconn.exec_(sql.encode())
        except MemoryError as error:  # what psycopg makes of a command that could not even be sent
            raise psycopg.OperationalError("the connection to the database is gone") from error
        if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            return result
        failure = errors.error_from_result(result)
        if failure.sqlstate is None:  # it is not the server that says so
            raise psycopg.OperationalError(str(failure))
        raise failure

    def roll_back(self) -> None:
        """End the transaction without saving anything; a connection that cannot even do that is closed."""
        try:
            self.command("ROLLBACK")
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def connect(address: Address) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a connection in autocommit mode, with the sizes of numbers and lists fixed."""
    wanted = conninfo_to_dict(address.url)
    settings: dict[str, Any] = {**_DEFAULTS, **wanted}
    if address.pooled:
        connection = _connect_through_poolers(settings)
    else:
        settings["options"] = _options(wanted)
        connection = psycopg.connect(autocommit=True, prepare_threshold=0, **settings)
    connection.prepared_max = _STATEMENTS_CACHED
    # One size for all numbers, or each mixture of sizes would be prepared as a statement of its own.
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    connection.adapters.register_dumper(str, StrBinaryDumper)
    connection.adapters.register_dumper(Wholes, _WholesDumper)
    connection.adapters.register_dumper(Texts, _TextsDumper)
    return connection


def _connect_through_poolers(settings: dict[str, Any]) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the first of the hosts whose server takes writes, if that is wanted.

    A pooler tells each client what it has once heard of its server, so that a standby that was promoted is
    taken for one for ever: libpq may not judge by that, and the server itself is asked.
    """
    settings.pop("options", None)
    writes = settings["target_session_attrs"] in ("read-write", "primary")
    hosts = str(settings.pop("host", "")).split(",")
    ports = str(settings.pop("port", "")).split(",")
    problem = psycopg.OperationalError("no server takes writes")
    for number, host in enumerate(hosts):
        port = ports[number] if len(ports) > 1 else ports[0]
        place = {name: value for name, value in (("host", host), ("port", port)) if value}
        chosen = {**settings, **place, "target_session_attrs": "any"}
        try:
            # Without a threshold nothing is prepared, whatever a statement asks for.
            connection = psycopg.connect(autocommit=True, prepare_threshold=None, **chosen)
        except psycopg.OperationalError as error:
            problem = error
            continue
        if not writes or _takes_writes(connection):
            return connection
        connection.close()
    raise problem


def _takes_writes(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    try:
        return connection.execute("SHOW transaction_read_only").fetchone() == ("off",)
    except psycopg.OperationalError:
        return False


def leads_through_a_pooler(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """Tell whether somebody else than the server has taken this connection: then its process is another."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] != connection.info.backend_pid


def was_refused_by_a_pooler(error: psycopg.Error) -> bool:
    """Tell whether *error* is a pooler's word for a connection that must last."""
    return _NO_SUCH_OPTION in str(error)


def _options(wanted: dict[str, Any]) -> str:
    return f"{_PLANNING} {_LIMITS} {wanted.get('options') or ''}".strip()


class Pool:
    """At most *size* connections, opened when they are needed; one that has gone is not given out again."""

    def __init__(self, address: Address, size: int) -> None:
        self._address = address
        self._settings = address.settings
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[Link] = []
        self._closed = False

    @contextmanager
    def link(self) -> Iterator[Link]:
        """Lend a connection; raise Overloaded when none becomes free in time."""
        if not self._free.acquire(timeout=ACQUIRE_TIMEOUT_S):
            raise Overloaded("every connection to the database is in use")
        try:
            try:
                link = self._idle.pop()
            except IndexError:
                link = Link(self._address, self._settings)
            try:
                yield link
            finally:
                if link.usable and not self._closed:
                    self._idle.append(link)
                else:
                    link.close()
        finally:
            self._free.release()

    def forget(self) -> None:
        """Close the idle connections: after one was lost, the others are likely to be dead as well."""
        while self._idle:
            self._idle.pop().close()

    def close(self) -> None:
        """Close the idle connections now, and the others when they come back."""
        self._closed = True
        self.forget()
