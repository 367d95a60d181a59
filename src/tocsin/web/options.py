"""The options of a select as HTML: written at once, for there may be thousands of them on a page. Pure."""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

from tocsin.web.choosing import Groups, Options

MANY: Final = 200
"""With more to choose from, what is chosen stands alone: it is taken away, and another one added."""


def options(groups: Groups, chosen: str, *, alone: bool = False) -> Markup:
    """Write the options of a select, with the one that is *chosen*, whether it is offered or not.

    Where there are MANY, one that stands *alone* has no others beside it.
    """
    offered = {value: words for _, among in groups for value, words in among}
    kept = [] if chosen in offered or not chosen else [("", [(chosen, f"{chosen} (not here any more)")])]
    if alone and chosen and len(offered) > MANY:
        groups, kept = [], [("", [(chosen, offered.get(chosen, f"{chosen} (not here any more)"))])]
    return Markup("").join(_written([*groups, *kept], chosen))


def _written(groups: Groups, chosen: str) -> Iterator[Markup]:
    for heading, among in groups:
        if heading:
            yield Markup('<optgroup label="{}">').format(heading)
        yield from _each(among, chosen)
        if heading:
            yield Markup("</optgroup>")


def _each(among: Options, chosen: str) -> Iterator[Markup]:
    for value, words in among:
        mark = " selected" if value == chosen else ""
        text = f'<option value="{escape(value)}"{mark}>{escape(words)}</option>'
        yield Markup(text)  # noqa: S704 - both parts are escaped
