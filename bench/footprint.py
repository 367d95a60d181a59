"""What one more open alert costs: bytes on disk and timers, on either engine, gathered and with a page each.

Everything that comes with an alert counts: its event, its story, its page, its messages, and every index.
"""

import json
import urllib.request
from typing import Any

import apsw
import psycopg
from harness import Served, mail_server, postgresql, tocsin, verdict
from setting import API, configure

ALERTS = 20_000
EACH = 500
BYTES_MAX = 4_000  # of one alert; what it comes to decides how large a database becomes


def fill(server: Served) -> None:
    """Send ALERTS new alerts of the size that a monitor's usually have."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {server.token}"}
    for start in range(0, ALERTS, EACH):
        events = [
            {
                "dedup_key": f"disk-{number}",
                "severity": "error",
                "title": f"Disk almost full on db-{number}",
                "message": f"The disk /var of db-{number} is 93 % full and fills by 2 % an hour",
                "source": "prometheus",
                "labels": {"alertname": "DiskFull", "cluster": f"c{number % 8}", "host": f"db-{number}"},
            }
            for number in range(start, start + EACH)
        ]
        body = json.dumps({"events": events}).encode()
        with urllib.request.urlopen(
            urllib.request.Request(f"{server.url}{API}/events", body, headers)
        ) as answer:
            answer.read()


def on_sqlite(server: Served) -> tuple[int, int]:
    connection = apsw.Connection(str(server.data / "tocsin.db"))
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    used = connection.execute("PRAGMA page_count").fetchone()[0]
    timers = connection.execute("SELECT count(*) FROM timers").fetchone()[0]
    connection.close()
    return size * used, timers


def on_postgresql(url: str) -> tuple[int, int]:
    with psycopg.connect(url) as connection:
        used = connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]
        timers = connection.execute("SELECT count(*) FROM timers").fetchone()[0]
    return used, timers


def measure(look: Any, settings: dict[str, str], *, gather: bool) -> tuple[float, float]:
    """Return bytes and timers an alert."""
    with mail_server() as smtp_url, tocsin(TOCSIN_SMTP_URL=smtp_url, **settings) as server:
        configure(server, gather=gather)
        before = look(server)
        fill(server)
        after = look(server)
    return (after[0] - before[0]) / ALERTS, (after[1] - before[1]) / ALERTS


def main() -> list[dict[str, Any]]:
    print("what an open alert costs:", flush=True)
    found = []
    for gather in (True, False):
        how = "gathered" if gather else "a page each"
        used, timers = measure(on_sqlite, {}, gather=gather)
        print(f"  SQLite, {how}: {used:,.0f} bytes, {timers:.2f} timers", flush=True)
        found.append(verdict(f"bytes an alert, SQLite, {how}", used, BYTES_MAX, at_least=False))
        with postgresql() as database:
            url = database.create()
            used, timers = measure(
                lambda _server, url=url: on_postgresql(url), {"TOCSIN_DATABASE_URL": url}, gather=gather
            )
        print(f"  PostgreSQL, {how}: {used:,.0f} bytes, {timers:.2f} timers", flush=True)
        found.append(verdict(f"bytes an alert, PostgreSQL, {how}", used, BYTES_MAX, at_least=False))
    return found


if __name__ == "__main__":
    main()
