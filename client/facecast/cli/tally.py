"""The progress of a run over many photos."""

from dataclasses import dataclass


@dataclass
class Tally:
    total: int
    done: int = 0
    failed: int = 0
    # Failed photos that may succeed when they are sent again unchanged.
    retryable: int = 0
    faces: int = 0

    def count(self, face_count: int = 0, *, failed: bool = False, retryable: bool = False) -> None:
        """Count a photo that is done."""
        self.done += 1
        self.failed += failed
        self.retryable += retryable
        self.faces += face_count
