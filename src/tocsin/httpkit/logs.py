"""Logs: one event a line, as text for people or as JSON for machines, and never a secret in it.

Everything goes to standard error: what we log through structlog, and what libraries log through ``logging``.
"""

import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LEVELS = ("debug", "info", "warning", "error")
HIDDEN = "***"
DEPTH_MAX = 6

# A key that names a secret. Not "token_hint" or "key_id", and not "dedup_key", which one wants to see.
_SECRET_KEY = re.compile(
    r"(^|_)(password|passwd|secret|secrets|token|tokens|authorization|cookie|credential|credentials|"
    r"(api|private|public|application|secret|session)_?key|ha1)$",
    re.IGNORECASE,
)
_SECRET_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=://)[^/@\s:]*:[^/\s]*(?=@)"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|digest)\s+[A-Za-z0-9+/=_.~-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\btocsin_[A-Za-z0-9_-]{40,}"), f"tocsin_{HIDDEN}"),
    (re.compile(r"(?<=/login/link/)[A-Za-z0-9_-]+"), HIDDEN),
    (re.compile(r"(?<=/services/)[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+"), HIDDEN),
    (re.compile(r"(?i)(?<=[?&])(token|key|code|secret|signature)=[^&\s\"']+"), rf"\1={HIDDEN}"),
)


def configure(*, level: str = "info", form: str = "text", stream: TextIO | None = None) -> None:
    """Send all logging to *stream* (standard error) from *level* up, in *form* ``text`` or ``json``."""
    out = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _uncoloured, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form, out)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"
    for name in ("asyncio", "aiohttp", "alembic", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blot out whatever in *event* is a secret by its name or by its looks."""
    return {key: HIDDEN if _is_secret(key, value) else _clean(value, 0) for key, value in event.items()}


def scrub(text: str) -> str:
    """Blot out what looks like a secret in *text*."""
    for pattern, instead in _SECRET_TEXT:
        text = pattern.sub(instead, text)
    return text


def _uncoloured(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop what uvicorn says a second time, in colours."""
    event.pop("color_message", None)
    return event


def _is_secret(key: object, value: object) -> bool:
    return isinstance(key, str) and value not in (None, "", False, True) and bool(_SECRET_KEY.search(key))


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if depth >= DEPTH_MAX:
        return "..."
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if _is_secret(key, inner) else _clean(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner, depth + 1) for inner in value]
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value


def _renderer(
    form: str, out: TextIO
) -> Callable[[WrappedLogger, str, MutableMapping[str, Any]], str | bytes]:
    if form == "json":
        return structlog.processors.JSONRenderer(serializer=_json)
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
        event_key="event",
        sort_keys=False,
    )


def _json(event: EventDict, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()
