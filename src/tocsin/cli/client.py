"""A small client of Tocsin's own API, by the standard library alone, and how its refusals read."""

import functools
import json
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import click

from tocsin import __version__
from tocsin.cli.printing import plain

API = "/api/tocsin/v1"
DEFAULT_URL = "http://127.0.0.1:8080"
TRIES_MAX = 4
PAUSE_MAX_S = 30.0
PAGE_SIZE = 200
PAGES_MAX = 1_000

Query = Sequence[tuple[str, str | int | None]]


class Refused(click.ClickException):
    """The server understood and said no; *status* is its HTTP status. The command ends with 1."""

    exit_code = 1

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unreachable(click.ClickException):
    """No answer, or one that Tocsin does not give. The command ends with 3."""

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the server is, who we are there, and whether its answers are printed as they come."""

    url: str
    token: str
    as_json: bool = False
    timeout_s: float = 30.0

    def get(self, path: str, query: Query = ()) -> Any:
        """Read *path* below the API's root; parameters that are None are left out."""
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any) -> Any:
        """Post *body* as JSON."""
        return self.call("POST", path, body=json.dumps(body).encode())

    def every(self, path: str, name: str, query: Query = ()) -> Iterator[Any]:
        """Go through all entries of the list *name*, cursor by cursor."""
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            answer = self.get(path, [*query, ("limit", PAGE_SIZE), ("cursor", cursor)])
            yield from answer[name]
            cursor = answer.get("next")
            if not cursor:
                return

    def call(self, method: str, path: str, *, query: Query = (), body: bytes | None = None) -> Any:
        """Send one request and return the JSON of the answer, or None when it has no body.

        An overloaded server is asked again when it says to be, a few times: it has done nothing then, so
        this is safe. Raises Refused or Unreachable.
        """
        request = self._request(method, path, query, body)
        for tries_left in reversed(range(TRIES_MAX)):
            try:
                with OPENER.open(request, timeout=self.timeout_s) as response:
                    return _json(response.read(), self.url)
            except HTTPError as error:
                with error:
                    pause_s = _pause_s(error)
                    if pause_s is None or not tries_left:
                        _refuse(error)
            except (OSError, HTTPException, ValueError) as error:
                _give_up(error, self.url)
            time.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    def _request(self, method: str, path: str, query: Query, body: bytes | None) -> Request:
        asked = urlencode([(name, str(value)) for name, value in query if value is not None])
        address = f"{self.url.rstrip('/')}{API}{path}{'?' if asked else ''}{asked}"
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
            "User-Agent": f"tocsin/{__version__}",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Request(address, data=body, headers=headers, method=method)  # noqa: S310 - server_url lets http(s) pass


class _NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for an answer: followed, it would carry the token to a stranger."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = build_opener(_NoRedirect)
"""Opens addresses, and takes a redirect for an answer."""


def part(text: str) -> str:
    """Write *text* as one part of a path, whatever is in it."""
    return quote(text, safe="")


def talks(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how to reach the server, as its parameter *server*."""
    return talks_as("", command)


def talks_as(name: str, command: Callable[..., None]) -> Callable[..., None]:
    """Do the same for a command that has such options for somebody else: the server's are called *name*."""
    before = f"--{name}-" if name else "--"

    @click.option(
        f"{before}url",
        "url",
        envvar="TOCSIN_URL",
        default=DEFAULT_URL,
        show_default=True,
        callback=server_url,
        help="The server.",
    )
    @click.option(
        f"{before}token",
        "token",
        envvar="TOCSIN_TOKEN",
        callback=_token,
        help="An API key; better kept in TOCSIN_TOKEN.",
    )
    @click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(0.1, 600),
        default=30,
        show_default=True,
        help="Seconds to wait for an answer.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print the server's answer as JSON.")
    @functools.wraps(command)
    def with_server(*, url: str, token: str, timeout_s: float, as_json: bool, **arguments: Any) -> None:
        server = Server(url=url, token=token, timeout_s=timeout_s, as_json=as_json)
        command(server=server, **arguments)

    return with_server


def server_url(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Read the address of a server."""
    parts = urlsplit(value if "://" in value else f"http://{value}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter(
            f"{value!r} is no address of a server; it must be like https://tocsin.example.org"
        )
    return parts.geturl()


def _token(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    if not value:
        raise click.UsageError("TOCSIN_TOKEN is not set; it must hold an API key, as `tocsin init` prints it")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise click.UsageError(
            "TOCSIN_TOKEN holds more than a key; it must be letters, digits and signs without spaces"
        )
    return value


def _json(body: bytes, url: str) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise Unreachable(f"{url} answers, but not as Tocsin does; check TOCSIN_URL") from error


def _pause_s(error: HTTPError) -> float | None:
    """Tell how long an overloaded server wants to be left alone; None when it is no use to ask again."""
    asked = error.headers.get("Retry-After", "")
    if error.code not in (429, 503) or not asked.isdecimal() or int(asked) > PAUSE_MAX_S:
        return None
    return float(asked)


def _refuse(error: HTTPError) -> NoReturn:
    if 300 <= error.code < 400:
        where = plain(error.headers.get("Location", "elsewhere"))
        raise Unreachable(f"the server sends us on to {where}; set TOCSIN_URL to where it really is")
    try:
        problem = json.loads(error.read())
    except (ValueError, OSError):
        problem = None
    lines = _problem(problem) if isinstance(problem, dict) else []
    if not lines:
        lines = [f"the server answers {error.code} {error.reason}"]
    if error.code == 401:
        lines.append("TOCSIN_TOKEN must hold a key that is neither wrong nor revoked")
    if error.code >= 500 and isinstance(problem, dict) and problem.get("trace"):
        lines.append(f"the server's log has it under {plain(problem['trace'])}")
    text = "\n  ".join(lines)
    raise Refused(f"{text} ({error.code})", status=error.code)


def _problem(problem: dict[str, Any]) -> list[str]:
    """Turn an RFC 9457 document into lines: what is wrong, then each field that is."""
    lines = [str(problem.get("detail") or problem.get("title") or "")]
    for field in problem.get("errors") or ():
        if isinstance(field, dict):
            said = field.get("detail") or " ".join(
                str(field[part]) for part in ("path", "problem") if field.get(part)
            )
            lines.append(f"{said}; it {field['remedy']}" if field.get("remedy") else str(said))
    return [plain(line) for line in dict.fromkeys(lines) if line]


def _give_up(error: Exception, url: str) -> NoReturn:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        hint = "name the file of your own authority in SSL_CERT_FILE"
    elif isinstance(reason, ConnectionRefusedError):
        hint = "is it running there? TOCSIN_URL says where to look"
    else:
        hint = "TOCSIN_URL says where to look"
    raise Unreachable(f"cannot reach {url}: {reason}; {hint}") from error
