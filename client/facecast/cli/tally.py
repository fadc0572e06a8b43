"""The progress of a run over many photos."""

from dataclasses import dataclass


@dataclass
class Tally:
    total: int
    done: int = 0
    failed: int = 0
    # Failed photos that may succeed if they are sent again unchanged.
    retryable: int = 0
    faces: int = 0

    def count(self, face_count: int = 0, *, failed: bool = False, retryable: bool = False) -> None:
        """Count a finished photo."""
        self.done += 1
        self.failed += failed
        self.retryable += retryable
        self.faces += face_count
