"""Every request that docs/api.md shows can be sent as it stands, one after the other."""

import re
import shlex
from pathlib import Path

from api_world import API
from tocsin.store import outbox

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
COMMAND = re.compile(
    r"^\$ (?:(?P<name>[A-Z]+)=\$\()?(?P<command>curl .*?)(?: \| jq -r \.id\))?$", re.MULTILINE
)


def requests():
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for match in COMMAND.finditer("\n".join(blocks)):
        if "$API" in match["command"]:
            yield match["name"], match["command"]


def test_every_request_that_is_shown_is_taken(api):
    known, done = {"API": API, "AUTH": "Authorization: Bearer owner"}, []

    for name, command in requests():
        said = re.sub(r"\$([A-Z]+)", lambda match: known[match[1]], command)
        words = shlex.split(said)
        path = next(word for word in words if word.startswith(API))
        body = words[words.index("--json") + 1] if "--json" in words else None
        method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
        if path.endswith("/verify"):
            (message,) = api.transact(lambda tx: outbox.due(tx, now=api.clock.now, limit=1))
            body = body.replace("042137", message.body)
        headers = {"content-type": "application/json"} if body else {}
        answer = api.call(method, path, as_="owner", content=body, headers=headers)
        assert answer.is_success, (command, answer.text)
        if name:
            known[name] = answer.json()["id"]
        done.append(path.removeprefix(API).split("/")[1].partition("?")[0])

    assert set(done) >= {
        "users",
        "teams",
        "schedules",
        "escalation-policies",
        "services",
        "alert-policies",
        "silences",
        "integrations",
        "destinations",
        "api-keys",
        "workspace",
        "audit-log",
    }
