"""The examples of the document, which people copy."""

import json
import re

from tocsin.core.spelling import PREFIXES, from_native
from tocsin.dialects.native.door import openapi, routes
from tocsin.sources.registry import inlets

KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def test_every_id_in_an_example_is_one():
    written = json.dumps(openapi(routes(inlets(), "http://tocsin.test"), "http://tocsin.test"))
    shown = set(re.findall(rf'"((?:{"|".join(KINDS)})_[0-9a-z]{{12}})"', written))

    assert len(shown) > 20
    assert [one for one in shown if from_native(one, KINDS[one.partition("_")[0]]) is None] == []
