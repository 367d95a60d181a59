"""Markdown that people wrote, as HTML that can do no harm.

No HTML of theirs gets through the parser, and whatever does get through is cut down to a few elements: two
walls, and the pages' Content-Security-Policy is a third.
"""

from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_READ: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_TAGS: Final = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}


def prose(text: str) -> Markup:
    """Write Markdown as HTML: text, lists, tables, code and links; no pictures, which would ask elsewhere."""
    html = nh3.clean(
        _READ.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(html)  # noqa: S704  # cleaned above
