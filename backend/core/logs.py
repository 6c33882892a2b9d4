"""Structured logs: one JSON object (or one readable line) an event, with the request's id and no personal data."""

import logging
import sys
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from backend.core.redaction import redacted, redacted_mapping
from backend.settings import Settings

_TEXTS = ("event", "exception", "stack_info")
_OWN_KEYS = frozenset({*_TEXTS, "level", "timestamp", "logger", "exc_info", "_record", "_from_structlog"})
_QUIET = (
    "uvicorn.access",
    "aiohttp.access",
    "tortoise",
    "tortoise.db_client",
    "aiosqlite",
    "asyncio",
    "PIL",
    "httpx",
    "httpcore",
)
"""Loggers that would write queries with their values, or what the access line already says."""


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask what is personal in everything that was given to the log call (a structlog processor)."""
    given = {key: value for key, value in event.items() if key not in _OWN_KEYS}
    own = {key: value for key, value in event.items() if key in _OWN_KEYS}
    for key in _TEXTS:
        if own.get(key) is not None:
            own[key] = redacted(str(own[key]))
    return {**redacted_mapping(given), **own}


def _drop_color_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn repeats its message there
    return event


def configure_logs(settings: Settings, stream: Any = None) -> None:
    """Send structlog's and the standard library's records, redacted, to `stream` (standard error) in one format.

    Exceptions become text before the masking, without local variables, so that their values cannot slip through.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _drop_color_message,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *[each for each in shared if not isinstance(each, structlog.stdlib.ExtraAdder)],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
