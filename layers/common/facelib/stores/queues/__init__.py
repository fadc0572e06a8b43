"""SQS and EventBridge."""
