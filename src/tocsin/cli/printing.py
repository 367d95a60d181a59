"""How answers look on a terminal: tables, times and trees, and nothing that could steer the terminal."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

_COLOURS = {
    **dict.fromkeys(("critical", "error", "firing"), "red"),
    **dict.fromkeys(("warning", "nodata", "acknowledged"), "yellow"),
    **dict.fromkeys(("resolved",), "green"),
}
_WIDTH_MIN = 20


def as_json(value: Any) -> None:
    """Print *value* as indented JSON."""
    click.echo(json.dumps(value, indent=2))


def plain(value: Any) -> str:
    """Turn *value* into one line of text in which no character can steer the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in str(value)).strip()


def indented(line: str) -> str:
    """Make *line* plain and keep the spaces that it begins with."""
    return " " * (len(line) - len(line.lstrip(" "))) + plain(line)


def when(value: Any) -> str:
    """Write an instant of the API in this machine's local time, to the second; a dash when there is none."""
    if not value:
        return "-"
    try:
        local = datetime.fromisoformat(value).astimezone()
    except (TypeError, ValueError, OverflowError):
        return plain(value)
    return f"{local:%Y-%m-%d %H:%M:%S %Z}"


def name_of(value: Any) -> str:
    """Name something that the API shows as an object with a name, or by its id alone."""
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("email") or value.get("id") or "-"
    return plain(value if value is not None else "-")


def table(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print *rows* under *titles*; on a terminal the last column is cut to fit its width."""
    lines = [titles, *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles) - 1)]
    room = shutil.get_terminal_size().columns - sum(widths) - 2 * len(widths) if sys.stdout.isatty() else None
    for number, line in enumerate(lines):
        cells = [
            click.style(cell.ljust(width), fg=_COLOURS.get(cell), bold=number == 0)
            for cell, width in zip(line, widths, strict=False)
        ]
        click.echo("  ".join([*cells, click.style(_cut(line[-1], room), bold=number == 0)]).rstrip())


def facts(pairs: Sequence[tuple[str, Any]]) -> None:
    """Print names and values, one a line, without those that say nothing."""
    said = [(name, plain(value)) for name, value in pairs if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in said), default=0)
    for name, text in said:
        click.echo(f"{click.style(name.ljust(width), bold=True)}  {text}")


def tree(value: Any) -> None:
    """Print any JSON value, indented, for people: names and texts without brackets and quotes."""
    for line in _branches(value, ""):
        click.echo(line)


def report(answer: Any, *, in_json: bool) -> None:
    """Print what the server thought out: its own text where it gives one, else all that it says."""
    if in_json:
        as_json(answer)
    elif isinstance(answer, Mapping) and isinstance(answer.get("text"), str):
        for line in answer["text"].splitlines():
            click.echo(indented(line))
    else:
        tree(answer)


def _branches(value: Any, indent: str) -> Iterator[str]:
    match value:
        case Mapping():
            for name, below in value.items():
                yield from _branch(f"{indent}{plain(name)}:", below, indent)
        case list():
            for below in value:
                yield from _branch(f"{indent}-", below, indent)
        case _:
            yield f"{indent}{_leaf(value)}"


def _branch(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list) and value:
        yield head
        yield from _branches(value, indent + "  ")
    elif value not in (None, "", [], {}):
        yield f"{head} {_leaf(value)}"


def _leaf(value: Any) -> str:
    return plain(json.dumps(value)) if isinstance(value, bool) or value is None else plain(value)


def _cut(text: str, room: int | None) -> str:
    if room is None or len(text) <= max(room, _WIDTH_MIN):
        return text
    return text[: max(room, _WIDTH_MIN) - 1] + "…"
