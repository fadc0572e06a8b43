"""The logger, metrics and tracer of a function; Powertools reads their names from the environment."""

import warnings
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from facelib.settings import is_traced

_Handler = TypeVar("_Handler", bound=Callable[..., Any])

# An invocation without metrics, such as one with S3's test event, is not an error.
warnings.filterwarnings("ignore", message="No application metrics to publish")

# Omitted, because these fields are the same in every line of a log group, and CloudWatch charges by the byte.
_CONSTANT: Final = frozenset({"function_arn", "function_memory_size"})


class _Formatter(LambdaPowertoolsFormatter):
    def serialize(self, log: Any) -> str:  # noqa: ANN401 - its type exists for type checkers alone
        return super().serialize({name: value for name, value in log.items() if name not in _CONSTANT})


# Without `serialize_stacktrace`, each traceback is written only once, as text and not also as JSON.
logger = Logger(logger_formatter=_Formatter(serialize_stacktrace=False))
metrics = Metrics()


def traced(handler: _Handler) -> _Handler:
    """Trace a handler if tracing is on; otherwise X-Ray's SDK is not imported, which saves half a second.

    Responses and exceptions are not added to traces: they may contain the caller's data.
    """
    if not is_traced():
        return handler
    traced_handler = Tracer().capture_lambda_handler(handler, capture_response=False, capture_error=False)
    return cast("_Handler", traced_handler)
