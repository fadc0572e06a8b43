"""The detector's handler: S3's events about originals, through SQS or directly, and requests from the API."""

import json
from functools import cache
from typing import Any

import cv2
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from facelib.domain.errors import ImageRejected, ObjectMissing
from facelib.domain.job import Failure, FailureReason
from facelib.messages.detector_requests import (
    CorrectRequest,
    DetectReply,
    DetectRequest,
    FaceReply,
    FaceRequest,
    RenderReply,
    RenderRequest,
)
from facelib.messages.s3_events import originals_created
from facelib.observability import logger, metrics, traced
from facelib.settings import DetectorSettings
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore

from face_detector.detection.detector import load_detector
from face_detector.service import DetectionService

# A job that another detector holds is not an error of the function: only its message is redelivered.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@cache
def service() -> DetectionService:
    settings = DetectorSettings.from_environment()
    if settings.threads is not None:
        # The host has more processors than the function can use, so one thread for each would make threads wait.
        cv2.setNumThreads(settings.threads)
    return DetectionService.of(
        JobTable(settings.jobs_table),
        ImageStore(settings.originals_bucket, settings.results_bucket),
        load_detector(settings.detector, settings.quality),
        settings.lease_seconds,
        settings.public_url,
    )


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 - each kind of event has its response
    if event.get("action") == "detect":
        return _detect(DetectRequest.model_validate_json(json.dumps(event))).model_dump(mode="json")
    if event.get("action") == "render":
        return _render(RenderRequest.model_validate(event)).model_dump(mode="json")
    if event.get("action") == "correct":
        return _correct(CorrectRequest.model_validate(event)).model_dump(mode="json")
    if event.get("action") == "face":
        return _face(FaceRequest.model_validate(event)).model_dump(mode="json")
    if any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", ())):
        return process_partial_response(event, _process_message, processor, context)
    _process_s3_event(event)
    return None


def _process_message(record: SQSRecord) -> None:
    _process_s3_event(record.json_body)


def _process_s3_event(event: dict[str, Any]) -> None:
    for original in originals_created(event):
        service().processing.process(original)


def _render(request: RenderRequest) -> RenderReply:
    logger.set_correlation_id(request.job_id)
    return RenderReply(outcome=service().on_demand.render(request.job_id, request.render))


def _correct(request: CorrectRequest) -> RenderReply:
    logger.set_correlation_id(request.job_id)
    return RenderReply(outcome=service().on_demand.correct(request))


def _face(request: FaceRequest) -> FaceReply:
    logger.set_correlation_id(request.job_id)
    return service().on_demand.face(request)


def _detect(request: DetectRequest) -> DetectReply:
    try:
        detected = service().direct.detect(request.image, request.key)
    except ImageRejected as rejected:
        return DetectReply(failure=rejected.failure)
    except ObjectMissing:
        return DetectReply(failure=Failure(reason=FailureReason.ORIGINAL_MISSING, detail="No object with this key."))
    return DetectReply(image=detected.image, faces=detected.faces)
