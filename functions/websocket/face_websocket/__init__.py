"""Listeners come, ask and go."""
