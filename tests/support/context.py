"""A fake of Lambda's context, with only the parts that handlers use."""

from aws_lambda_powertools.utilities.typing import LambdaContext


class Context(LambdaContext):
    """A context in which this much time remains."""

    def __init__(self, seconds: float = 30) -> None:
        self._function_name = "function"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
        self._aws_request_id = "00000000-0000-4000-8000-000000000000"
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]
        return int(self.seconds * 1000)
