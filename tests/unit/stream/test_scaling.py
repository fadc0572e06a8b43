"""The model of scaling agrees with its page, and with simple arithmetic in extreme cases."""

from math import inf
from pathlib import Path

import pytest
from facelib.domain.limits import FRAME_BYTES

from benchmarks.scaling import EVENT_BYTES, LISTENERS_AT_ONCE, POSTS_PER_SECOND, Plan, chart, figures


def test_the_page_has_the_models_figures(repository: Path) -> None:
    page = (repository / "docs/scaling.md").read_text()

    assert figures() in page, "run: python -m benchmarks.scaling"
    assert chart() == (repository / "docs/scaling.svg").read_text(), "run: python -m benchmarks.scaling"


def test_one_post_an_event_ends_at_the_quota() -> None:
    assert Plan(POSTS_PER_SECOND, 1, coalesced=False).pass_seconds < inf
    assert Plan(POSTS_PER_SECOND, 1.1, coalesced=False).pass_seconds == inf


def test_coalesced_ends_where_frames_are_full() -> None:
    most = POSTS_PER_SECOND * FRAME_BYTES / EVENT_BYTES

    assert Plan(100_000, most / 100_000 * 0.8, coalesced=True).pass_seconds < inf
    assert Plan(100_000, most / 100_000 * 1.01, coalesced=True).pass_seconds == inf


def test_coalescing_never_posts_more_than_the_quota() -> None:
    for listeners in (LISTENERS_AT_ONCE, 10_000, 100_000):
        for rate in (0.1, 1, 5):
            assert Plan(listeners, rate, coalesced=True).posts <= POSTS_PER_SECOND


def test_more_listeners_wait_longer_and_cost_more() -> None:
    plans = [Plan(listeners, 1, coalesced=True) for listeners in (10_000, 50_000, 100_000)]

    assert [plan.last_heard for plan in plans] == sorted(plan.last_heard for plan in plans)
    assert [plan.dollars_per_hour for plan in plans] == sorted(plan.dollars_per_hour for plan in plans)


def test_a_raised_quota_is_as_much_faster() -> None:
    raised = Plan(1_000_000, 1, coalesced=True, posts_per_second=100_000)

    assert raised.pass_seconds == pytest.approx(Plan(100_000, 1, coalesced=True).pass_seconds)
