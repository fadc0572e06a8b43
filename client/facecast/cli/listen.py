"""`facecast listen`, with the alias `facecast watch`."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from facecast.cli.jobs import download, service
from facecast.cli.options import JsonOption, KeyFileOption, UrlOption
from facecast.cli.output import Terminal, job_line
from facecast.client import Client
from facecast.errors import SERVICE_UNUSABLE, ServiceError
from facecast.models import Event

JobOption = Annotated[
    str | None, typer.Option("--job", metavar="JOB", help="Wait for this job only.", show_default=False)
]
Replay = Annotated[int, typer.Option("--replay", min=0, metavar="N", help="Start with the latest N events.")]
Download = Annotated[
    Path | None,
    typer.Option(
        "--download",
        metavar="DIR",
        help="Save each job's results in this folder, as JOB-RENDER.jpg (previews as .webp).",
        show_default=False,
    ),
]


def listen(  # noqa: PLR0913 - the options of a command
    *,
    job: JobOption = None,
    replay: Replay = 0,
    download_to: Download = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Print each job as it finishes, is corrected or is deleted, until Ctrl-C.

    A lost connection is restored without missing events. With --job, the command exits when that job ends.
    """
    if job and replay:
        raise typer.BadParameter("--job and --replay cannot be combined.", param_hint="--replay")
    if download_to and download_to.exists() and not download_to.is_dir():
        raise typer.BadParameter(f"{download_to} is a file; choose a folder.", param_hint="--download")
    with service(url, key_file) as client:
        if replay > (most := client.limits().replay_limit):
            raise typer.BadParameter(f"--replay must be at most {most}", param_hint="--replay")
        if job:
            # A missing job never produces an event.
            client.job(job)
        _Listener(client, download_to, as_json=as_json).follow(job, replay)


class _Listener:
    def __init__(self, client: Client, folder: Path | None, *, as_json: bool) -> None:
        self._client, self._folder, self._as_json = client, folder, as_json
        self._terminal = Terminal()

    def follow(self, job_id: str | None, replay: int) -> None:
        """Print events; if only one job is followed, raise Exit with its outcome.

        Raises ServiceError if the service refuses the connection.
        """
        events = self._client.listen(replay=1 if job_id else replay, job_id=job_id)
        with closing(events):
            for event in events:
                self._report(event)
                if job_id:
                    raise typer.Exit(0 if event.is_completed else 1)

    def _report(self, event: Event) -> None:
        saved = self._download(event)
        if self._as_json:
            self._terminal.say(json.dumps({**event.data, **({"saved": saved} if self._folder else {})}))
            return
        self._terminal.say(job_line(event.data))
        for path in saved:
            self._terminal.say(f"  saved   {path}")

    def _download(self, event: Event) -> list[str]:
        """Save the results of a job. If the job was deleted, the missing results do not stop the listener."""
        if self._folder is None or not event.is_completed:
            return []
        try:
            job = self._client.job(event.job_id)
            return [str(path) for path in download(self._client, job, self._folder, job.options.pictures)]
        except SERVICE_UNUSABLE:
            raise
        except ServiceError as error:
            self._terminal.log(f"{event.job_id}: {error}")
            return []
