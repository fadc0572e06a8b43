"""The tables of keys, tickets and counters."""
