"""``/api/oauth``: a service account gets an access token for its secret, and gives it back."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from tocsin.actions import digest_keys
from tocsin.core.errors import Invalid, Unauthorized
from tocsin.dialects.cloud_manager.oauth.wire import (
    Client,
    RefusalDocument,
    TokenDocument,
    client_of,
    once,
)
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.errors import TooMany
from tocsin.httpkit.limits import SlidingWindow
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

PREFIX = "/api/oauth"
TOKENS_A_MINUTE = 10

Form = dict[str, list[str]]
Handle = Callable[[Client, Form], Awaitable[object]]

_FORM = "application/x-www-form-urlencoded"
_BASIC = {"www-authenticate": 'Basic realm="oauth"'}
_UNSUPPORTED = "is not supported"
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


def oauth_routes() -> Routes:
    """Make the routes, which count how many tokens each client asks for."""
    routes = Routes(PREFIX, tag="Access tokens")
    asked = SlidingWindow(TOKENS_A_MINUTE, timedelta(minutes=1))

    @routes.post(
        "/token",
        permission=None,
        summary="Get an access token",
        description="For the client id and secret of a key, as Basic credentials; it opens all the rest.",
        body_later=bytes,
        media="application/json",
    )
    async def get_token(call: Call) -> Response:
        """Give an access token."""
        return await _answered(call, lambda client, form: _token(call, client, form, asked))

    @routes.post(
        "/revoke",
        permission=None,
        summary="Revoke an access token",
        body_later=bytes,
    )
    async def revoke_token(call: Call) -> Response:
        """Let an access token open nothing any more."""
        return await _answered(call, lambda client, form: _revoked(call, client, form))

    return routes


async def _answered(call: Call, handle: Handle) -> Response:
    """Read who asks for what, and dress whatever is wrong as this part of the API does."""
    headers = call.request.headers
    client = client_of(headers.get("authorization", "").encode("latin-1"))
    if client is None:
        return _refusal(HTTPStatus.UNAUTHORIZED, "invalid_client", "Invalid credentials provided.")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return _refusal(HTTPStatus.BAD_REQUEST, "invalid_request", f"The body must be {_FORM}.")
    try:
        form = read_form(await call.read())
        document = await handle(client, form)
    except Invalid as error:
        code = "unsupported_grant_type" if error.problem == _UNSUPPORTED else "invalid_request"
        return _refusal(HTTPStatus.BAD_REQUEST, code, f"{error}.")
    except Unauthorized:
        return _refusal(HTTPStatus.UNAUTHORIZED, "invalid_client", "Invalid credentials provided.")
    except TooMany as error:
        refused = _refusal(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", f"Too many requests: {error}.")
        refused.headers["retry-after"] = str(error.retry_after_s)
        return refused
    return Response(msgspec.json.encode(document), 200, _NO_STORE, media_type="application/json")


async def _token(call: Call, client: Client, form: Form, asked: SlidingWindow) -> TokenDocument:
    if once(form, "grant_type") != "client_credentials":
        raise Invalid("grant_type", _UNSUPPORTED, "must be client_credentials")
    host = call.request.client.host if call.request.client is not None else ""
    if call.kit.vendor_limits:
        asked.take((client.id, host), call.now)  # by address, so that nobody else uses a client's up

    def grant(tx: Tx) -> digest_keys.Granted:
        return digest_keys.grant(tx, client.id, client.secret, entropy=call.world.entropy, now=call.now)

    granted = await call.world.database.write(grant)
    return TokenDocument(granted.token, int(granted.lasts.total_seconds()))


async def _revoked(call: Call, client: Client, form: Form) -> dict[str, str]:
    token = once(form, "token")
    await call.world.database.write(lambda tx: digest_keys.revoke(tx, client.id, client.secret, token))
    return {}


def _refusal(status: HTTPStatus, code: str, description: str) -> Response:
    body = msgspec.json.encode(RefusalDocument(code, description))
    headers = _NO_STORE | (_BASIC if status is HTTPStatus.UNAUTHORIZED else {})
    return Response(body, status.value, headers, media_type="application/json")
