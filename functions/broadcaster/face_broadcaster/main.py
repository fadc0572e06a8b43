"""One function, two event sources: the jobs table's stream, and the delivery queue for all that is to follow."""

import time
from collections import Counter
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Final

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.deliveries import MESSAGE, MalformedRecord
from facelib.events import event_of
from facelib.observability import logger, metrics
from facelib.replay import Replayer
from facelib.settings import BroadcasterSettings
from facelib.stores.connections import ConnectionStore
from facelib.stores.job_lists import JobLists
from facelib.stores.jobs import JobStore
from facelib.stores.push import ConnectionsApi
from facelib.stores.queue import Queue

from face_broadcaster.backpressure import Backpressure
from face_broadcaster.broadcast import Broadcast
from face_broadcaster.fanout import FanOut
from face_broadcaster.records import OwnedEvent, event_of_record, job_id_of_record

# A stream's next batch waits for this one, so what takes longer goes to the queue.
_STREAM_SECONDS: Final = 5.0
# Left for a post under way to time out, and for handing on.
_RESERVE_SECONDS: Final = 6.0


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes a batch of either source; answers with the messages of the queue that failed."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    if event["Records"][0]["eventSource"] == "aws:sqs":
        return _deliver(event, context, deadline)
    counts = _broadcast(event["Records"], min(deadline, time.monotonic() + _STREAM_SECONDS))
    _report(counts)
    _broadcaster().backpressure.wait(counts["split"], deadline)
    return {"batchItemFailures": []}


def _broadcast(records: list[dict[str, Any]], deadline: float) -> Counter[str]:
    settings = _settings()
    owned: list[OwnedEvent] = []
    malformed: list[str] = []
    for record in records:
        try:
            found = event_of_record(record, settings.public_url)
        except (LookupError, TypeError, ValueError, AttributeError):
            logger.exception("A record of the stream could not be read", extra={"record_id": record.get("eventID")})
            about = MalformedRecord(job_id=job_id_of_record(record), record_id=record.get("eventID"))
            malformed.append(about.model_dump_json())
        else:
            owned += [found] if found else []
    counts = _broadcaster().broadcast(owned, deadline)
    # To fail here would hold up the stream and repeat what was posted; the queue has a place for what nobody can read.
    Queue(settings.delivery_queue_url).send_all(malformed)
    return counts + Counter(events=len(owned), malformed=len(malformed))


def _deliver(event: dict[str, Any], context: LambdaContext, deadline: float) -> dict[str, Any]:
    # The stream does without it, so its cold start does too.
    from aws_lambda_powertools.utilities.batch import (  # noqa: PLC0415
        BatchProcessor,
        EventType,
        process_partial_response,
    )

    counts: Counter[str] = Counter()
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, partial(_take, counts=counts, deadline=deadline), processor, context)
    for _, error, _ in processor.exceptions:
        logger.warning("A message stays in the queue", extra={"reason": repr(error)})
    counts.update(failed=len(answer["batchItemFailures"]))
    _report(counts)
    return dict(answer)


def _take(record: Mapping[str, Any], counts: Counter[str], deadline: float) -> None:
    """Raises whatever keeps a message from being done, after which the queue tries it again."""
    message = MESSAGE.validate_json(record["body"])
    if isinstance(message, MalformedRecord):
        counts.update(_broadcaster().broadcast(_event_of_malformed(message), deadline))
    else:
        counts.update(_broadcaster().handle(message, deadline))


def _event_of_malformed(message: MalformedRecord) -> list[OwnedEvent]:
    """Read the job itself; whatever is wrong with it still is raised, and the message ends in the failure queue."""
    if message.job_id is None:
        raise LookupError(f"The record {message.record_id} of the stream names no job.")
    job = JobStore(_settings().jobs_table).peek(message.job_id)
    return [OwnedEvent(job.owner, event_of(job, _settings().public_url))] if job and job.status.is_final else []


def _report(counts: Counter[str]) -> None:
    """One log line and one of metrics an invocation."""
    logger.info("Broadcast", extra=dict(counts))
    for name in ("Listeners", "Posts", "Gone", "Throttled", "Requeued"):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=counts[name.lower()])
    metrics.flush_metrics()


@cache
def _settings() -> BroadcasterSettings:
    return BroadcasterSettings.from_environment()


@cache
def _broadcaster() -> Broadcast:
    settings = _settings()
    connections, push = ConnectionStore(settings.connections_table), ConnectionsApi(settings.callback_url)
    return Broadcast(
        connections=connections,
        queue=Queue(settings.delivery_queue_url),
        fan_out=FanOut(push, connections),
        backpressure=Backpressure(connections, settings.posts_per_second),
        replayer=Replayer(
            JobStore(settings.jobs_table), JobLists(settings.jobs_table), connections, push, settings.public_url
        ),
    )
