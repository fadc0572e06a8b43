"""Tests a deployed service from end to end, for `make verify`."""
