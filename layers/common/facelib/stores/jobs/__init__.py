"""The jobs table: the life cycle, the lists and the events of jobs."""
