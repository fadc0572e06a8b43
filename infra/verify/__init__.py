"""Use a deployed service as its users will, and say what works: what `make verify` does."""
