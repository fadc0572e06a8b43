"""The HTTP API: takes images, answers for jobs."""
