"""The authorizer's handler: an HTTP request with a key, or `$connect` with a ticket."""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.domain.access import Identity, Refusal
from facelib.observability import logger, metrics, traced
from facelib.settings import AuthorizerSettings
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.access.tickets import TicketStore


@cache
def settings() -> AuthorizerSettings:
    return AuthorizerSettings.from_environment()


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Powertools reads it
    # Never log the event or its contents: it contains a key or a ticket.
    if event.get("version") == "2.0":
        return _authorize_request(event["identitySource"])
    return _authorize_connection(event["methodArn"], event.get("queryStringParameters") or {})


def _authorize_request(identity_source: list[str]) -> dict[str, Any]:
    """Identify a key. If it is refused, the API itself responds with 401 and an explanation.

    API Gateway itself responds to a malformed key with 403, so that the key does not also cost an invocation of the
    API. Only the identity source is read, because API Gateway uses it as the cache key: if an API key elsewhere in the
    request counted, the cached response would admit other callers with the same header.
    """
    identity = KeyStore(settings().keys_table).identify(identity_source[0])
    _report(identity)
    return {
        "isAuthorized": identity.refusal is not Refusal.MALFORMED,
        "context": {"identity": identity.model_dump_json()},
    }


def _authorize_connection(method_arn: str, query: dict[str, str]) -> dict[str, Any]:
    """Redeem a ticket, whose key must still be valid."""
    principal = TicketStore(settings().access_table).redeem(query.get("ticket", ""))
    # A ticket that was issued while access was open has no key.
    key_id = principal.key_id if principal else None
    is_valid = key_id is not None and KeyStore(settings().keys_table).is_valid(key_id)
    identity = Identity(principal=principal if is_valid else None)
    _report(identity)
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if identity.principal else "Deny",
        "Resource": method_arn,
    }
    return {
        "principalId": identity.principal.owner if identity.principal else "nobody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"identity": identity.model_dump_json()},
    }


def _report(identity: Identity) -> None:
    """Log one line and count refusals. The id of a key is not secret."""
    principal = identity.principal
    logger.info(
        "Identified" if principal else "Refused",
        extra={
            "owner": principal.owner if principal else None,
            "key_id": principal.key_id if principal else None,
            "refusal": identity.refusal.name.lower() if identity.refusal else None,
        },
    )
    metrics.add_metric("Refused", MetricUnit.Count, 0 if principal else 1)
