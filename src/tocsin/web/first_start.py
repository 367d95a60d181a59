"""``/setup``: the first person at a server whose database is empty, let in by a code from its log."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from starlette.responses import RedirectResponse, Response

from tocsin.actions import first_start, passwords, sessions
from tocsin.actions.workspace import Beginning
from tocsin.core.errors import Conflict, Invalid
from tocsin.httpkit.errors import TooMany
from tocsin.httpkit.limits import Tries
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import Browsers, must_be_ours
from tocsin.web.forms import LENGTH_MAX, fields
from tocsin.web.rendering import page
from tocsin.web.signing import SETUP
from tocsin.world import Tx, World

TRIES: Final = 10  # of everybody together: there is one code
WITHIN: Final = timedelta(minutes=5)
TYPED: Final = ("code", "name", "email", "workspace", "service")
_log = structlog.get_logger(__name__)


class Invitation:
    """Says in the log how this server is set up, when it starts and nobody has done so yet."""

    name = "invitation"
    problem = "is always well"

    def __init__(self, world: World, public_url: str) -> None:
        self._world = world
        self._public_url = public_url

    async def start(self) -> None:
        """Say so once."""
        await say_code(self._world, self._public_url)

    async def stop(self) -> None:
        """There is nothing to end."""

    def turning(self, now: datetime) -> bool:
        """Say that all is well: it has nothing more to do."""
        del now
        return True


async def say_code(world: World, public_url: str) -> None:
    """Write the code that sets this server up to the log, if there is anything to set up."""
    now = world.now()
    if not await world.database.read(first_start.is_needed):
        return
    code = await world.database.write(lambda tx: first_start.code(tx, entropy=world.entropy, now=now))
    if code is not None:
        where = f"{public_url}{SETUP}"
        _log.warning("nobody has set this server up: open the page, and type the code", page=where, code=code)


def routes(world: World, browsers: Browsers, public_url: str) -> Routes:
    """Make the routes of setting the server up."""
    own = Routes("", tag="Pages")
    tries = Tries("set up", TRIES, WITHIN)

    @own.get(SETUP, permission=None, summary="Ask for what a new server needs", hidden=True)
    async def ask(call: Call) -> Response:
        """Show the form, for as long as there is anything to set up; a code that is too old is replaced."""
        if not await world.database.read(first_start.is_needed):
            return RedirectResponse("/login", 303)
        if not await world.database.read(lambda tx: first_start.is_offered(tx, now=call.now)):
            await say_code(world, public_url)
        return _show(call, {})

    @own.post(SETUP, permission=None, summary="Set a new server up", hidden=True, body_limit=LENGTH_MAX)
    async def begin(call: Call, body: bytes) -> Response:
        """Make the workspace, its owner and a service, and sign the owner in."""
        must_be_ours(call.request)
        form = fields(body)
        try:
            await tries.take(world.database, "everybody", call.now)
            passwords.check_password(form.get("password", ""))
            hashed = await asyncio.to_thread(passwords.hash_password, form["password"], world.entropy)
            browser = call.request.headers.get("user-agent", "")
            made, token = await world.database.write(lambda tx: _begin(tx, call, form, hashed, browser))
        except TooMany as error:
            minutes = -(-error.retry_after_s // 60)
            return _show(call, form, f"There were too many tries. Try again in {minutes} minutes.", 429)
        except Invalid as error:
            return _show(call, form, str(error), 400)
        except Conflict:
            return RedirectResponse("/login", 303)
        done = page("set_up.html", now=call.now, user=made.owner, made=made, public_url=public_url)
        return browsers.remember(done, token)

    return own


def _begin(
    tx: Tx, call: Call, form: Mapping[str, str], password_hash: str, browser: str
) -> tuple[Beginning, str]:
    entropy, now = call.world.entropy, call.now
    made = first_start.begin(
        tx,
        form.get("code", ""),
        email=form.get("email", ""),
        name=form.get("name", ""),
        password_hash=password_hash,
        workspace_name=form.get("workspace", ""),
        service_name=form.get("service", ""),
        entropy=entropy,
        now=now,
    )
    return made, sessions.begin(tx, made.owner, browser=browser, entropy=entropy, now=now)


def _show(call: Call, form: Mapping[str, str], problem: str = "", status: int = 200) -> Response:
    usual = {"workspace": "Tocsin", "service": "Default"}
    kept = {name: form.get(name, usual.get(name, "")) for name in TYPED}
    return page("setup.html", now=call.now, status=status, form=kept, problem=problem)
