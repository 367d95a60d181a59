"""Create, list and revoke API keys."""

from collections.abc import Mapping
from typing import Any

import click

from tocsin.cli import printing
from tocsin.cli.client import Server, part, talks
from tocsin.cli.who import find

_OPEN = ("id", "kind", "name", "hint", "user_id", "created_at", "last_used_at", "expires_at", "revoked_at")


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command()
@click.argument("name")
@click.option(
    "--kind",
    default="tocsin",
    show_default=True,
    help="The API that it opens: this one, or the name of a dialect.",
)
@click.option("--user", help="Whose key: id or e-mail address; yours if not given.")
@click.option(
    "--network",
    "networks",
    multiple=True,
    help="From where alone it may be used, like 192.0.2.0/24; may be given several times.",
)
@talks
def create(*, server: Server, name: str, kind: str, user: str | None, networks: tuple[str, ...]) -> None:
    """Create a key called NAME, and print it: it is not shown again."""
    body: dict[str, Any] = {"kind": kind, "name": name}
    if networks:
        body["networks"] = list(networks)
    if user is not None:
        body["user_id"] = find(server, "user", user)["id"]
    answer = server.post("/api-keys", body)
    if server.as_json:
        printing.as_json(answer)
        return
    _created(answer)


@keys.command(name="list")
@talks
def list_keys(*, server: Server) -> None:
    """List the keys; their secrets are not shown."""
    found = list(server.every("/api-keys", "api_keys"))
    if server.as_json:
        printing.as_json({"api_keys": found, "next": None, "total": len(found)})
        return
    if not found:
        click.echo("no keys")
        return
    rows = [
        (
            key["id"],
            key.get("kind", ""),
            key.get("hint", ""),
            printing.when(key.get("created_at")),
            printing.when(key.get("last_used_at")),
            key.get("name", ""),
        )
        for key in found
    ]
    printing.table(("ID", "KIND", "HINT", "CREATED", "LAST USED", "NAME"), rows)


@keys.command()
@click.argument("key")
@talks
def revoke(*, server: Server, key: str) -> None:
    """Revoke the KEY of that id at once."""
    server.call("DELETE", f"/api-keys/{part(key)}")
    if server.as_json:
        printing.as_json({"id": key, "revoked": True})
        return
    click.echo(f"{printing.plain(key)} is revoked")


def _created(answer: Mapping[str, Any]) -> None:
    click.echo(f"{printing.plain(answer['id'])} is made; keep what follows, it is not shown again")
    printing.facts([(name, value) for name, value in answer.items() if name not in _OPEN])
