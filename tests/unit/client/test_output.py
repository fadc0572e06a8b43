"""Output cannot move the cursor, and the progress bar is shown only on terminals."""

import io

import pytest
from facecast.cli.output import Terminal, job_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Straße 7 é 顔.jpg", "Straße 7 é 顔.jpg"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("gpj.\u202ephoto", "gpj.\\u202ephoto"),
        ("caf\udce9.jpg", "caf\\udce9.jpg"),
        ("[red]no markup[/]", "[red]no markup[/]"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printable(text) == shown
    Terminal().say(text)
    Terminal().log(text)
    assert capsys.readouterr() == (f"{shown}\n", f"facecast: {shown}\n")


def test_a_correction_is_distinguished_from_the_first_result() -> None:
    event = {"job_id": "a", "status": "completed", "face_count": 2, "completed_at": "2026-11-24T10:00:00Z"}
    assert job_line({**event, "type": "job.completed"}) == "a  2026-11-24T10:00:00Z  completed   2 faces"
    corrected = {**event, "type": "job.corrected", "corrected_at": "2026-11-24T10:03:00Z"}
    assert job_line(corrected) == "a  2026-11-24T10:03:00Z  corrected   2 faces"


class TerminalStream(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar_and_a_pipe_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream in (TerminalStream(), io.StringIO()):
        terminal = Terminal()
        monkeypatch.setattr("sys.stderr", stream)
        with terminal.bar(3):
            terminal.advance(done=1, failed=1, skipped=False)
            terminal.log("[red]x")
            terminal.advance(done=2, failed=1, skipped=True)
        assert ("1 failed" in stream.getvalue()) == stream.isatty()
        assert "facecast: [red]x" in stream.getvalue()


def test_lines_in_a_pipe_are_plain_while_the_terminal_shows_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, pipe = TerminalStream(), io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("sys.stdout", pipe)
    terminal = Terminal()
    with terminal.bar(2):
        terminal.say("photo.jpg  1 face")
    assert pipe.getvalue() == "photo.jpg  1 face\n"
    assert "photo.jpg" not in stream.getvalue()


def test_jobs_and_events_are_printed_on_one_line_each() -> None:
    completed = {"job_id": "j", "completed_at": "2026-11-24T10:00:00.123Z", "status": "completed", "face_count": 0}
    assert job_line(completed) == "j  2026-11-24T10:00:00Z  completed   no faces"
    failed = completed | {"status": "failed", "failure": {"reason": "too_large", "detail": "Too large."}}
    assert job_line(failed) == "j  2026-11-24T10:00:00Z  failed      too_large: Too large."
    assert job_line({"type": "job.deleted", "event_id": "e", "job_id": "j"}).split() == ["j", "deleted"]


def test_a_job_is_printed_with_its_options_and_source() -> None:
    options = {
        "render": ["blur", "preview"],
        "min_confidence": None,
        "max_faces": 1000,
        "blur_strength": 3,
        "size": "fit",
    }
    job = {
        "job_id": "j",
        "created_at": "2026-11-24T10:00:00Z",
        "status": "completed",
        "face_count": 1,
        "options": options,
    }
    assert job_line(job | {"source": None}) == "j  2026-11-24T10:00:00Z  completed   1 face  blur,preview"
    dropped = {"source": "inbox/alice/a.jpg", "options": options | {"size": "original", "min_confidence": 0.5}}
    assert job_line(job | dropped) == (
        "j  2026-11-24T10:00:00Z  completed   1 face  blur,preview min_confidence=0.5 size=original  inbox/alice/a.jpg"
    )
