import io
import logging

import msgspec
import pytest
import structlog

from tocsin.httpkit.logs import configure, scrub


@pytest.fixture
def logged():
    """Log in the form asked for, and read back what came."""
    streams: list[io.StringIO] = []

    def start(form: str, level: str = "info") -> io.StringIO:
        streams.append(io.StringIO())
        configure(level=level, form=form, stream=streams[-1])
        return streams[-1]

    before = logging.getLogger().handlers[:]
    yield start
    logging.getLogger().handlers = before
    logging.getLogger().setLevel(logging.WARNING)
    structlog.reset_defaults()


def _one(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    return msgspec.json.decode(line)


def test_an_event_is_one_line_of_json_with_its_time_level_and_room(logged):
    stream = logged("json")

    structlog.get_logger("tocsin.engine").warning("page delayed", page=7, by="41 min")

    line = _one(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "page delayed",
        "level": "warning",
        "logger": "tocsin.engine",
        "page": 7,
        "by": "41 min",
    }


def test_what_libraries_log_comes_out_alike(logged):
    stream = logged("json")

    logging.getLogger("uvicorn.error").info("started on %s", "http://u:p@host/")

    assert _one(stream)["event"] == "started on http://***@host/"


def test_nothing_is_said_twice_for_the_sake_of_colours(logged):
    stream = logged("json")

    logging.getLogger("uvicorn.error").info("started", extra={"color_message": "\x1b[36mstarted"})

    assert "color" not in stream.getvalue()


def test_text_is_for_people(logged):
    stream = logged("text")

    structlog.get_logger("tocsin").info("ready", url="http://localhost")

    assert "ready" in stream.getvalue()
    assert "url=http://localhost" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_what_is_below_the_level_is_not_logged(logged):
    stream = logged("json", "warning")

    structlog.get_logger("tocsin").info("chatter")
    logging.getLogger("library").info("chatter")

    assert stream.getvalue() == ""


def test_a_failure_is_logged_with_its_traceback_on_the_same_line(logged):
    stream = logged("json")

    try:
        int("postgresql://tocsin:hunter2@db/tocsin")
    except ValueError:
        structlog.get_logger("tocsin").exception("failed")

    assert "'postgresql://***@db/tocsin'" in _one(stream)["exception"]


@pytest.mark.parametrize(
    "key",
    ["password", "api_key", "token", "Authorization", "client_secret", "smtp_password", "cookie", "apikey"],
)
def test_what_is_named_a_secret_is_never_logged(logged, key):
    stream = logged("json")

    structlog.get_logger("tocsin").info("made", **{key: "hunter2", "inner": {key: ["hunter2"]}})

    assert "hunter2" not in stream.getvalue()
    assert _one(stream)[key] == "***"


@pytest.mark.parametrize("key", ["dedup_key", "key_id", "token_hint", "group_key", "keys"])
def test_what_only_sounds_like_a_secret_is_logged(logged, key):
    stream = logged("json")

    structlog.get_logger("tocsin").info("seen", **{key: "db-1"})

    assert _one(stream)[key] == "db-1"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("smtp://me:hunter2@mail:25", "smtp://***@mail:25"),
        ("smtp://me:h@unter2@mail:25", "smtp://***@mail:25"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: Bearer ***"),
        ("token tocsin__0-3456789abcdefghij_0123456789-abcdefghij0123 is wrong", "token tocsin_*** is wrong"),
        (
            "tocsin_oldest_overdue_notification_seconds is a metric",
            "tocsin_oldest_overdue_notification_seconds is a metric",
        ),
        ("https://hooks.example.com/services/T0/B0/abc", "https://hooks.example.com/services/***"),
        ("GET /links?token=abc&x=1", "GET /links?token=***&x=1"),
        ("https://host/path", "https://host/path"),
        ("a basic idea", "a basic idea"),
    ],
)
def test_what_looks_like_a_secret_is_blotted_out_of_any_text(text, clean):
    assert scrub(text) == clean


def test_a_value_that_json_does_not_know_is_logged_all_the_same(logged):
    stream = logged("json")

    structlog.get_logger("tocsin").info("odd", value=object(), raw=b"12345", names=frozenset({"a"}))

    line = _one(stream)
    assert (line["raw"], line["names"]) == ("5 bytes", ["a"])
    assert str(line["value"]).startswith("<object")
