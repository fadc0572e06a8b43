"""The WebSocket API's routes: $connect, $disconnect and, for every frame, $default."""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.errors import ConnectionGone, DeliveryFailed
from facelib.observability import logger
from facelib.replay import Replayer
from facelib.settings import WebSocketSettings
from facelib.stores.connections import ConnectionStore
from facelib.stores.job_lists import JobLists
from facelib.stores.jobs import JobStore
from facelib.stores.push import ConnectionsApi
from facelib.stores.queue import Queue
from pydantic import BaseModel, ConfigDict, Field

from face_websocket.listeners import Listeners
from face_websocket.requests import RequestInvalid, read_query, read_request

# A replay that has not ended so long before the function's own end goes on through the queue.
_RESERVE_SECONDS: Final = 5.0


class _Context(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    route: str = Field(alias="routeKey")
    connection_id: str = Field(alias="connectionId")
    authorizer: Mapping[str, Any] | None = None

    @property
    def owner(self) -> str:
        """Whose events this listener hears; all are public while there is no access control."""
        return "public"


class _Event(BaseModel):
    """The part of API Gateway's WebSocket event that is used here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    context: _Context = Field(alias="requestContext")
    headers: Mapping[str, str] = Field(default_factory=dict)
    query: Mapping[str, str] | None = Field(default=None, alias="queryStringParameters")
    body: str | None = None

    @property
    def origin(self) -> str | None:
        """The web page's that connects; API Gateway tells headers only of $connect."""
        return next((value for name, value in self.headers.items() if name.lower() == "origin"), None)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One log line an invocation; an answer that cannot be posted is no reason to have the route fail."""
    asked = _Event.model_validate(event)
    who = asked.context
    logger.append_keys(connection_id=who.connection_id, route=who.route)
    try:
        status = _route(asked, time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS)
    except ConnectionGone:
        logger.info("The listener has left")
        return {"statusCode": 200}
    except DeliveryFailed as error:
        logger.warning("The answer could not be posted", extra={"reason": str(error)})
        return {"statusCode": 200}
    logger.info("Answered", extra={"status": status})
    return {"statusCode": status}


def _route(asked: _Event, deadline: float) -> int:
    who, listeners = asked.context, _listeners()
    try:
        if who.route == "$connect":
            if not _settings().allow(asked.origin):
                return 403
            listeners.connect(who.owner, who.connection_id, read_query(asked.query))
        elif who.route == "$disconnect":
            listeners.disconnect(who.owner, who.connection_id)
        else:
            listeners.answer(who.owner, who.connection_id, read_request(asked.body or ""), deadline)
    except RequestInvalid as error:
        if who.route == "$connect":
            return 400
        listeners.refuse(who.connection_id, str(error))
    return 200


@cache
def _settings() -> WebSocketSettings:
    return WebSocketSettings.from_environment()


@cache
def _listeners() -> Listeners:
    settings = _settings()
    connections, push = ConnectionStore(settings.connections_table), ConnectionsApi(settings.callback_url)
    return Listeners(
        connections=connections,
        queue=Queue(settings.delivery_queue_url),
        push=push,
        replayer=Replayer(
            JobStore(settings.jobs_table), JobLists(settings.jobs_table), connections, push, settings.public_url
        ),
    )
