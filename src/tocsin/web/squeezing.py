"""Answers made smaller on their way, for whoever is on a bad line."""

import gzip
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

SMALLEST: Final = 1_024  # bytes; below it nothing is won
LEVEL: Final = 5
_TEXTS: Final = ("text/", "application/javascript", "image/svg+xml")


def squeeze(request: Request, response: Response) -> Response:
    """Compress the body of *response* if it is text and the browser understands that.

    Nothing secret stands in a page beside what others write, so that its length gives nothing away.
    """
    if isinstance(response, StreamingResponse) or len(response.body) < SMALLEST:
        return response
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return response
    if not response.headers.get("content-type", "").startswith(_TEXTS):
        return response
    response.body = gzip.compress(bytes(response.body), LEVEL, mtime=0)
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))
    response.headers.add_vary_header("accept-encoding")
    return response
