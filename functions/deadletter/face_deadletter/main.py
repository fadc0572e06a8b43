"""The dead-letter function's handler: fails jobs that no detector could finish, so that clients do not wait."""

from functools import cache
from typing import Any, Final

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.domain.detail import shortened
from facelib.domain.errors import JobFinished, JobNotFound
from facelib.domain.job import Failure, FailureReason
from facelib.messages.s3_events import originals_created
from facelib.observability import logger, metrics, traced
from facelib.settings import DeadLetterSettings
from facelib.stores.jobs.claims import Claims
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

# If a message cannot be read, at most this many bytes of it are logged.
_LOGGED: Final = 500

RETRIES_EXHAUSTED = Failure(
    reason=FailureReason.INTERNAL_ERROR,
    detail="Processing failed several times, but the image is not the cause. "
    "Retry the job; if it fails again, report its id to the operator of this service.",
)


@cache
def claims() -> Claims:
    return Claims(JobTable(DeadLetterSettings.from_environment().jobs_table))


@cache
def images() -> ImageStore:
    settings = DeadLetterSettings.from_environment()
    return ImageStore(settings.originals_bucket, settings.results_bucket)


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, _give_up, processor, context)


def _give_up(record: SQSRecord) -> None:
    """Fail the job in a message. Raises JobClaimed while a detector holds it; the queue then redelivers the message."""
    try:
        originals = list(originals_created(record.json_body))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # The message will never be readable. An error would make the queue redeliver it for two weeks, so it is only
        # logged.
        logger.exception("Dropped a message that is not an S3 event", extra={"body": shortened(record.body, _LOGGED)})
        return
    for original in originals:
        logger.set_correlation_id(original.job_id)
        try:
            claims().fail_abandoned(original.job_id, RETRIES_EXHAUSTED)
        except JobFinished as finished:
            logger.info("Ignored a job that has ended", extra={"reason": str(finished)})
        except JobNotFound:
            # A detector that crashed may have stored something after the job was deleted.
            images().delete(original.job_id)
            logger.info("Removed leftover objects of a deleted job")
        else:
            metrics.add_metric("FailedJobs", MetricUnit.Count, 1)
            logger.error("Marked an abandoned job as failed")
