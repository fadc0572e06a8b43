"""Originals, results and dropped files in S3."""
