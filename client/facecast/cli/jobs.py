"""`facecast jobs`, `show`, `delete`, `retry` and `limits`."""

import json
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from facecast.cli.files import save
from facecast.cli.options import (
    JobArgument,
    JsonOption,
    KeyFileOption,
    UrlOption,
    find_service_key,
    find_url,
    read_renders,
    split_renders,
)
from facecast.cli.output import Terminal, job_line
from facecast.client import Client
from facecast.errors import SERVICE_UNUSABLE, ServiceError
from facecast.models import Job


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


def service(url: str | None, key_file: Path | None) -> Client:
    """Return the service that the options name. Raises UsageError if an option is invalid or missing."""
    return Client(find_url(url), key=find_service_key(key_file))


def jobs(
    *,
    status: Annotated[
        Status | None, typer.Option("--status", help="Only jobs with this status.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Maximum number of jobs.")] = 20,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """List jobs, newest first."""
    terminal = Terminal()
    with service(url, key_file) as client:
        for job in islice(client.jobs(status), limit):
            terminal.say(json.dumps(job.data) if as_json else job_line(job.data))


def show(  # noqa: PLR0913 - the options of a command
    job: JobArgument,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder to save the results in.", show_default=False)
    ] = None,
    render: Annotated[
        str | None,
        typer.Option(
            "--render",
            callback=read_renders,
            metavar="NAMES",
            help="Results to save. Default: those requested when the photo was sent. Missing ones are drawn.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Show a job and its faces."""
    if render and not out:
        raise typer.BadParameter("requires --out DIR, the folder for the results.", param_hint="--render")
    terminal = Terminal()
    with service(url, key_file) as client:
        details = client.job(job)
        renders = split_renders(render) if render else details.options.pictures
        saved = download(client, details, out, renders) if out and details.status == Status.COMPLETED else []
    if as_json:
        terminal.say(json.dumps(details.data))
        return
    terminal.say(job_line(details.data))
    for face in details.faces or ():
        box = face.box
        terminal.say(f"  {face.confidence:6.1%}  {box.width:.0f} x {box.height:.0f} at {box.x:.0f}, {box.y:.0f}")
    for path in saved:
        terminal.say(f"  saved   {path}")


def faces(  # noqa: PLR0913 - the options of a command
    job: JobArgument,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to save the faces in.")],
    align: Annotated[bool, typer.Option("--align", help="Rotate each face so that the eyes are level.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Save each face of a job as a separate picture.

    This works as long as the service keeps the original photo. The pictures are up to 1,024 pixels wide, and are named
    JOB-face-0.jpg and so on, by descending confidence. Faces cannot be saved if the job was created to hide them.
    """
    terminal = Terminal()
    with service(url, key_file) as client:
        details = client.wait(job)
        count = len(details.faces or ())
        for number in range(count):
            path = save(out, f"{job}-face-{number}.jpg", client.face(job, number, align=align))
            terminal.say(
                json.dumps({"job_id": job, "face": number, "saved": str(path)}) if as_json else f"saved {path}"
            )
    if details.failure:
        terminal.log(f"{job}: {details.failure.detail}")
        raise typer.Exit(1)
    if not count:
        terminal.log(f"{job} has no faces.")


def delete(
    job: Annotated[list[str], typer.Argument(metavar="JOB", help="Ids of jobs.", show_default=False)],
    *,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Delete jobs with their images."""
    with service(url, key_file) as client:
        _each(job, client.delete, "deleted")


def retry(
    job: Annotated[list[str], typer.Argument(metavar="JOB", help="Ids of failed jobs.", show_default=False)],
    *,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Queue failed jobs for retry."""
    with service(url, key_file) as client:
        _each(job, client.retry, "queued for retry")


def limits(*, as_json: JsonOption = False, url: UrlOption = None, key_file: KeyFileOption = None) -> None:
    """Show the service's limits."""
    terminal = Terminal()
    with service(url, key_file) as client:
        in_force = client.limits().data
    if as_json:
        terminal.say(json.dumps(in_force))
        return
    for name, value in in_force.items():
        terminal.say(f"{name:26} {_in_words(value)}")


def _in_words(value: object) -> str:
    """Format a limit: a list as its comma-separated items, and an object in a list as its name."""
    if not isinstance(value, list):
        return str(value)
    return ", ".join(str(one["name"]) if isinstance(one, dict) else str(one) for one in value)


def download(client: Client, job: Job, folder: Path, renders: Iterable[str]) -> list[Path]:
    """Save a job's results in files named after its id. Raises ServiceError, or OSError if a file cannot be written."""
    limits, paths = client.limits(), []
    for render in renders:
        was_requested = render in job.options.render
        result = client.result(job.job_id, render) if was_requested else client.draw(job.job_id, render)
        paths.append(save(folder, f"{job.job_id}-{render}{limits.file_suffix(render)}", result))
    return paths


def _each(ids: Iterable[str], act: Callable[[str], None], done: str) -> None:
    terminal, failed = Terminal(), False
    for job_id in ids:
        try:
            act(job_id)
            terminal.say(f"{job_id} {done}")
        except SERVICE_UNUSABLE:
            raise
        except ServiceError as error:
            terminal.log(f"{job_id}: {error}")
            failed = True
    if failed:
        raise typer.Exit(1)
