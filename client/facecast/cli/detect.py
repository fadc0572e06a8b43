"""`facecast detect`."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Annotated, Final

import typer

from facecast.async_client import AsyncClient
from facecast.cli.batch import Batch, Settings
from facecast.cli.job_options import with_job_options
from facecast.cli.options import (
    JsonOption,
    KeyFileOption,
    Paths,
    UrlOption,
    find_service_key,
    find_url,
    read_renders,
    split_renders,
)
from facecast.cli.output import Terminal, faces
from facecast.cli.photos import PhotoFile, Unusable, find_photos
from facecast.cli.record import Record
from facecast.cli.tally import Tally
from facecast.errors import ServiceError
from facecast.models import RENDERS, Options
from facecast.problems import duration

_AT_ONCE: Final = 4
_AT_MOST_AT_ONCE: Final = 32

Render = Annotated[
    str,
    typer.Option(
        "--render",
        callback=read_renders,
        metavar="NAMES",
        help=f"Results to draw, separated by commas: {', '.join(RENDERS)}.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder to save the results in.", show_default=False)
]
Lines = Annotated[
    Path | None,
    typer.Option("--jsonl", metavar="FILE", help="File to write one JSON object per photo to.", show_default=False),
]
Parallel = Annotated[
    int,
    typer.Option("--parallel", min=1, max=_AT_MOST_AT_ONCE, metavar="N", help="Number of parallel uploads."),
]
Again = Annotated[bool, typer.Option("--again", help="Create new jobs for photos that were sent before.")]


@with_job_options
def detect(  # noqa: PLR0913 - the options of a command
    paths: Paths,
    *,
    render: Render = "boxes",
    options: Options,
    out: Out = None,
    jsonl: Lines = None,
    as_json: JsonOption = False,
    parallel: Parallel = _AT_ONCE,
    again: Again = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Find the faces in photos.

    Each result is printed as soon as it is ready. After Ctrl-C, or if the service failed to process some photos, run
    the same command again: it sends the rest and retries the failed ones. As long as the service keeps the job of a
    photo, sending that photo again with the same options returns the same job.
    """
    _check_outputs(out, jsonl)
    options = options.model_copy(update={"render": split_renders(render)})
    service, key = find_url(url), find_service_key(key_file)
    settings = Settings(service, options, out, as_json, parallel, salt=uuid.uuid4().hex if again else "")
    sources = list(find_photos(paths, skip=out))
    photos = [one for one in sources if isinstance(one, PhotoFile)]
    unusable = [one for one in sources if isinstance(one, Unusable)]
    run = _Run(settings, Record(jsonl, out, photos), Tally(len(sources)), Terminal())
    run.start(key, photos, unusable)
    raise typer.Exit(1 if run.tally.failed else 0)


class _Run:
    """Runs a batch, and prints its progress and summary."""

    def __init__(self, settings: Settings, record: Record, tally: Tally, terminal: Terminal) -> None:
        self._settings, self._record, self.tally, self._terminal = settings, record, tally, terminal
        self._began = time.monotonic()

    def start(self, key: str | None, photos: list[PhotoFile], unusable: list[Unusable]) -> None:
        """Process the photos. If the run ends early, print how to resume it, and raise the error again."""
        self._record.begin()
        if self._record.resumed:
            self._terminal.log(f"resuming an earlier run; photos already finished: {self._record.resumed}")
        is_complete = False
        try:
            with self._terminal.bar(self.tally.total):
                asyncio.run(self._send(key, photos, unusable))
            is_complete = not self.tally.retryable
        except BrokenPipeError:
            raise
        except (KeyboardInterrupt, ServiceError, OSError):
            self._say_how_to_resume()
            raise
        finally:
            self._record.end(is_complete=is_complete)
        self._sum_up()

    async def _send(self, key: str | None, photos: list[PhotoFile], unusable: list[Unusable]) -> None:
        async with AsyncClient(self._settings.service, key=key) as client:
            await Batch(client, self._settings, self._record, self._terminal, self.tally).run(photos, unusable)

    def _say_how_to_resume(self) -> None:
        if self.tally.done:
            self._terminal.log(
                f"{self.tally.done} of {self.tally.total} photos are finished. Run the same command again to resume."
            )

    def _sum_up(self) -> None:
        tally = self.tally
        if tally.total > 1:
            failed = f", {tally.failed} failed" if tally.failed else ""
            took = duration(time.monotonic() - self._began)
            self._terminal.log(
                f"{tally.done - tally.failed} of {tally.total} photos, {faces(tally.faces)}{failed}, in {took}"
            )
        if tally.retryable:
            them = "it" if tally.retryable == 1 else "them"
            of_all = (
                f" of the {tally.failed} failed photos can be retried:"
                if tally.retryable < tally.failed
                else " failed;"
            )
            self._terminal.log(f"{tally.retryable}{of_all} run the same command again to retry {them}")


def _check_outputs(out: Path | None, jsonl: Path | None) -> None:
    if out and out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file; choose a folder, which is created if missing.", param_hint="--out")
    if jsonl and jsonl.is_dir():
        raise typer.BadParameter(f"{jsonl} is a folder; choose a file.", param_hint="--jsonl")
