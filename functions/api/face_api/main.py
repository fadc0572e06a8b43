"""The API's handler: FastAPI behind Mangum."""

from typing import Any, Final, cast

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.observability import logger, metrics, traced
from facelib.stores.clients import dynamodb, s3
from mangum import Mangum
from mangum.types import LambdaContext as MangumContext

from face_api.app import create_app
from face_api.dependencies import settings

# Created on import: Lambda then gives the function a whole processor, and a missing setting is reported early.
# Creating the clients takes longer than the first request itself.
settings()
dynamodb()
s3()
_adapter: Final = Mangum(create_app(), lifespan="off")


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 - a response of API Gateway
    request = APIGatewayProxyEventV2(event).request_context.http
    response = _adapter(event, cast("MangumContext", context))
    # The query is not logged, because it may contain personal data; the id in the path is enough to follow a job.
    logger.info(
        "Handled a request", extra={"method": request.method, "path": request.path, "status": response["statusCode"]}
    )
    return response
