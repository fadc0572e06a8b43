"""Output for people: lines on stdout, messages on stderr, and a progress bar on a terminal."""

import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeRemainingColumn as RichTimeRemaining
from rich.text import Text

from facecast.generated_models import JobOptions

# Control and format characters, surrogates, line and paragraph separators: they move the cursor, or reverse the text.
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DEFAULTS: Final = {name: option.default for name, option in JobOptions.model_fields.items()}


def printable(text: str) -> str:
    """Return the text with the characters that could affect a terminal replaced by escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in _UNPRINTABLE else one for one in text
    )


class Terminal:
    """Prints lines while a progress bar may be shown below them."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def say(self, line: str) -> None:
        """Print a line to stdout. Raises BrokenPipeError if the pipe is closed."""
        if self._progress and sys.stdout.isatty():
            self._progress.console.print(Text(printable(line)), soft_wrap=True)
        else:
            print(printable(line), flush=True)

    def log(self, message: str) -> None:
        """Print a line to stderr."""
        line = f"facecast: {printable(message)}"
        if self._progress:
            self._progress.console.print(Text(line), soft_wrap=True)
        else:
            print(line, file=sys.stderr, flush=True)

    @contextmanager
    def bar(self, total: int) -> Iterator[None]:
        """Show progress if stderr is a terminal; stdout contains only the lines, so that it can be piped."""
        console = Console(stderr=True)
        if total < 2 or not console.is_terminal:
            yield
            return
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TaskProgressColumn(),
            _Rate(),
            _TimeLeft(),
            TextColumn("{task.fields[note]}"),
        )
        with Progress(
            *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
        ) as progress:
            self._progress, self._task = progress, progress.add_task("", total=total, note="")
            try:
                yield
            finally:
                self._progress = None

    def advance(self, *, done: int, failed: int, skipped: bool) -> None:
        """Move the bar to `done`; skipped items affect neither the rate nor the remaining time."""
        if self._progress:
            move = self._progress.reset if skipped else self._progress.update
            move(self._task, completed=done, note=f"[red]{failed} failed[/]" if failed else "")


class _Rate(TaskProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="progress.data.speed")


class _TimeLeft(RichTimeRemaining):
    def render(self, task: Task) -> Text:
        left = super().render(task)
        return left if task.finished or task.time_remaining is None else Text.assemble(left, " left")


def faces(count: int | None) -> str:
    """Return the number with its noun: `no faces`, `1 face`."""
    if count is None:
        return ""
    return f"{count or 'no'} face{'' if count == 1 else 's'}"


def job_line(job: Mapping[str, Any]) -> str:
    """Format a job, or its event, as a line; the fields used here have the same names in both."""
    if job.get("type") == "job.deleted":
        return f"{job['job_id']}  {'':20}  deleted"
    failure = job.get("failure")
    outcome = f"{failure['reason']}: {failure['detail']}" if failure else faces(job.get("face_count"))
    is_correction = job.get("type") == "job.corrected"
    at = str(job.get("corrected_at" if is_correction else "completed_at") or job.get("created_at") or "")
    parts = (
        f"{'corrected' if is_correction else job.get('status') or job.get('type', ''):10}",
        outcome,
        _options(job.get("options") or {}),
        job.get("source"),
    )
    return "  ".join([job["job_id"], f"{at[:19]}Z", *filter(None, parts)]).rstrip()


def _options(options: Mapping[str, Any]) -> str:
    """Return the renders, and the options that differ from the defaults."""
    chosen = {
        name: value for name, value in options.items() if name != "render" and value not in (None, _DEFAULTS.get(name))
    }
    return " ".join([",".join(options.get("render", ())), *(f"{name}={value}" for name, value in chosen.items())])
