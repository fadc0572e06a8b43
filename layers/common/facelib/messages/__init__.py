"""What functions send to each other, to listeners and to callers, and what S3 sends to them."""
