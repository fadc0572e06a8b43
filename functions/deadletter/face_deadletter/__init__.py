"""The dead-letter function: fails jobs that no detector could finish."""
