"""The caller's identity, from the authorizer, and whether its scopes allow the route."""

from typing import Annotated

from facelib.domain.access import PUBLIC, Access, Identity, Principal, Refusal, Scope
from facelib.domain.errors import ScopeMissing, Unauthenticated
from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from face_api.dependencies import SettingsDep

# API Gateway checks the key; this describes it in the OpenAPI document, for "Authorize" in /docs.
_key = HTTPBearer(
    scheme_name="key",
    bearerFormat="fc_<id>_<secret>",
    description="A key, if the service was deployed with `Access=keys`.",
    auto_error=False,
)


async def identify(request: Request, settings: SettingsDep) -> Identity:
    """Return the authorizer's result. A request without such a result has no principal, unless access is open."""
    if settings.access is Access.OPEN:
        return Identity(principal=PUBLIC)
    authorizer = request.scope.get("aws.event", {}).get("requestContext", {}).get("authorizer", {})
    context = authorizer.get("lambda") or {}
    if "identity" not in context:
        return Identity(refusal=Refusal.MISSING)
    return Identity.model_validate_json(context["identity"])


IdentityDep = Annotated[Identity, Depends(identify)]


def authorized(identity: Identity, *scopes: Scope) -> Principal:
    """Return the principal. Raises Unauthenticated, or ScopeMissing if its key lacks one of the scopes."""
    principal = identity.principal
    if principal is None:
        raise Unauthenticated(identity.refusal or Refusal.MISSING)
    # API Gateway may still have the authorizer's response in its cache after the key has expired.
    if principal.is_expired:
        raise Unauthenticated(Refusal.EXPIRED)
    for scope in scopes:
        if scope not in principal.scopes:
            raise ScopeMissing(scope)
    return principal


async def require(scopes: SecurityScopes, identity: IdentityDep, _: Annotated[object, Depends(_key)]) -> Principal:
    """Authorize the request. Raises Unauthenticated or ScopeMissing."""
    return authorized(identity, *map(Scope, scopes.scopes))


HolderDep = Annotated[Principal, Security(require)]
SenderDep = Annotated[Principal, Security(require, scopes=[Scope.SEND])]
ReaderDep = Annotated[Principal, Security(require, scopes=[Scope.READ])]
ManagerDep = Annotated[Principal, Security(require, scopes=[Scope.MANAGE])]
