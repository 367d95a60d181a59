"""The floor: the cheapest server that could take an event: it decodes it, stores nothing and answers 202.

What ingest is measured against. Run by ``bench/ingest.py``; by hand: python bench/floor.py 9000
"""

import sys

import msgspec
import uvicorn

ANSWER = b'{"events":[{"id":"evt_000000000000"}]}'
START = {
    "type": "http.response.start",
    "status": 202,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())],
}
BODY = {"type": "http.response.body", "body": ANSWER}


class Event(msgspec.Struct):
    dedup_key: str
    severity: str
    title: str
    message: str = ""
    source: str = ""
    labels: dict[str, str] = {}


class Batch(msgspec.Struct):
    events: list[Event]


one = msgspec.json.Decoder(Event).decode
many = msgspec.json.Decoder(Batch).decode


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["method"] == "POST":
        (many if body.startswith(b'{"events"') else one)(body)
    await send(START)
    await send(BODY)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
