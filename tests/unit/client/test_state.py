"""A run that broke off is taken up where its results say, and nowhere else."""

from pathlib import Path

import pytest
from facecast.cli.batch import append_line, begin_lines
from facecast.cli.state import Done, State, Target

SERVICE = "https://faces.example"


@pytest.fixture
def target(tmp_path: Path) -> Target:
    (tmp_path / "out").mkdir()
    return Target(SERVICE, ["photos"], tmp_path / "out", tmp_path / "lines.jsonl")


def record(target: Target, photo: str) -> Done:
    """Do what a run does for a photo, and tell how."""
    assert target.out
    assert target.lines
    saved = target.out / f"{photo}-boxes.jpg"
    saved.touch()
    size = append_line(target.lines, f'{{"photo": "{photo}"}}')
    return Done(
        photo=photo,
        key=f"key of {photo}",
        stem=photo,
        saved=(str(saved),),
        face_count=1,
        failed=False,
        lines_bytes=size,
    )


@pytest.fixture
def interrupted(target: Target) -> State:
    state = State.load(target)
    for photo in ("a", "b"):
        state.add(record(target, photo))
    return state


def test_what_was_done_is_found_by_photo_and_content(target: Target, interrupted: State) -> None:
    state = State.load(target)
    assert len(state) == 2
    assert state.find("a", "key of a") == interrupted.find("a", "key of a")
    assert state.find("a", "key of b") is None
    assert state.stems == {"a": "a", "b": "b"}


def test_the_state_is_its_owners_alone(interrupted: State) -> None:
    assert interrupted.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("interrupted")
def test_another_service_or_place_begins_anew(target: Target, tmp_path: Path) -> None:
    for other in (
        Target("https://other.example", target.names, target.out, target.lines),
        Target(SERVICE, target.names, target.out, None),
        Target(SERVICE, target.names, target.out, tmp_path / "other.jsonl"),
    ):
        assert other.state_file == target.state_file
        assert len(State.load(other)) == 0


def test_a_result_that_has_gone_is_made_again(target: Target, interrupted: State) -> None:
    done = interrupted.find("a", "key of a")
    assert done
    Path(done.saved[0]).unlink()
    assert len(State.load(target)) == 1


@pytest.mark.usefixtures("interrupted")
def test_without_its_lines_a_run_begins_anew(target: Target) -> None:
    assert target.lines
    target.lines.write_text("short")
    assert len(State.load(target)) == 0
    target.lines.unlink()
    assert len(State.load(target)) == 0


def test_a_run_that_was_killed_leaves_half_a_line_and_no_result_twice(target: Target, interrupted: State) -> None:
    """Between the line of a result and the record of it, and in the middle of the record."""
    assert target.lines
    append_line(target.lines, '{"photo": "c"}')
    with interrupted.path.open("a") as file:
        file.write('\n{"photo": "c", "ke')
    state = State.load(target)
    begin_lines(target.lines, state.lines_bytes)
    assert target.lines.read_text().splitlines() == ['{"photo": "a"}', '{"photo": "b"}']
    state.add(record(target, "c"))
    assert len(State.load(target)) == 3


def test_a_run_that_begins_empties_the_lines_of_an_earlier_one(target: Target) -> None:
    assert target.lines
    target.lines.write_text("old\n")
    begin_lines(target.lines, State.load(target).lines_bytes)
    assert target.lines.read_text() == ""


def test_the_state_stands_beside_the_results(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    assert Target(SERVICE, [], tmp_path, lines).state_file == tmp_path / ".facecast-state.jsonl"
    assert Target(SERVICE, [], None, lines).state_file == tmp_path / ".facecast-state-lines.jsonl"
    here = [Target(SERVICE, names, None, None).state_file for names in (["a"], ["b"])]
    assert here[0] != here[1]
    assert not here[0].is_absolute()


def test_with_the_end_of_the_run_the_state_goes(interrupted: State) -> None:
    interrupted.remove()
    interrupted.remove()
    assert not interrupted.path.exists()
