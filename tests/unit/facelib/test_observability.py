"""What a function writes into its log: a line of JSON, without what every line of its log group would repeat."""

import io
import json
import logging

from facelib.observability import logger

from tests.support.context import Context


def test_a_line_leaves_out_what_never_changes() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)

    @logger.inject_lambda_context(clear_state=True)
    def invoke(event: dict[str, str], context: object) -> None:
        logger.info("Done", extra={"faces": 1})

    logger.addHandler(handler)
    try:
        invoke({}, Context())
    finally:
        logger.handlers.remove(handler)
    line = json.loads(written.getvalue())
    assert (line["message"], line["faces"], line["level"]) == ("Done", 1, "INFO")
    assert line["function_request_id"]
    assert not {"function_arn", "function_memory_size"} & set(line)
