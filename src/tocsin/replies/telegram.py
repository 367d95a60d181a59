"""What Telegram hands on: buttons that were pressed in a chat, and what was written there.

Every update carries the secret that Telegram was given with the address (Bot API, "setWebhook"); without it
nothing is looked at. The answer to an update is itself a call of the Bot API, so that nothing else is sent.
Whoever presses a button under a message that was sent to their own chat acts in the name of its addressee.
"""

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Any, Final

import msgspec
from starlette.responses import Response

from tocsin.actions import answering
from tocsin.channels.telegram import callback_of
from tocsin.core.errors import Forbidden
from tocsin.core.ids import NotificationId
from tocsin.core.spelling import from_native
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.replies import words
from tocsin.replies.links import Reply
from tocsin.world import Tx

PATH: Final = "/telegram"
UPDATES: Final = f"{PATH}/updates"
PURPOSE: Final = "updates from Telegram"  # what the vault derives the secrets for
ALLOWED: Final = ("message", "callback_query")
UPDATE_LENGTH_MAX: Final = 262_144
SAID_LENGTH_MAX: Final = 200  # of what is said to a pressed button
CHANNEL: Final = "telegram"


class _Chat(msgspec.Struct, frozen=True):
    id: int
    type: str = "private"


class _Person(msgspec.Struct, frozen=True):
    id: int


class _Message(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    chat: _Chat
    sender: _Person | None = None
    text: str = ""


class _Pressed(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    id: str
    sender: _Person
    message: _Message | None = None
    data: str = ""


class _Update(msgspec.Struct, frozen=True):
    message: _Message | None = None
    callback_query: _Pressed | None = None


_UPDATES: Final[JsonReader[_Update]] = JsonReader(_Update, keeps_nul=True)


def secrets_of(keys: Sequence[bytes]) -> tuple[str, ...]:
    """Write *keys*, derived for PURPOSE, as the secrets that updates may carry; the first is the newest."""
    return tuple(key.hex() for key in keys)


def telegram_routes(secrets: Sequence[str]) -> Routes:
    """Make the route for updates that carry one of *secrets*."""
    routes = Routes(PATH, tag="replies")

    @routes.post(
        "/updates",
        permission=None,
        summary="Take what people answer in Telegram",
        hidden=True,
        body_limit=UPDATE_LENGTH_MAX,
    )
    async def take(call: Call, body: bytes) -> Response:
        given = call.request.headers.get("x-telegram-bot-api-secret-token", "").encode()
        if not any(compare_digest(given, secret.encode()) for secret in secrets):
            raise Forbidden("the secret is not the one that Telegram was given")
        update = _UPDATES.read(body)
        said = await call.world.database.write(lambda tx: _take(tx, call, update))
        return Response(msgspec.json.encode(said), media_type="application/json")

    return routes


def _take(tx: Tx, call: Call, update: _Update) -> Mapping[str, Any]:
    """Do what *update* says, once or again, and make the call that answers it."""
    if update.callback_query is not None:
        pressed = update.callback_query
        text = _press(tx, call, pressed)[:SAID_LENGTH_MAX]
        return {"method": "answerCallbackQuery", "callback_query_id": pressed.id, "text": text}
    if update.message is None or not update.message.text:
        return {}
    said = _answer(tx, call, update.message)
    return {"method": "sendMessage", "chat_id": update.message.chat.id, "text": said} if said else {}


def _press(tx: Tx, call: Call, pressed: _Pressed) -> str:
    """Do what a button says, for whom the message was sent to, and say what was done."""
    chat = pressed.message.chat.id if pressed.message is not None else pressed.sender.id
    found = callback_of(pressed.data)
    number = None if found is None else from_native(found[1])
    if found is None or number is None or chat != pressed.sender.id:
        return "That button does nothing here"
    asked = answering.asked_by(tx, NotificationId(number), CHANNEL, str(chat))
    if asked is None:
        return words.TOO_LATE
    return words.give(tx, call, Reply(found[0]), asked, how=CHANNEL)


def _answer(tx: Tx, call: Call, message: _Message) -> str:
    """Answer what somebody wrote: in their own chat by words, and anywhere to /start."""
    chat = message.chat
    if message.text.startswith("/start"):
        if chat.type == "private":
            return (
                f"The number of this chat is {chat.id}. Add it in Tocsin as a way to reach you,"
                " on the channel telegram; a code will come here."
            )
        return f"The number of this chat is {chat.id}. It can be the address of a destination in Tocsin."
    if chat.type != "private" or message.sender is None or message.sender.id != chat.id:
        return ""
    return words.answer(tx, call, channel=CHANNEL, address=str(chat.id), text=message.text)
