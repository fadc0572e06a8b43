"""Properties whose number of examples is chosen on the command line."""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# A search of up to this many examples always uses the same ones; a longer search uses new ones.
_MOST_FIXED: Final = 200


def hold(examples: int, strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Check a property on this many examples; show the smallest one that fails."""
    quiet = settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples <= _MOST_FIXED,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    quiet(given(strategy)(check))()
