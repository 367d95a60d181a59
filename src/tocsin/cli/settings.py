"""How the commands of the server begin: with settings, or a plain word about what is wrong with them."""

import os
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import click

from tocsin.cli.printing import plain
from tocsin.core.errors import TocsinError
from tocsin.settings import Settings, load

P = ParamSpec("P")
T = TypeVar("T")

REFUSED = 1


def settings_with(options: Mapping[str, object | None] | None = None) -> Settings:
    """Read the settings from the environment, with *options* of the command line before it.

    *options* goes by the names of the variables; those that are None were not given.
    """
    given = {name: str(value) for name, value in (options or {}).items() if value is not None}
    return load({**os.environ, **given})


def refuse(problem: object) -> NoReturn:
    """Say on standard error what is wrong, a line each, and end with the code for "refused"."""
    for line in str(problem).splitlines():
        click.echo(f"tocsin: {plain(line)}", err=True)
    sys.exit(REFUSED)


def refusing(command: Callable[P, T]) -> Callable[P, T]:
    """Let *command* end with a plain word, and no traceback, when what it was asked to do cannot be done."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except TocsinError as error:
            refuse(error)

    return guarded
