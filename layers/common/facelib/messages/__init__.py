"""Messages between functions, to listeners and callers, and from S3."""
