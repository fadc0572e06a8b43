"""The broadcaster's handler: records from the jobs table's stream, and messages from the delivery queue."""

import time
from collections import Counter
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.messages.deliveries import MESSAGE, MalformedRecord
from facelib.messages.events import event_of
from facelib.observability import logger, metrics, traced
from facelib.settings import BroadcasterSettings
from facelib.stores.jobs.events import is_replayed
from facelib.stores.jobs.table import JobTable
from facelib.stores.listeners.connections import ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi
from facelib.stores.queues.queue import Queue
from facelib.stream.job_stream import OwnedEvent, event_of_record, job_id_of_record
from facelib.stream.replay import Replayer

from face_broadcaster.backpressure import Backpressure
from face_broadcaster.broadcast import Broadcast, Counts
from face_broadcaster.fanout import FanOut

# The stream's next batch waits for this one, so longer work is queued.
_STREAM_SECONDS: Final = 5.0
# The time in which the last post can time out and unfinished work can be requeued.
_RESERVE_SECONDS: Final = 6.0

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@cache
def settings() -> BroadcasterSettings:
    return BroadcasterSettings.from_environment()


@cache
def broadcast() -> Broadcast:
    connections, connections_api = (
        ConnectionStore(settings().connections_table),
        ConnectionsApi(settings().callback_url),
    )
    return Broadcast(
        connections=connections,
        queue=Queue(settings().delivery_queue_url),
        fan_out=FanOut(connections_api, connections),
        backpressure=Backpressure(connections.subscriptions, settings().posts_per_second),
        replayer=Replayer.of(settings(), connections, connections_api),
    )


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    if event["Records"][0]["eventSource"] == "aws:sqs":
        return _handle_messages(event, context, deadline)
    _broadcast_records(DynamoDBStreamEvent(event), deadline)
    return {"batchItemFailures": []}


def _broadcast_records(stream: DynamoDBStreamEvent, deadline: float) -> None:
    owned: list[OwnedEvent] = []
    malformed: list[MalformedRecord] = []
    for record in stream.records:
        try:
            event = event_of_record(record.raw_event, settings().public_url)
        except (LookupError, TypeError, ValueError):
            logger.exception("Could not parse a record of the stream", extra={"record_id": record.event_id})
            malformed.append(MalformedRecord(job_id=job_id_of_record(record.raw_event), record_id=record.event_id))
        else:
            owned += [event] if event else []
    counts = broadcast().broadcast(owned, min(deadline, time.monotonic() + _STREAM_SECONDS))
    # A failure here would block the stream and repeat posted events, so the queue retries malformed records.
    broadcast().queue.send_all(message.model_dump_json() for message in malformed)
    counts.update(events=len(owned), malformed=len(malformed))
    _report(counts, [each.event.job_id for each in owned])
    broadcast().backpressure.wait(counts["split"], deadline)


def _handle_messages(event: dict[str, Any], context: LambdaContext, deadline: float) -> PartialItemFailureResponse:
    counts: Counts = Counter()
    handle = partial(_handle_message, counts=counts, deadline=deadline)
    response = process_partial_response(event, handle, processor, context)
    for _, error, _ in processor.exceptions:
        logger.warning("A message could not be processed and will be redelivered", extra={"reason": repr(error)})
    counts.update(failed=len(response["batchItemFailures"]))
    _report(counts)
    return response


def _handle_message(record: SQSRecord, counts: Counts, deadline: float) -> None:
    """Handle a message. Every error is raised, so that the queue redelivers the message."""
    message = MESSAGE.validate_json(record.body)
    if isinstance(message, MalformedRecord):
        counts.update(broadcast().broadcast(_events_of_malformed(message), deadline))
    else:
        counts.update(broadcast().handle(message, deadline))


def _events_of_malformed(message: MalformedRecord) -> list[OwnedEvent]:
    """Read the job from the table instead. If that is also malformed, the message ends up in the failure queue."""
    if message.job_id is None:
        raise LookupError(f"The stream record {message.record_id} has no job id.")
    job = JobTable(settings().jobs_table).peek(message.job_id)
    return [OwnedEvent(job.owner, event_of(job, settings().public_url))] if job and is_replayed(job) else []


def _report(counts: Counts, job_ids: Sequence[str] = ()) -> None:
    for name in ("Listeners", "Posts", "Gone", "Throttled", "Requeued"):
        metrics.add_metric(name, MetricUnit.Count, counts[name.lower()])
    logger.info("Broadcast events", extra={**counts, "job_ids": job_ids})
