"""The file that may hold settings: TOML, with their names in lower case and without their prefix."""

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
    for key, value in content.items():
        if isinstance(value, dict):
            raise Invalid(f"[{key}] in {path}", "is a table", "must be lines like port = 8080")
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        if key == "config":
            raise Invalid(f"config in {path}", "names a second file", "must be left out")
        if text:
            yield PREFIX + key.upper(), (text, str(path))
