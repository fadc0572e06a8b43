"""A function logs JSON lines without the values that are the same in every line of its log group."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from facelib.observability import logger

from tests.support.context import Context


@contextmanager
def captured() -> Iterator[io.StringIO]:
    """Collect what the logger writes."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    try:
        yield written
    finally:
        logger.handlers.remove(handler)


def test_a_line_omits_constant_values() -> None:
    @logger.inject_lambda_context(clear_state=True)
    def invoke(event: dict[str, str], context: object) -> None:
        logger.info("Done", extra={"faces": 1})

    with captured() as written:
        invoke({}, Context())
    line = json.loads(written.getvalue())
    assert (line["message"], line["faces"], line["level"]) == ("Done", 1, "INFO")
    assert line["function_request_id"]
    assert not {"function_arn", "function_memory_size"} & set(line)


def test_a_traceback_is_written_once() -> None:
    with captured() as written:
        try:
            int("for the log")
        except ValueError:
            logger.exception("Failed")
    line = json.loads(written.getvalue())
    assert line["exception_name"] == "ValueError"
    assert "Traceback" in line["exception"]
    assert written.getvalue().count("test_observability.py") == 1
