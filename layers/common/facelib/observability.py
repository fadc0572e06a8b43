"""One logger, one set of metrics and one tracer a function; Powertools reads their names from the environment."""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer

# An invocation with nothing to count, like S3's test event, is no mistake.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics()
tracer = Tracer()
