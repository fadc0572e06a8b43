"""The logger, metrics and tracer of a function; Powertools reads their names from the environment."""

import warnings
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

# An invocation without metrics, like that of S3's test event, is not an error.
warnings.filterwarnings("ignore", message="No application metrics to publish")

# The same in every line of a function's log group. CloudWatch charges by the byte.
_CONSTANT: Final = frozenset({"function_arn", "function_memory_size"})


class _Formatter(LambdaPowertoolsFormatter):
    def serialize(self, log: Any) -> str:  # noqa: ANN401 - its type exists for type checkers alone
        return super().serialize({name: value for name, value in log.items() if name not in _CONSTANT})


logger = Logger(logger_formatter=_Formatter())
metrics = Metrics()
tracer = Tracer()
