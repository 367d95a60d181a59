"""Markdown that people wrote, as HTML that can do no harm.

No HTML of theirs gets through the parser, and whatever does get through is cut down to a few elements: two
walls, and the pages' Content-Security-Policy is a third.
"""

from functools import cache
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS: Final = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}


def prose(text: str) -> Markup:
    """Write Markdown as HTML: text, lists, tables, code and links; no pictures, which would ask elsewhere."""
    import nh3  # noqa: PLC0415  # megabytes that a server without notes need not have; so below

    html = nh3.clean(
        _parser().render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(html)  # noqa: S704  # cleaned above


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415  # as above

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
