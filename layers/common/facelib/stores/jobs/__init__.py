"""The jobs table: jobs, their life, their lists and their events."""
