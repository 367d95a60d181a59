"""What tests with a browser share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from acceptance.chromium import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium for all tests of a module."""
    with chromium() as opened:
        yield opened
