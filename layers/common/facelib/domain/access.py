"""Access: keys, principals, and the reasons for refusing a key."""

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime

from facelib.domain.frozen import Frozen
from facelib.domain.job import PUBLIC_OWNER

_KEY: Final = re.compile(r"fc_([0-9a-f]{12})_([0-9a-f]{64})")
_BEARER: Final = re.compile(r"Bearer +", re.IGNORECASE)


class Access(StrEnum):
    """Who may use the service: holders of a key, or anyone."""

    KEYS = "keys"
    OPEN = "open"


class Scope(StrEnum):
    """What a key allows its holder to do: send images; read jobs and events; delete, retry and correct jobs."""

    SEND = "send"
    READ = "read"
    MANAGE = "manage"


class Refusal(StrEnum):
    """Why a key is refused; the value is the message for its holder."""

    MISSING = (
        "This request needs a key. Send it as `Authorization: Bearer fc_...`; ask the operator of the service for one."
    )
    MALFORMED = (
        "This is not a valid key. Check that the whole key was copied, and send it as "
        "`Authorization: Bearer fc_<id>_<secret>`."
    )
    UNKNOWN = "Unknown key. Check that the whole key was copied and that it belongs to this service."
    REVOKED = "This key was revoked. Ask the operator of the service for a new one."
    EXPIRED = "This key has expired. Ask the operator of the service for a new one."


class Principal(Frozen):
    """The owner on whose behalf a request is made, and its scopes. `key_id` is None if access is open."""

    owner: str
    scopes: frozenset[Scope]
    key_id: str | None = None
    expires_at: AwareDatetime | None = None
    images_per_day: int | None = None

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


class Identity(Frozen):
    """What the authorizer passes to a function: a principal, or the reason for refusing one."""

    principal: Principal | None = None
    refusal: Refusal | None = None


# The principal of every caller if access is open.
PUBLIC: Final = Principal(owner=PUBLIC_OWNER, scopes=frozenset(Scope))


class ApiKey(Frozen):
    """A stored key. Its secret has 256 random bits, so SHA-256 is enough; a slower hash is not needed."""

    key_id: str
    digest: str
    owner: str
    scopes: frozenset[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime
    images_per_day: int | None = None
    revoked_at: AwareDatetime | None = None

    def is_secret(self, secret: str) -> bool:
        """Return whether this is the secret of the key, with a comparison in constant time."""
        return hmac.compare_digest(self.digest, digest_of(secret))

    def refusal(self, now: datetime) -> Refusal | None:
        """Return the reason why the key is no longer valid, or None if it is valid."""
        if self.revoked_at is not None:
            return Refusal.REVOKED
        return Refusal.EXPIRED if self.expires_at <= now else None

    @property
    def principal(self) -> Principal:
        return Principal(
            owner=self.owner,
            scopes=self.scopes,
            key_id=self.key_id,
            expires_at=self.expires_at,
            images_per_day=self.images_per_day,
        )


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def new_secret() -> tuple[str, str, str]:
    """Return a new key's id, its secret, and the complete key for its holder."""
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    return key_id, secret, f"fc_{key_id}_{secret}"


def split_key(credentials: str) -> tuple[str, str] | None:
    """Return the id and the secret of a key, with or without the prefix `Bearer`; None for anything else."""
    match = _KEY.fullmatch(_BEARER.sub("", credentials, count=1).strip())
    return (match[1], match[2]) if match else None
