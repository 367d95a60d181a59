"""Tables as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from starlette.responses import Response

from tocsin.web.rendering import iso

Value = str | int | datetime | None


def table(name: str, days: int, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> Response:
    """Give *rows* under their *head* as a file; instants are in UTC."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(head)
    writer.writerows([_plain(value) for value in row] for row in rows)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{days}-days.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(written.getvalue(), 200, headers, media_type="text/csv; charset=utf-8")


def _plain(value: Value) -> str | int:
    """Keep a spreadsheet from taking a text for a formula."""
    match value:
        case None:
            return ""
        case datetime():
            return iso(value)
        case str():
            return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
        case _:
            return value
