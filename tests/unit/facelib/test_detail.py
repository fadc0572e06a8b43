"""Details of failures are truncated where they are created, so that an event is at most 1 KB for any input."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from face_intake.metadata import read_options
from face_websocket.requests import RequestInvalid, read_query, read_request
from facelib.domain import limits
from facelib.domain.detail import shortened
from facelib.domain.errors import ImageRejected
from facelib.domain.job import Failure, FailureReason, Status
from facelib.domain.options import Options
from facelib.messages.events import ErrorEvent, event_of
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.jobs import new_job
from tests.support.properties import hold

# A host name of the maximum length in DNS, followed by an API stage.
PUBLIC_URL = f"https://{'a.' * 126}b/production"
# Text that takes more bytes than it has characters (in UTF-8 or JSON), and lone surrogates, which UTF-8 cannot encode.
ODD = st.one_of(
    st.text(),
    st.text(alphabet='"\\\x00\x1b\x7f', max_size=100),
    st.text(alphabet="😀é", max_size=100),
    st.text(alphabet="\ud800\udfff", max_size=50),
)
LONG = st.builds(lambda text, times: text * times, ODD, st.sampled_from([1, 20, 1_000]))


def json_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def assert_small(event_text: str) -> None:
    assert len(event_text.encode()) <= limits.EVENT_BYTES


def test_a_text_is_truncated_by_its_size_as_json() -> None:
    def check(drawn: tuple[str, int]) -> None:
        text, limit = drawn
        short = shortened(text, limit)
        assert json_bytes(short) <= limit
        clean = text.encode(errors="replace").decode()
        if json_bytes(clean) <= limit:
            assert short == clean
        else:
            assert short.endswith("…")
            assert clean.startswith(short[:-1])

    hold(60, st.tuples(LONG, st.integers(3, 1_000)), check)


@pytest.mark.parametrize("character", ["a", "é", "😀", "\x00", '"'])
def test_a_long_text_keeps_as_much_as_fits(character: str) -> None:
    short = shortened(character * 10_000, limits.DETAIL_BYTES)
    assert limits.DETAIL_BYTES - 9 < json_bytes(short) <= limits.DETAIL_BYTES


def test_no_failure_makes_an_event_larger_than_a_kilobyte() -> None:
    def check(drawn: tuple[FailureReason, str]) -> None:
        reason, detail = drawn
        failed = {
            "status": Status.FAILED,
            "completed_at": datetime.now(UTC),
            "event_id": "20261124T093000.412000Z-0b9f3a0e",
            "failure": Failure(reason=reason, detail=detail),
        }
        assert_small(event_of(new_job().model_copy(update=failed), PUBLIC_URL).model_dump_json())

    hold(60, st.tuples(st.sampled_from(FailureReason), LONG), check)


def test_a_completed_event_has_room_for_any_address() -> None:
    completed = {
        "status": Status.COMPLETED,
        "completed_at": datetime.now(UTC),
        "event_id": "20261124T093000.412000Z-0b9f3a0e",
        "face_count": limits.MAX_FACES,
    }
    assert_small(event_of(new_job().model_copy(update=completed), PUBLIC_URL).model_dump_json())


METADATA = st.dictionaries(
    st.builds("facecast-{}".format, st.sampled_from([*Options.model_fields, "colour"]) | st.text(max_size=300)),
    st.sampled_from(["," * 1_990, "1" * 2_000, "blur," * 400]) | LONG,
    min_size=1,
)


def test_no_metadata_makes_a_long_failure() -> None:
    def check(metadata: dict[str, str]) -> None:
        detail = ""
        try:
            read_options(metadata)
        except ImageRejected as rejected:
            detail = rejected.failure.detail
        assert json_bytes(detail) <= limits.DETAIL_BYTES

    hold(60, METADATA, check)


@pytest.mark.parametrize(
    "metadata",
    [
        {"facecast-render": "," * 1_990},
        {f"facecast-{number}": "x" for number in range(188)},
        {"facecast-max-faces": "1" * 4_300},
    ],
    ids=["commas", "names", "digits"],
)
def test_hostile_metadata_fails_with_a_helpful_message(metadata: dict[str, str]) -> None:
    with pytest.raises(ImageRejected) as raised:
        read_options(metadata)
    detail = raised.value.failure.detail
    assert json_bytes(detail) <= limits.DETAIL_BYTES
    assert "Allowed names: facecast-render" in detail
    assert "Correct the following, and upload the file again: facecast-" in detail


VALUES = st.recursive(
    st.none() | st.integers() | LONG, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
FRAMES: st.SearchStrategy[Any] = st.one_of(
    VALUES,
    st.dictionaries(st.sampled_from(["action", "job_id", "limit", "after"]) | LONG, VALUES),
    st.builds(
        lambda action, more: {"action": action, **more},
        st.sampled_from(["subscribe", "replay", "ping"]) | LONG,
        st.dictionaries(st.sampled_from(["job_id", "limit", "after"]) | LONG, VALUES),
    ),
)


def test_invalid_frames_get_short_responses() -> None:
    def check(frame: Any) -> None:
        try:
            read_request(json.dumps(frame))
        except RequestInvalid as refused:
            assert_small(ErrorEvent(detail=str(refused)).model_dump_json())

    hold(60, FRAMES, check)


def test_invalid_queries_get_short_responses() -> None:
    def check(query: dict[str, str]) -> None:
        try:
            read_query(query)
        except RequestInvalid as refused:
            assert_small(ErrorEvent(detail=str(refused)).model_dump_json())

    hold(60, st.dictionaries(st.sampled_from(["job_id", "replay", "after", "ticket"]) | LONG, LONG), check)


@pytest.mark.parametrize("unknown", [1, limits.PROBLEMS, limits.PROBLEMS + 1, 800])
def test_up_to_ten_problems_are_reported_and_the_rest_are_counted(unknown: int) -> None:
    frame = {"action": "ping"} | {f"field{number}": 1 for number in range(unknown)}

    with pytest.raises(RequestInvalid) as raised:
        read_request(json.dumps(frame))

    message = str(raised.value)
    assert message.count("Extra inputs") == min(unknown, limits.PROBLEMS)
    others = unknown - limits.PROBLEMS
    assert message.endswith(f"and {others:,} more") is (others > 0)


@pytest.mark.parametrize(
    "renders", [[1] * 40_000, ["blur"] * 40_000, ["blur"] * 21], ids=["wrong", "right", "one too many"]
)
def test_a_list_is_limited_before_its_items_are_validated(renders: list[object]) -> None:
    with pytest.raises(ValidationError) as raised:
        Options.model_validate({"render": renders})
    assert raised.value.error_count() == 1
