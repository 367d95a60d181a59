"""Answers in words, by text message or in a chat: which word means what, done and told in one line."""

import re
from typing import Final, assert_never

from tocsin.actions import answering
from tocsin.actions.answering import Asked
from tocsin.channels.wording import one_line
from tocsin.core.errors import Conflict, Forbidden, NotFound
from tocsin.httpkit.requests import Call
from tocsin.replies.links import Reply
from tocsin.world import Tx

TITLE_LENGTH_MAX: Final = 100
TOO_LATE: Final = "You can no longer answer this"

_WORDS: Final = {
    **dict.fromkeys(("ack", "acknowledge", "1", "ok", "yes", "y"), Reply.ACKNOWLEDGE),
    **dict.fromkeys(("resolve", "resolved", "close", "2"), Reply.RESOLVE),
    **dict.fromkeys(("out", "decline", "9"), Reply.DECLINE),
}
_DONE: Final = {
    Reply.ACKNOWLEDGE: "You have it",
    Reply.RESOLVE: "It is resolved",
    Reply.DECLINE: "You are left out",
}
_HOW_TO_ANSWER: Final = (
    "Reply ACK to acknowledge, RESOLVE if it is over, OUT to be left out; add ALL for every page."
)
_ANSWER: Final = re.compile(r"\s*([A-Za-z0-9]{1,20})[\s.!]*(all)?[\s.!]*", re.IGNORECASE)


def answer(tx: Tx, call: Call, *, channel: str, address: str, text: str) -> str:
    """Do what *text* says about what *address* was told of last on *channel*, and say what was done."""
    match = _ANSWER.fullmatch(text)
    reply = _WORDS.get(match[1].lower()) if match else None
    if match is None or reply is None:
        return _HOW_TO_ANSWER
    held_too = reply is Reply.RESOLVE
    asked = answering.asked_at(tx, channel, address, call.now, held_too=held_too)
    if not asked:
        here = "number" if channel == "sms" else "chat"
        return f"There is nothing that this {here} was asked about and that is still open."
    meant = asked if match[2] else asked[:1]
    said = [give(tx, call, reply, each, how=channel) for each in meant]
    rest = len(asked) - len(meant)
    more = (
        f" {rest} more page{'' if rest == 1 else 's'} wait{'s' if rest == 1 else ''} for you." if rest else ""
    )
    return f"{said[0]}.{more}" if len(said) == 1 else f"{_DONE[reply]}: {len(said)} pages."


def give(tx: Tx, call: Call, reply: Reply, asked: Asked, *, how: str) -> str:
    """Answer one page, and say so; whoever may not, or no longer, hears that."""
    workspace, user, page = asked.workspace, asked.user, asked.page
    now = call.now
    try:
        match reply:
            case Reply.ACKNOWLEDGE:
                answering.acknowledge(tx, workspace, user, page, comment="", how=how, now=now)
            case Reply.RESOLVE:
                answering.resolve(tx, workspace, user, page, how=how, now=now)
            case Reply.DECLINE:
                answering.decline(tx, workspace, user, page, how=how, now=now)
            case _:
                assert_never(reply)
        found = answering.look(tx, workspace, user, page, alerts_max=1)
    except (NotFound, Forbidden, Conflict):
        return TOO_LATE
    return f"{_DONE[reply]}: {one_line(found.page.title, TITLE_LENGTH_MAX)}"
