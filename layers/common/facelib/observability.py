"""The logger, metrics and tracer of a function; Powertools reads their names from the environment."""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer

# An invocation without metrics, like that of S3's test event, is not an error.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics()
tracer = Tracer()
