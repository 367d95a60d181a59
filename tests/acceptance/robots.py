"""Receivers that are as strict as the vendors': robots that check signatures, and a carrier of telephones."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from acceptance.peers import Receiver, Request

Judge = Callable[[Request], tuple[int, Any]]
SECRET = "SEC" + "ab12" * 15
HOUR_S = 3_600


class Robot(Receiver):
    """Keeps what it is given, and answers what *judge* says of it."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self._judge = judge

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(
            method=handler.command or "", path=handler.path, headers=headers, body=body, at=time.monotonic()
        )
        status, said = self._judge(request)
        answer = json.dumps(said).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)
        if status < 300 and not said.get("errcode") and not said.get("code"):
            self.requests.add(request)


def _signed(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def dingtalk(request: Request) -> tuple[int, Any]:
    """Be DingTalk's robot with a secret: the signature in the query, the milliseconds within an hour."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
    body = request.json()
    fresh = abs(time.time() * 1000 - int(query.get("timestamp", "0"))) < HOUR_S * 1000
    if query.get("access_token") != "t" or len(request.body) > 20_000:
        return 200, {"errcode": 300005, "errmsg": "token is not exist"}
    if not fresh or query.get("sign") != _signed(SECRET, f"{query.get('timestamp')}\n{SECRET}"):
        return 200, {"errcode": 310000, "errmsg": "sign not match"}
    if body["msgtype"] != "markdown" or not body["markdown"]["title"] or not body["markdown"]["text"]:
        return 200, {"errcode": 40035, "errmsg": "missing parameter"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def wecom(request: Request) -> tuple[int, Any]:
    """Be WeCom's robot: Markdown of at most 4,096 bytes."""
    content = request.json()["markdown"]["content"]
    if len(content.encode()) > 4_096:
        return 200, {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def feishu(request: Request) -> tuple[int, Any]:
    """Be Feishu's bot with a secret: the signature in the body, the seconds within an hour."""
    body = request.json()
    stamp = str(body.get("timestamp", "0"))
    if abs(time.time() - int(stamp)) > HOUR_S or body.get("sign") != _signed(f"{stamp}\n{SECRET}", ""):
        return 200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
    if body["msg_type"] != "interactive" or not body["card"]["elements"]:
        return 200, {"code": 9499, "msg": "Bad Request"}
    return 200, {"code": 0, "msg": "success", "data": {}}


def teams(request: Request) -> tuple[int, Any]:
    """Be a workflow of Teams."""
    (attachment,) = request.json()["attachments"]
    right = attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    return (202, {}) if right and attachment["content"]["type"] == "AdaptiveCard" else (400, {})


def google_chat(request: Request) -> tuple[int, Any]:
    """Be a space of Google Chat."""
    return (200, {"name": "spaces/A/messages/1"}) if request.json().get("text") else (400, {})


def twilio(token: str) -> Judge:
    """Be Twilio's API for the account AC1: basic authentication, forms, and its own error codes."""

    def judge(request: Request) -> tuple[int, Any]:
        wanted = "Basic " + base64.b64encode(f"AC1:{token}".encode()).decode()
        form = form_of(request)
        if request.headers.get("authorization") != wanted:
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if form.get("To", "").startswith("+1999"):
            return 400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}
        if "/Messages.json" in request.path and not 0 < len(form.get("Body", "")) <= 1_600:
            return 400, {"code": 21617, "message": "The concatenated message body exceeds the limit"}
        kind = "SM" if "/Messages.json" in request.path else "CA"
        return 201, {"sid": f"{kind}1", "status": "queued"}

    return judge


def form_of(request: Request) -> Mapping[str, str]:
    """Read a form."""
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def twilio_signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Sign a callback as Twilio does."""
    told = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()
