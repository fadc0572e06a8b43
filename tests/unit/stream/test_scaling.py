"""The model of scaling agrees with docs/scaling.md, and with simple arithmetic in extreme cases."""

from math import inf
from pathlib import Path

import pytest
from facelib.domain.limits import FRAME_BYTES

from benchmarks.scaling import EVENT_BYTES, LISTENERS_AT_ONCE, POSTS_PER_SECOND, Plan, chart, figures


def test_the_document_has_the_figures_of_the_model(repository: Path) -> None:
    page = (repository / "docs/scaling.md").read_text()

    assert figures() in page, "run: python -m benchmarks.scaling"
    assert chart() == (repository / "docs/scaling.svg").read_text(), "run: python -m benchmarks.scaling"


def test_one_post_per_event_is_limited_by_the_quota() -> None:
    assert Plan(POSTS_PER_SECOND, 1, coalesced=False).pass_seconds < inf
    assert Plan(POSTS_PER_SECOND, 1.1, coalesced=False).pass_seconds == inf


def test_coalescing_is_limited_by_the_size_of_frames() -> None:
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


def test_a_higher_quota_is_proportionally_faster() -> None:
    raised = Plan(1_000_000, 1, coalesced=True, posts_per_second=100_000)

    assert raised.pass_seconds == pytest.approx(Plan(100_000, 1, coalesced=True).pass_seconds)
