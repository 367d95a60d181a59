"""The file that may hold settings: TOML, with their names whole, or in lower case and without prefix."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from tocsin.core.errors import Invalid
from tocsin.setting import PREFIX


def from_file(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give what *path* holds: each setting's name, its text, and where it came from."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid("TOCSIN_CONFIG", f"names {path}, which cannot be read: {error}") from None
    seen = set[str]()
    for key, value in content.items():
        if isinstance(value, dict):
            raise Invalid(f"[{key}] in {path}", "is a table", "must be lines like port = 8080")
        name = PREFIX + key.upper().removeprefix(PREFIX)
        if name == f"{PREFIX}CONFIG":
            raise Invalid(f"{key} in {path}", "names a second file", "must be left out")
        if name in seen:
            raise Invalid(f"{key} in {path}", "is set twice", "must be there once")
        seen.add(name)
        text = ",".join(map(_text, value)) if isinstance(value, list) else _text(value)
        if text:
            yield name, (text, str(path))


def _text(value: object) -> str:
    """Write *value* as an environment variable would have it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
