"""Publishes the outcome of jobs on an EventBridge bus."""
