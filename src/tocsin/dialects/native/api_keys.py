"""``/api-keys``: for programs, of every API that Tocsin speaks."""

from starlette.responses import Response

from tocsin.actions import keys
from tocsin.actions.actor import Permission
from tocsin.actions.key_kinds import KeyKind
from tocsin.actions.keys import NewKey
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.ids import KeyId
from tocsin.dialects.native.handling import PREFIX, Stretch, beginning, following, location, named, sure
from tocsin.dialects.native.wire.api_keys import (
    WORDS,
    CreatedKeyView,
    KeyList,
    KeyView,
    NewKeyBody,
    service,
    show_created,
    show_key,
    user,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.etags import etag_of_value
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="API keys")

_KEY = {"key_id": "the key's id"}
_LIST = "api_keys"
_CI: dict[str, object] = {
    "id": "key_0cv1h8q4w2na",
    "kind": "tocsin",
    "name": "ci",
    "user_id": "usr_0cv1h8q4w2mn",
    "service_id": None,
    "hint": "h3Pw",
    "scopes": ["ingest"],
    "networks": [],
    "created_at": "2026-03-06T09:00:00Z",
    "last_used_at": None,
    "revoked_at": None,
}


@ROUTES.get(
    "/api-keys",
    permission=Permission.RESPOND,
    summary="List API keys",
    description="The oldest first, revoked ones too; your own, if you do not manage people.",
    examples=(Example(title="One key", answer={"api_keys": [_CI], "next": None, "total": 1}),),
)
async def list_api_keys(call: Call, query: Stretch) -> KeyList:
    """List keys."""
    listed = await call.ask(keys.list_, after=beginning(_LIST, query), limit=query.limit)
    return KeyList(
        api_keys=[show_key(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/api-keys",
    permission=Permission.RESPOND,
    summary="Make an API key",
    description=(
        f"`kind` is the API that the key is for: {', '.join(KeyKind)}. The answer holds its secrets, which"
        " are not shown again. A key acts for its user and may do what their role may, or less with `scopes`,"
        " and from anywhere, or only from `networks`;"
        " nobody makes one that may do more than they may themselves."
    ),
    status=201,
    answer=CreatedKeyView,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="A key that may only send events",
            body={"kind": "tocsin", "name": "ci", "scopes": ["ingest"]},
            answer={**_CI, "key": "tocsin_9yMpWBqJ0u3dGZ2i4mJ8c1xTn5kR7vQsL6oEfAh3Pw"},
        ),
        Example(
            title="A pair of keys",
            body={"kind": "datadog", "name": "terraform"},
            answer={
                **_CI,
                "kind": "datadog",
                "name": "terraform",
                "scopes": [],
                "hint": "4d1e",
                "key": "5f0c2a7be1d94e3f8a6b7c0d9e8f4d1e",
                "api_key": "5f0c2a7be1d94e3f8a6b7c0d9e8f4d1e",
                "application_key": "0b9a8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b",
            },
        ),
    ),
)
async def add_api_key(call: Call, body: NewKeyBody) -> Response:
    """Make a key."""
    if body.kind not in set(KeyKind):
        raise Invalid("kind", f"is {body.kind!r}, which is no API", f"must be one of {', '.join(KeyKind)}")

    def show(made: NewKey) -> Answer[CreatedKeyView]:
        view = show_created(made.key, made.secrets.key, made.secrets.parts)
        etag = etag_of_value(show_key(made.key))
        return Answer(value=view, headers={**location(f"/api-keys/{view.id}"), "etag": etag})

    with reworded(WORDS):
        return await call.once(
            show,
            keys.create,
            kind=KeyKind(body.kind),
            name=body.name,
            user=user(body),
            nobody=body.service_account,
            service=service(body),
            scopes=tuple(body.scopes),
            networks=tuple(body.networks),
            entropy=call.world.entropy,
            now=call.now,
        )


@ROUTES.get(
    "/api-keys/{key_id}",
    permission=Permission.RESPOND,
    summary="Read an API key",
    description="Without its secrets.",
    tagged=True,
    raises=(NotFound,),
    params=_KEY,
    examples=(Example(title="A key", answer=_CI),),
)
async def read_api_key(call: Call) -> KeyView:
    """Read one key."""
    return show_key(await call.glance(keys.get, _key(call)))


@ROUTES.delete(
    "/api-keys/{key_id}",
    permission=Permission.RESPOND,
    summary="Revoke an API key",
    description="It opens nothing any more, at once and for good.",
    raises=(NotFound, PreconditionFailed),
    params=_KEY,
)
async def revoke_api_key(call: Call) -> None:
    """Revoke one key."""
    await call.act(keys.revoke, _key(call), sure=sure(call, show_key), now=call.now)


def _key(call: Call) -> KeyId:
    return KeyId(named(call, "key"))
