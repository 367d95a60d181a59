"""What the robots of chats have in common: a webhook, perhaps a secret, and answers whose body has a code.

They answer 200 to what they refuse, and say so only in the body.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tocsin.channels.answers import receipt_of
from tocsin.channels.base import Attempt, HttpRequest, HttpResponse, Wire, below
from tocsin.core.destination import check_url
from tocsin.core.errors import Invalid
from tocsin.core.receipt import Outcome, Receipt

JSON = (("Content-Type", "application/json; charset=utf-8"),)
SECRET_LENGTH_MAX = 500
A_MINUTE = timedelta(minutes=1)
SAID_LENGTH_MAX = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """How a robot's answers are read: the *names* of the code and of its text, and the codes that pass.

    *busy* are those of a server in trouble, *too_fast* those of a sender who is asked to wait a minute.
    """

    names: tuple[tuple[str, str], ...]
    busy: frozenset[int] = frozenset()
    too_fast: frozenset[int] = frozenset()


async def post(
    body: bytes, attempt: Attempt, wire: Wire, *, whose: str, codes: Codes, url: str = ""
) -> Receipt:
    """Post *body* as JSON and read what *whose* robot answers."""
    address = url or attempt.address
    response = await wire.http(HttpRequest(method="POST", url=address, headers=JSON, body=body))
    return coded_receipt(response, whose=whose, codes=codes, now=attempt.now, secrets=secrets_of(attempt))


def coded_receipt(
    response: HttpResponse, *, whose: str, codes: Codes, now: datetime, secrets: Iterable[str] = ()
) -> Receipt:
    """Read an answer by its status, and then by the code in its body: any but 0 is a refusal."""
    receipt = receipt_of(response, whose=whose, now=now, secrets=secrets)
    if not receipt.accepted:
        return receipt
    code, text = _code(response.body, codes)
    if code == 0:
        return receipt
    for secret in secrets:
        text = text.replace(secret, "(secret)")
    error = f"{whose} answered {code} {text}".strip()
    if code in codes.too_fast:
        return Receipt(outcome=Outcome.TRY_AGAIN, error=error, retry_after=A_MINUTE)
    if code in codes.busy:
        return Receipt(outcome=Outcome.TRY_AGAIN, error=error)
    return Receipt(outcome=Outcome.NEVER, error=error)


def _code(body: bytes, codes: Codes) -> tuple[int, str]:
    """Find the code in *body*, and its text; what has none says nothing against the status."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0, ""
    if not isinstance(answer, Mapping):
        return 0, ""
    for name, said in codes.names:
        code = answer.get(name)
        if isinstance(code, int) and not isinstance(code, bool):
            return code, " ".join(str(answer.get(said, "")).split())[:SAID_LENGTH_MAX]
    return 0, ""


def signature(key: str, message: str = "") -> str:
    """Sign as these robots want it: the base64 of an HMAC-SHA256."""
    return base64.b64encode(hmac.new(key.encode(), message.encode(), sha256).digest()).decode("ascii")


def secrets_of(attempt: Attempt) -> tuple[str, ...]:
    """Give what of an attempt must not be repeated to people: the secret, and the tokens in the address."""
    parts = urlsplit(attempt.address)
    tokens = [value for _, value in parse_qsl(parts.query)]
    found = (attempt.secret, *tokens, parts.path.rpartition("/")[2])
    return tuple(secret for secret in found if len(secret) > 8)


def check_robot(  # a robot's own host is strict, any other is somebody's proxy
    address: str, path: str, *, whose: str, host: str, begins: str, parameter: str = ""
) -> str:
    """Return *address* if it is a URL, and on the robot's own *host* one of a robot."""
    url = check_url(address, below(path, "address"))
    parts = urlsplit(url)
    if parts.hostname != host:
        return url
    has = not parameter or any(name == parameter and value for name, value in parse_qsl(parts.query))
    longer = parts.path.startswith(begins) and (parameter or len(parts.path) > len(begins))
    if parts.scheme != "https" or not longer or not has:
        example = f"https://{host}{begins}{f'?{parameter}=…' if parameter else '…'}"
        raise Invalid(below(path, "address"), f"is no webhook of {whose}", f"must look like {example}")
    return url


def check_secret(secret: str, path: str) -> None:
    """Raise Invalid, below *path*, for what no robot gives out as its secret."""
    if secret and (not secret.isprintable() or " " in secret or len(secret) > SECRET_LENGTH_MAX):
        remedy = f"must be the text that the robot shows, at most {SECRET_LENGTH_MAX} characters"
        raise Invalid(below(path, "secret"), "cannot be a robot's secret", remedy)
