"""The broadcaster function: posts events to listeners."""
