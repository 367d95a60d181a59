"""How each vendor's client is pointed here: what to copy once a key is made. Pure.

The lines are those of docs/dialects; shells run the first of each kind as it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.actions.key_kinds import KeyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client, and the *lines* to copy; ``<<url>>`` and each part of a key are filled in."""

    title: str
    lines: str


_TOCSIN: Final = """export TOCSIN_URL=<<url>> TOCSIN_TOKEN=<<token>>
curl --fail-with-body "$TOCSIN_URL/api/tocsin/v1/alerts" --header "Authorization: Bearer $TOCSIN_TOKEN"
"""
_DATADOG: Final = """export DD_API_KEY=<<api_key>> DD_APP_KEY=<<application_key>>
curl --fail-with-body "<<url>>/api/v2/on-call/schedules" \\
    --header "DD-API-KEY: $DD_API_KEY" --header "DD-APPLICATION-KEY: $DD_APP_KEY"
"""
_DATADOG_PYTHON: Final = """from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.on_call_api import OnCallApi

with ApiClient(Configuration(host="<<url>>")) as client:  # the keys: DD_API_KEY and DD_APP_KEY
    print(OnCallApi(client).list_on_call_schedules().data)
"""
_DATADOG_TERRAFORM: Final = """provider "datadog" {
  api_url = "<<url>>/" # the keys: DD_API_KEY and DD_APP_KEY
}
"""
_ONCALL: Final = """export ONCALL_TOKEN=<<token>>
curl --fail-with-body "<<url>>/api/v1/schedules/" --header "Authorization: $ONCALL_TOKEN"
"""
_ONCALL_TERRAFORM: Final = """provider "grafana" {
  oncall_url          = "<<url>>"
  oncall_access_token = "<<token>>"
}
"""
_CLOUD_MANAGER: Final = """export PUBLIC_KEY=<<public_key>> PRIVATE_KEY=<<private_key>>
curl --fail-with-body --user "$PUBLIC_KEY:$PRIVATE_KEY" --digest \\
    "<<url>>/api/public/v1.0/globalAlerts?status=OPEN"
"""
_CLOUD_MANAGER_CLIENT: Final = """curl --fail-with-body --user "<<client_id>>:<<client_secret>>" \\
    --data grant_type=client_credentials "<<url>>/api/oauth/token"
"""
_GUANCE: Final = """export DF_API_KEY=<<api_key>>
curl --fail-with-body "<<url>>/api/v1/alert_policy/list" --header "DF-API-KEY: $DF_API_KEY"
"""
_DIGITALOCEAN: Final = """export DIGITALOCEAN_ACCESS_TOKEN=<<token>>
curl --fail-with-body "<<url>>/v2/apps" --header "Authorization: Bearer $DIGITALOCEAN_ACCESS_TOKEN"
"""
_DIGITALOCEAN_PYTHON: Final = """from pydo import Client

print(Client(token="<<token>>", endpoint="<<url>>").apps.list())
"""
_DIGITALOCEAN_DOCTL: Final = """doctl apps list --api-url <<url>> --access-token <<token>>
"""

CLIENTS: Final[Mapping[KeyKind, Sequence[Client]]] = {
    KeyKind.TOCSIN: (Client(title="curl, and the tocsin command", lines=_TOCSIN),),
    KeyKind.DATADOG: (
        Client(title="curl", lines=_DATADOG),
        Client(title="Python", lines=_DATADOG_PYTHON),
        Client(title="Terraform", lines=_DATADOG_TERRAFORM),
    ),
    KeyKind.GRAFANA_ONCALL: (
        Client(title="curl", lines=_ONCALL),
        Client(title="Terraform", lines=_ONCALL_TERRAFORM),
    ),
    KeyKind.CLOUD_MANAGER: (
        Client(title="curl, by a digest", lines=_CLOUD_MANAGER),
        Client(title="An access token", lines=_CLOUD_MANAGER_CLIENT),
    ),
    KeyKind.GUANCE: (Client(title="curl", lines=_GUANCE),),
    KeyKind.DIGITALOCEAN: (
        Client(title="curl", lines=_DIGITALOCEAN),
        Client(title="Python", lines=_DIGITALOCEAN_PYTHON),
        Client(title="doctl", lines=_DIGITALOCEAN_DOCTL),
    ),
}


def clients_of(kind: KeyKind, secrets: Mapping[str, str], public_url: str) -> Sequence[Client]:
    """Give the clients that a new key of *kind*, made of *secrets*, is for; calendars have none."""
    words = {"url": public_url, **secrets}
    return [_filled(client, words) for client in CLIENTS.get(kind, ())]


def _filled(client: Client, words: Mapping[str, str]) -> Client:
    lines = client.lines
    for name, word in words.items():
        lines = lines.replace(f"<<{name}>>", word)
    return Client(title=client.title, lines=lines)
