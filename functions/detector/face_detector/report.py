"""Metrics and log lines about processed images."""

from aws_lambda_powertools.metrics import MetricUnit
from facelib.domain.job import Detection, Failure
from facelib.observability import logger, metrics


def report_detection(detected: Detection, metric: str) -> None:
    metrics.add_metric(metric, MetricUnit.Count, len(detected.faces))
    for stage, milliseconds in detected.timings_ms.items():
        metrics.add_metric(f"{stage.capitalize()}Time", MetricUnit.Milliseconds, milliseconds)
    logger.info("Processed an image", extra={"faces": len(detected.faces), "timings_ms": detected.timings_ms})


def report_failure(failure: Failure) -> None:
    # One metric for all reasons; the reason is in the log, because each value of a dimension would be billed as a
    # separate metric.
    metrics.add_metric("FailedJobs", MetricUnit.Count, 1)
    logger.info("Rejected an image", extra={"reason": failure.reason, "detail": failure.detail})
