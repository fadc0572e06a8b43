"""The WebSocket function's handler: the routes $connect, $disconnect and, for every frame, $default."""

import time
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes.api_gateway_websocket_event import APIGatewayWebSocketEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.domain.access import PUBLIC, Access, Identity, Principal
from facelib.domain.errors import ConnectionGone, DeliveryFailed, TooManyListeners
from facelib.observability import logger, metrics, traced
from facelib.settings import WebSocketSettings
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.listeners.connections import ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi
from facelib.stores.queues.queue import Queue
from facelib.stream.replay import Replayer

from face_websocket.listeners import Listeners
from face_websocket.requests import RequestInvalid, read_query, read_request

# When this much time is left before the function's timeout, an unfinished replay is left to the queue.
_RESERVE_SECONDS: Final = 5.0


@cache
def settings() -> WebSocketSettings:
    return WebSocketSettings.from_environment()


@cache
def listeners() -> Listeners:
    connections, connections_api = (
        ConnectionStore(settings().connections_table),
        ConnectionsApi(settings().callback_url),
    )
    return Listeners(
        connections=connections,
        queue=Queue(settings().delivery_queue_url),
        connections_api=connections_api,
        replayer=Replayer.of(settings(), connections, connections_api),
    )


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    request = APIGatewayWebSocketEvent(event)
    route, connection_id = request.request_context.route_key, request.request_context.connection_id
    logger.append_keys(connection_id=connection_id, route=route)
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    try:
        status = _route(request, route, connection_id, deadline)
    except ConnectionGone:
        logger.info("The listener has disconnected")
        status = HTTPStatus.OK
    except DeliveryFailed as error:
        # The request was handled, and returning an error would not deliver the response either.
        logger.warning("Could not post the response", extra={"reason": str(error)})
        status = HTTPStatus.OK
    logger.info("Handled a request", extra={"status": status})
    return {"statusCode": status}


def _route(request: APIGatewayWebSocketEvent, route: str, connection_id: str, deadline: float) -> HTTPStatus:
    principal = _principal_of(request)
    owner = principal.owner
    try:
        match route:
            case "$connect":
                if not settings().allow(request.headers.get("origin")):
                    return HTTPStatus.FORBIDDEN
                listeners().connect(principal, connection_id, read_query(request.query_string_parameters))
            case "$disconnect":
                listeners().disconnect(owner, connection_id)
            case _ if not _is_valid(principal):
                listeners().end(owner, connection_id)
            case _:
                listeners().handle(owner, connection_id, read_request(request.body or ""), deadline)
    except TooManyListeners:
        return HTTPStatus.TOO_MANY_REQUESTS
    except RequestInvalid as error:
        if route == "$connect":
            return HTTPStatus.BAD_REQUEST
        listeners().refuse(connection_id, str(error))
    return HTTPStatus.OK


def _principal_of(request: APIGatewayWebSocketEvent) -> Principal:
    """Return the connection's principal: API Gateway passes on the authorizer's result with every frame.

    Raises LookupError or ValueError if keys are required and there was no authorizer.
    """
    if settings().access is Access.OPEN:
        return PUBLIC
    identity = Identity.model_validate_json(request["requestContext"]["authorizer"]["identity"])
    if identity.principal is None:
        raise LookupError("the authorizer did not return a principal")
    return identity.principal


def _is_valid(principal: Principal) -> bool:
    """Return whether the listener's key is still valid."""
    return principal.key_id is None or KeyStore(settings().keys_table).is_valid(principal.key_id)
