"""One logger, one set of metrics and one tracer a function; Powertools reads their names from the environment."""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger()
metrics = Metrics()
tracer = Tracer()
