"""`/stream-tickets` and `/usage`: what holders of a key need besides jobs."""

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
    """Get a ticket that opens the stream once, within a minute: connect to `stream_url` with `?ticket=`.

    Needed only where the service requires keys; browsers cannot send one with a WebSocket.
    """
    ticket, expires_at = tickets.issue(reader)
    return StreamTicket(ticket=ticket, stream_url=settings.stream_url, expires_at=expires_at)


@router.get("/usage", summary="Get today's usage")
def get_usage(holder: HolderDep, usage: UsageDep) -> Usage:
    """Get what the key allows, and how many images its owner has sent today (UTC)."""
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
