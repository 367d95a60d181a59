"""``tocsin telegram``: let Telegram hand on what people answer, or stop that."""

import asyncio
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from tocsin.app.accounts import bot_of
from tocsin.channels.base import Unsent
from tocsin.channels.telegram import Bot
from tocsin.cli.printing import plain
from tocsin.cli.settings import refuse, refusing, settings_with
from tocsin.httpkit.outbound import OutboundWire
from tocsin.opening import must_be_migrated
from tocsin.replies.telegram import ALLOWED, PURPOSE, UPDATES, secrets_of
from tocsin.settings import Settings
from tocsin.world import World


@click.group()
def telegram() -> None:
    """Let Telegram hand on to this server what people answer in a chat, or stop that."""


@telegram.command()
@refusing
def connect() -> None:
    """Tell Telegram where this server is, and a secret by which its requests are known.

    TOCSIN_PUBLIC_URL must be HTTPS and reachable from the internet. Then set TOCSIN_TELEGRAM_REPLIES=on.
    """
    settings = settings_with()
    bot = _bot(settings)
    must_be_migrated(settings)
    world = World.real(settings, OutboundWire())
    try:
        secret = secrets_of(world.database.vault.derive(PURPOSE))[0]
    finally:
        world.database.close()
    me = _call(settings, bot, "getMe", {})
    url = f"{settings.public_url.rstrip('/')}{UPDATES}"
    _call(settings, bot, "setWebhook", {"url": url, "secret_token": secret, "allowed_updates": ALLOWED})
    click.echo(f"@{plain(str(me.get('username', 'the bot')))} hands on to {url} what people answer")
    if not bot.replies:
        click.echo("set TOCSIN_TELEGRAM_REPLIES=on and start the server anew: its buttons then answer there")


@telegram.command()
@refusing
def disconnect() -> None:
    """Let Telegram hand on nothing any more; its messages go on, with buttons that lead to pages."""
    settings = settings_with()
    _call(settings, _bot(settings), "deleteWebhook", {})
    click.echo("Telegram hands on nothing any more; set TOCSIN_TELEGRAM_REPLIES=off")


def _bot(settings: Settings) -> Bot:
    bot = bot_of(settings)
    if bot is None:
        refuse("TOCSIN_TELEGRAM_BOT_TOKEN is not set; @BotFather gives it to whoever makes a bot")
    return bot


def _call(settings: Settings, bot: Bot, method: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Call *method* of the Bot API; end with its own words when it refuses."""

    async def ask() -> tuple[int, bytes]:
        async with OutboundWire(allow=settings.outbound_allow) as wire:
            answer = await wire.http(bot.request(method, values))
            return answer.status, answer.body

    try:
        status, body = asyncio.run(ask())
    except Unsent as unsent:
        refuse(f"Telegram cannot be reached: {unsent.problem}")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict) or said.get("ok") is not True:
        problem = said.get("description", "") if isinstance(said, dict) else ""
        refuse(f"Telegram refused {method} with {status}: {problem or 'no reason given'}")
    result = said.get("result")
    return result if isinstance(result, dict) else {}
