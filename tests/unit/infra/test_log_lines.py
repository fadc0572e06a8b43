"""`make logs` prints log lines in readable form."""

import json

import pytest

from infra.log_lines import readable

LINE = {
    "level": "WARNING",
    "location": "handler:12",
    "message": "Refused an image",
    "timestamp": "2026-11-28 10:11:12,345+0000",
    "service": "api",
    "cold_start": True,
    "function_name": "facecast-Api",
    "function_request_id": "6f1c",
    "correlation_id": "0b9f3a0e",
    "reason": "too_large",
    "counts": {"sent": 2},
    "empty": None,
}


def test_a_line_has_the_time_the_message_and_the_job() -> None:
    assert readable(json.dumps(LINE)) == (
        '10:11:12,345  WARNING  Refused an image  job=0b9f3a0e  reason=too_large  counts={"sent": 2}'
    )


def test_a_traceback_is_printed_below_its_line() -> None:
    shown = readable(
        json.dumps(LINE | {"exception": "Traceback:\n  File x\nKeyError: 'a'", "exception_name": "KeyError"})
    )
    assert shown is not None
    assert shown.splitlines()[1:] == ["    Traceback:", "      File x", "    KeyError: 'a'"]


@pytest.mark.parametrize(
    "line",
    [
        '{"_aws": {"Timestamp": 1}, "CompletedJobs": [1.0]}',
        "START RequestId: 6f1c Version: $LATEST",
        "END RequestId: 6f1c",
        '{"time": "2026-11-28T10:11:12.345Z", "type": "platform.start", "record": {"requestId": "6f1c"}}',
        '{"time": "2026-11-28T10:11:12.345Z", "type": "platform.report", "record": {"status": "success"}}',
    ],
)
def test_metrics_and_platform_records_are_left_out(line: str) -> None:
    assert readable(line) is None


def test_a_time_out_is_shown() -> None:
    line = {"time": "2026-11-28T10:11:12.345Z", "type": "platform.report", "record": {"status": "timeout"}}
    assert readable(json.dumps(line)) == "10:11:12.345  ERROR    platform.report: timeout"


@pytest.mark.parametrize("line", ["plain words", "[1, 2]", "REPORT RequestId: 6f1c Duration: 2 ms", "{cut short"])
def test_messages_that_are_not_records_are_kept(line: str) -> None:
    assert readable(line) == line


def test_nothing_logged_moves_the_cursor() -> None:
    hostile = LINE | {"message": "\x1b[31mred", "reason": "a\nb", "exception": "x\x1b[2K"}
    shown = readable(json.dumps(hostile))
    assert shown is not None
    assert "\x1b" not in shown
    assert "\\x1b[31mred" in shown
    assert "reason=a\\nb" in shown
    assert readable("\x1b[31mplain") == "\\x1b[31mplain"
