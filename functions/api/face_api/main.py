"""The API function: FastAPI behind Mangum."""

from typing import Any, Final, cast

from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.observability import logger, metrics, tracer
from mangum import Mangum
from mangum.types import LambdaContext as MangumContext

from face_api.app import create_app
from face_api.dependencies import settings

# Made while the function starts, when AWS lends it a whole processor; a missing setting is told then, too.
settings()
_adapter: Final = Mangum(create_app(), lifespan="off")


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 - what API Gateway takes
    answer = _adapter(event, cast("MangumContext", context))
    asked = event["requestContext"]["http"]
    # The path without the query: what people ask for is theirs, and an id is enough to follow a job.
    logger.info("Answered", extra={"method": asked["method"], "path": asked["path"], "status": answer["statusCode"]})
    return answer
