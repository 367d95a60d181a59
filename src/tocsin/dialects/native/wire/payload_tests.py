"""Payload tests of rules over the wire: a regular expression, or a template."""

from typing import Annotated

from msgspec import Meta

from tocsin.channels.rich_templates import read_rich
from tocsin.core.errors import Invalid
from tocsin.core.payload_test import TEXT_LENGTH_MAX, Language, PayloadTest
from tocsin.dialects.native.wire.shapes import Body

Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]


class PayloadTestBody(Body):
    """What the payload of an event must fit when it comes in by an integration's address; one of the two."""

    regex: Annotated[Text | None, Meta(description="RE2, found anywhere in the payload as JSON")] = None
    template: Annotated[Text | None, Meta(description="makes 1, true or ok of `payload`")] = None


def read_test(given: PayloadTestBody | None, path: str) -> PayloadTest | None:
    """Read the test of a rule; raise Invalid for a template that is none."""
    if given is None:
        return None
    if (given.regex is None) == (given.template is None):
        raise Invalid(path, "does not say what to look for", "must have one of regex and template")
    if given.template is not None:
        read_rich(given.template, f"{path}.template")
        return PayloadTest(language=Language.TEMPLATE, text=given.template)
    return PayloadTest(text=given.regex or "")


def show_test(test: PayloadTest | None) -> PayloadTestBody | None:
    """Write the test of a rule."""
    if test is None:
        return None
    regex = test.language is Language.REGEX
    return PayloadTestBody(regex=test.text if regex else None, template=None if regex else test.text)
