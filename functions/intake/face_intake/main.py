"""The intake's handler: S3's events about the inbox, from the queue."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.observability import logger, metrics, traced
from facelib.settings import IntakeSettings
from facelib.stores.jobs.claims import Claims
from facelib.stores.jobs.creation import NewJobs
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.inbox import Inbox

from face_intake.drops import drops
from face_intake.intake import Intake

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@cache
def intake() -> Intake:
    settings = IntakeSettings.from_environment()
    table = JobTable(settings.jobs_table)
    jobs, claims = NewJobs(table, settings.index_shards), Claims(table)
    return Intake(jobs, claims, Inbox(settings.originals_bucket), settings.retention)


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    response = process_partial_response(event, _take, processor, context)
    for _, error, _ in processor.exceptions:
        logger.warning("A message could not be processed and will be redelivered", extra={"reason": repr(error)})
    return response


def _take(record: SQSRecord) -> None:
    """Take every dropped file that a message lists. Every error is raised, so that the queue redelivers the message."""
    for drop in drops(record.json_body):
        intake().take(drop)
