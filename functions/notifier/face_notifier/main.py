"""The notifier's handler, for records from the jobs table's stream and for events that the bus refused earlier.

The notifier and the broadcaster read the same stream, independently of each other.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent, SQSEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.messages.deliveries import MalformedRecord
from facelib.observability import logger, metrics, traced
from facelib.settings import NotifierSettings
from facelib.stores.queues.event_bus import BusEvent, EventBus
from facelib.stores.queues.queue import Queue
from facelib.stream.job_stream import job_id_of_record, job_of_record

from face_notifier.details import bus_event
from face_notifier.notify import Notifier


@cache
def settings() -> NotifierSettings:
    return NotifierSettings.from_environment()


@cache
def notifier() -> Notifier:
    return Notifier(
        bus=EventBus(settings().event_bus),
        retries=Queue(settings().notify_queue_url),
        failures=Queue(settings().failure_queue_url),
    )


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> PartialItemFailureResponse:
    if event["Records"][0]["eventSource"] == "aws:sqs":
        failed = _put_again(SQSEvent(event))
    else:
        _notify(DynamoDBStreamEvent(event))
        failed = []
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _notify(stream: DynamoDBStreamEvent) -> None:
    events: list[BusEvent] = []
    malformed: list[MalformedRecord] = []
    for record in stream.records:
        try:
            job = job_of_record(record.raw_event)
            events += [bus_event(job, settings())] if job else []
        except (LookupError, TypeError, ValueError):
            logger.exception("Could not parse a record of the stream", extra={"record_id": record.event_id})
            malformed.append(MalformedRecord(job_id=job_id_of_record(record.raw_event), record_id=record.event_id))
    # A failure here would block the stream and repeat accepted events, so failed events are queued.
    _report(notifier().notify(events, malformed))


def _put_again(queue: SQSEvent) -> Sequence[str]:
    """Put queued events on the bus again; return the ids of the messages that the queue must redeliver."""
    events: dict[str, BusEvent] = {}
    failed: list[str] = []
    for record in queue.records:
        try:
            events[record.message_id] = BusEvent.model_validate_json(record.body)
        except ValueError:
            logger.exception("A queue message is not an event", extra={"message_id": record.message_id})
            failed.append(record.message_id)
    refused = notifier().put(tuple(events.values()))
    failed += [message_id for message_id, event in events.items() if event in refused]
    _report(Counter(put=len(events) - len(refused), failed=len(failed)))
    return failed


def _report(counts: Counter[str]) -> None:
    metrics.add_metric("EventsPut", MetricUnit.Count, counts["put"])
    metrics.add_metric("EventsRequeued", MetricUnit.Count, counts["requeued"])
    logger.info("Put events on the bus", extra=dict(counts))
