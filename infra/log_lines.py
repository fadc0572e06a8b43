"""Makes the lines of a function's log readable for people; Powertools and Lambda write them as JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from facecast.cli.output import printable

# These fields are not shown as details, because they begin the line or are the same in every line.
_KNOWN: Final = frozenset({"timestamp", "level", "message", "location", "service", "correlation_id", "xray_trace_id"})
_OF_LAMBDA: Final = frozenset(
    {"cold_start", "function_arn", "function_memory_size", "function_name", "function_request_id"}
)
_OF_AN_ERROR: Final = frozenset({"exception", "exception_name", "stack_trace"})
_EMPTY: Final[tuple[object, ...]] = (None, "", {}, [])


def readable(line: str) -> str | None:
    """Return a line with its time, level, message, job and details; None for metrics and reports of success."""
    try:
        record = json.loads(line)
    except ValueError:
        return None if line.startswith(("START ", "END ")) else printable(line)
    if not isinstance(record, dict):
        return printable(line)
    if "_aws" in record:
        return None
    if str(record.get("type", "")).startswith("platform."):
        return _of_platform(record)
    return "\n".join([printable(_head(record)), *_error(record)])


def _head(record: Mapping[str, Any]) -> str:
    time = str(record.get("timestamp", ""))[11:23]
    job = f"job={record['correlation_id']}" if record.get("correlation_id") else ""
    left_out = _KNOWN | _OF_LAMBDA | _OF_AN_ERROR
    details = [
        f"{name}={_short(value)}" for name, value in record.items() if name not in left_out if value not in _EMPTY
    ]
    parts = [time, f"{record.get('level', ''):7}", _short(record.get("message", "")), job, *details]
    return "  ".join(part for part in parts if part.strip())


def _error(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the traceback's lines, indented."""
    for line in str(record.get("exception") or "").splitlines():
        yield f"    {printable(line)}"


def _of_platform(record: Mapping[str, Any]) -> str | None:
    """Return a line about a failure of Lambda itself, such as a time-out, or None for any other report."""
    details = record.get("record", {})
    status = details.get("status") if isinstance(details, dict) else None
    if status in (None, "success"):
        return None
    return printable(f"{str(record.get('time', ''))[11:23]}  ERROR    {record['type']}: {status}")


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
