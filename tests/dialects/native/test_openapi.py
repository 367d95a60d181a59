"""The document says what the API does: Schemathesis makes requests of it, good ones and bad ones."""

import itertools
import re
import shutil
from dataclasses import dataclass
from functools import cache

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from api_world import API, REA, SHOP, Api
from native_office import KINDS
from tocsin.core.ids import compose
from tocsin.core.spelling import native
from tocsin.dialects.native.door import openapi, routes
from tocsin.sources.registry import inlets
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, VaultKey

# What is valid in itself may still name what is not there, and is refused then.
UNFIT = {
    "positive_data_acceptance",
    "negative_data_rejection",
    "use_after_free",
    "ensure_resource_availability",
}
CHECKS = [
    check for check in schemathesis.checks.CHECKS.get_all() if check.__name__ not in UNFIT
]  # no fault of ours, statuses, types and shapes as documented, no way in without a key, ...
MAX_EXAMPLES = 8
KEY = {"authorization": "Bearer owner"}
OF_THE_PATH = re.compile(r"/api/tocsin/v1/(events|alerts|pages|notifications|explain)\b")


@cache
def written():
    return openapi(routes(inlets(), "http://tocsin.test"), "http://tocsin.test")


OPERATIONS = [(method.upper(), path) for path, methods in written()["paths"].items() for method in methods]


@dataclass(frozen=True)
class Served:
    """The API as Schemathesis sees it, and the id of something of each kind that stands in a path."""

    schema: schemathesis.BaseSchema
    there: dict[str, str]


@pytest.fixture(scope="module")
def served(_sqlite_template, tmp_path_factory):
    """One API for all requests: what one of them leaves behind is no excuse for the next."""
    path = tmp_path_factory.mktemp("openapi") / "tocsin.db"
    shutil.copy(_sqlite_template, path)
    numbers = itertools.count()
    vault = Vault([VaultKey(name="test", secret=b"t" * 32)])
    database = open_database(
        f"sqlite:///{path}", new_id=lambda: compose(1_772_787_600_000 + next(numbers), 0), vault=vault
    )
    api = Api(database)
    there = {f"{kind.name}_id": kind.make(api)["id"] for kind in KINDS}
    there |= {"user_id": native("user", REA.id), "service_id": native("service", SHOP)}
    there["alert_id"] = api.alert()["id"]
    yield Served(schemathesis.openapi.from_asgi(f"{API}/openapi.json", api), there)
    database.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(pair) for pair in OPERATIONS])
def test_what_comes_back_is_what_the_document_says(served, method, path, mode):
    strategy = served.schema[path][method].as_strategy(generation_mode=mode)

    @settings(max_examples=MAX_EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(data=st.data())
    def ask(data):
        case = data.draw(strategy)
        for name in case.path_parameters or {}:
            if name in served.there and data.draw(st.booleans()):
                case.path_parameters[name] = served.there[name]
        answer = case.call(headers=KEY)
        case.validate_response(answer, checks=CHECKS, headers=KEY)

    ask()


def test_all_that_is_configured_is_described_and_shown():
    silent = []
    for path, methods in written()["paths"].items():
        for method, operation in methods.items():
            good = next(status for status in operation["responses"] if status.startswith("2"))
            content = operation["responses"][good].get("content", {})
            shown = all(body.get("examples") for body in content.values())
            named = all(parameter.get("description") for parameter in operation["parameters"])
            said = operation.get("description") and operation["summary"] and operation["tags"]
            if not (said and shown and named) and not OF_THE_PATH.match(path):
                silent.append(f"{method} {path}")

    assert silent == []


def test_the_document_is_given_to_anybody_and_describes_every_tag(api):
    answer = api.call("GET", f"{API}/openapi.json", as_=None)

    assert answer.json() == written()
    assert answer.headers["etag"]
    assert [tag["name"] for tag in answer.json()["tags"] if tag["description"] == tag["name"]] == []
    assert not re.search(r"/(root|work)/", answer.text)
