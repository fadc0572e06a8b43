"""The use cases of a listener: connect, disconnect, and requests in between."""

from dataclasses import dataclass

from facelib.domain import limits
from facelib.domain.access import Principal
from facelib.domain.errors import DeliveryFailed, TooManyListeners
from facelib.messages.deliveries import Replay
from facelib.messages.events import Connected, ErrorEvent, Frame, Pong, Subscribed, event_id_before, position_at
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi
from facelib.stores.queues.queue import Queue
from facelib.stream.replay import Replayer

from face_websocket.requests import ConnectQuery, Hello, Ping, ReplayRequest, Request, Subscribe


@dataclass(frozen=True)
class Listeners:
    connections: ConnectionStore
    queue: Queue
    connections_api: ConnectionsApi
    replayer: Replayer

    def connect(self, principal: Principal, connection_id: str, query: ConnectQuery) -> None:
        """Store the connection, then queue its replay, so that no event is missed between the two.

        Raises TooManyListeners if keys are required and the owner has the maximum number of listeners.
        """
        owner = principal.owner
        if principal.key_id and self.connections.subscriptions.count_with_key(owner) >= limits.LISTENERS_OF_OWNER:
            raise TooManyListeners
        self.connections.add(
            Connection(connection_id, owner, query.job_id, principal.key_id, ends_at=principal.expires_at)
        )
        if query.replay or query.after:
            self.connections.begin_replay(connection_id)
            replay = Replay(owner=owner, connection_id=connection_id, limit=query.replay, after=_since(query.after))
            # API Gateway refuses frames for a connection until $connect has returned, so the broadcaster posts the
            # replayed events later. By then, the index that a replay reads has also caught up.
            self.queue.send(replay.model_dump_json(), delay_seconds=limits.REPLAY_SETTLE_SECONDS)

    def disconnect(self, owner: str, connection_id: str) -> None:
        self.connections.remove(owner, connection_id)

    def end(self, owner: str, connection_id: str) -> None:
        """Close a connection whose key is no longer valid. Raises ConnectionGone or DeliveryFailed."""
        self.connections.remove(owner, connection_id)
        self.connections_api.close(connection_id)

    def handle(self, owner: str, connection_id: str, request: Request, deadline: float) -> None:
        """Handle one frame of a listener. Raises ConnectionGone or DeliveryFailed."""
        match request:
            case Hello():
                connected_at = self.connections.get(owner, connection_id).connected_at
                self._post(connection_id, Frame(events=(Connected(position=position_at(connected_at)),)))
            case Ping():
                self._post(connection_id, Frame(events=(Pong(),)))
            case Subscribe(job_id=job_id):
                self.connections.subscribe(Connection(connection_id, owner, job_id))
                self._post(connection_id, Frame(events=(Subscribed(job_id=job_id),)))
            case ReplayRequest(limit=limit, after=after):
                if not self.connections.begin_replay(connection_id):
                    self.refuse(
                        connection_id,
                        "A replay is already in progress. Repeat the request when its events have arrived.",
                    )
                    return
                replay = Replay(
                    owner=owner,
                    connection_id=connection_id,
                    limit=None if after else limit,
                    after=_since(after),
                )
                self._replay(replay, deadline)

    def _replay(self, replay: Replay, deadline: float) -> None:
        try:
            rest = self.replayer.send(replay, deadline)
        except DeliveryFailed:
            rest = replay
        if rest:
            self.queue.send(rest.model_dump_json(), delay_seconds=limits.REPLAY_SETTLE_SECONDS)

    def refuse(self, connection_id: str, detail: str) -> None:
        """Post an error event. Raises ConnectionGone or DeliveryFailed."""
        self._post(connection_id, Frame(events=(ErrorEvent(detail=detail),)))

    def _post(self, connection_id: str, frame: Frame) -> None:
        self.connections_api.post(connection_id, frame.model_dump_json().encode())


def _since(event_id: str | None) -> str | None:
    return event_id_before(event_id, limits.REPLAY_OVERLAP_SECONDS) if event_id else None
