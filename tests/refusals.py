"""Bodies that are nearly right, and what a refusal of the API must say of them."""

import copy
from collections.abc import Sequence
from typing import Any

import httpx

MEDIA = "application/problem+json"


def refused(answer: httpx.Response, path: str, said: str = "") -> None:
    """Hold that *answer* refuses the field at *path*, with a remedy, and says *said*."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == MEDIA
    (error,) = answer.json()["errors"]
    assert error["path"] == path, error
    assert said in f"{error['problem']}; it {error['remedy']}", error
    assert error["remedy"]


def conflicts(answer: httpx.Response, *said: str) -> Any:
    """Hold that *answer* says that something stands in the way."""
    assert answer.status_code == 409, answer.text
    assert [each for each in said if each not in answer.json()["detail"]] == []


def put_at(body: Any, way: Sequence[str | int], value: Any) -> Any:
    """Put *value* into a copy of *body*, at the end of the *way*."""
    changed = place = copy.deepcopy(body)
    *steps, last = way
    for step in steps:
        place = place[step]
    place[last] = value
    return changed
