"""`/stream-tickets` and `/usage`: routes for holders of a key."""

from datetime import UTC, datetime
from http import HTTPStatus

from facelib.stores.access.usage import next_day
from fastapi import APIRouter

from face_api.dependencies import SettingsDep, TicketsDep, UsageDep
from face_api.models import StreamTicket, Usage
from face_api.principals import HolderDep, ReaderDep

router = APIRouter(tags=["access"])


@router.post("/stream-tickets", summary="Get a ticket for the stream", status_code=HTTPStatus.CREATED)
def post_stream_ticket(reader: ReaderDep, tickets: TicketsDep, settings: SettingsDep) -> StreamTicket:
    """Get a ticket for one connection to the stream; connect to `stream_url` with `?ticket=` within a minute.

    Tickets are needed only if the service requires keys. They exist because browsers cannot send a key with a
    WebSocket.
    """
    ticket, expires_at = tickets.issue(reader)
    return StreamTicket(ticket=ticket, stream_url=settings.stream_url, expires_at=expires_at)


@router.get("/usage", summary="Get today's usage")
def get_usage(holder: HolderDep, usage: UsageDep) -> Usage:
    """Get the key's permissions and limit, and the number of images its owner has sent today (UTC)."""
    now = datetime.now(UTC)
    return Usage(
        owner=holder.owner,
        scopes=tuple(sorted(holder.scopes)),
        key_expires_at=holder.expires_at,
        day=now.date(),
        images=usage.images(holder.owner) if holder.key_id else None,
        images_per_day=holder.images_per_day,
        resets_at=next_day(now),
    )
