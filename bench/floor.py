"""The floor: the cheapest server that could take an event: it decodes it, stores nothing and answers 202.

What ingest is measured against, and reading: a GET is answered with 200 and a body of so many bytes, if it is
told how many. Run by ``harness.floor``; by hand: python bench/floor.py 9000 [bytes]
"""

import sys

import msgspec
import uvicorn

ANSWER = b'{"events":[{"id":"evt_000000000000"}]}'


def answer(status, body):
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


TAKEN = READ = answer(202, ANSWER)
if len(sys.argv) > 2:
    READ = answer(200, b"x" * int(sys.argv[2]))


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
        start, rest = TAKEN
    else:
        start, rest = READ
    await send(start)
    await send(rest)


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
