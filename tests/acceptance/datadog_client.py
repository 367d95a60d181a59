"""The vendor's own Python client, pointed at a Tocsin: requests in its models, answers parsed strictly."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.model_utils import ModelComposed, ModelNormal, ModelSimple, UnparsedObject

from acceptance.servers import Tocsin
from tocsin.core.spelling import from_native, to_uuid

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Models:
    """The client's models by their names, each read when it is first wanted: there are thousands."""

    def __getattr__(self, name: str) -> Any:
        module = import_module(f"datadog_api_client.v2.model.{_WORD.sub('_', name).lower()}")
        return getattr(module, name)


dd = Models()


@contextmanager
def client_of(server: Tocsin, **keys: str) -> Iterator[ApiClient]:
    """Give a client with the keys of *server*'s owner, or others: another host, and nothing else."""
    keys = server.credentials["credentials"]["datadog"] | keys
    configuration = Configuration(host=server.url)
    configuration.api_key["apiKeyAuth"] = keys["api_key"]
    configuration.api_key["appKeyAuth"] = keys["application_key"]
    with ApiClient(configuration) as client:
        yield client


def parsed(answer: Any) -> Any:
    """Return *answer*, in which the client must have known every type, enumeration and model."""
    assert list(_unparsed(answer, "answer")) == []
    return answer


def uuid(native_id: str) -> str:
    """Spell an id of the native API as this one does."""
    return to_uuid(from_native(native_id))


def _unparsed(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, UnparsedObject) or getattr(value, "_unparsed", False):
        yield path
    if isinstance(value, ModelComposed):
        for inner in value._composed_instances:
            yield from _unparsed(inner, path)
    elif isinstance(value, ModelNormal | ModelSimple):
        for name, inner in value._data_store.items():
            yield from _unparsed(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unparsed(inner, f"{path}[{place}]")
