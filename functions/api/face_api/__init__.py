"""The HTTP API: takes images, shows jobs."""
