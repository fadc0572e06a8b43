"""The logger, metrics and traces of a function; Powertools reads their names from the environment."""

import warnings
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from facelib.settings import is_traced

_Handler = TypeVar("_Handler", bound=Callable[..., Any])

# An invocation without metrics, like that of S3's test event, is not an error.
warnings.filterwarnings("ignore", message="No application metrics to publish")

# Left out, because it is the same in every line of a log group. CloudWatch charges by the byte.
_CONSTANT: Final = frozenset({"function_arn", "function_memory_size"})


class _Formatter(LambdaPowertoolsFormatter):
    def serialize(self, log: Any) -> str:  # noqa: ANN401 - its type exists for type checkers alone
        return super().serialize({name: value for name, value in log.items() if name not in _CONSTANT})


# Without `serialize_stacktrace` each traceback is written once, as text, and not again as JSON.
logger = Logger(logger_formatter=_Formatter(serialize_stacktrace=False))
metrics = Metrics()


def traced(handler: _Handler) -> _Handler:
    """Trace a handler where tracing is on; elsewhere X-Ray's SDK is not imported, which takes half a second.

    Responses and exceptions are not added to traces: they may contain the caller's data.
    """
    if not is_traced():
        return handler
    traced_handler = Tracer().capture_lambda_handler(handler, capture_response=False, capture_error=False)
    return cast("_Handler", traced_handler)
