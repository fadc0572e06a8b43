"""The HTTP API for images and jobs."""
