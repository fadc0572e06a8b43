"""The command line: detect, listen, jobs, delete, retry."""

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

import websockets

from facecast.api import Job, Options, Service, ServiceError
from facecast.listener import Event, listen

FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

RENDERS: Final = ("boxes", "blur", "pixelate")
STATUSES: Final = ("pending", "processing", "completed", "failed")
LOCAL_STACK: Final = Path(".local/stack.json")
_AT_ONCE: Final = 4

Command = Callable[[Service, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if all went well, 1 if something failed, 2 if it was asked wrongly."""
    parser = _parser()
    given = parser.parse_args(arguments)
    url = given.url or os.environ.get("FACECAST_URL") or _local_url()
    if not url:
        parser.error("which service? Name its address: --url https://..., or FACECAST_URL in the environment")
    run: Command = given.run
    try:
        with Service(url) as service:
            return run(service, given)
    except ServiceError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED


def _local_url() -> str | None:
    """The address of a local stack that was started in this folder."""
    try:
        return str(json.loads(LOCAL_STACK.read_text())["http_url"])
    except (OSError, ValueError, KeyError):
        return None


def _detect(service: Service, given: argparse.Namespace) -> int:
    options = Options(given.render, given.min_confidence, given.max_faces)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
    # Asked for once, before the threads do.
    _ = service.limits
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = [pool.submit(service.detect, photo, options) for photo in given.photos]
        named = zip(given.photos, _stems(given.photos), jobs, strict=True)
        try:
            return max([_show_detection(service, given, *one) for one in named])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _show_detection(service: Service, given: argparse.Namespace, photo: Path, stem: str, future: Future[Job]) -> int:
    try:
        job = future.result()
        saved = _save(service, job, given.out, stem)
    except (ServiceError, OSError) as error:
        return _complain(f"{photo}: {error}")
    if given.json:
        print(json.dumps({"photo": str(photo), "saved": saved, **job.data}), flush=True)
    elif job.failure is None:
        print(f"{photo}  {_faces(job.face_count)}  job {job.job_id}")
        for face in job.faces:
            print(f"  {face.confidence:6.1%}  {face.width:.0f} x {face.height:.0f} at {face.x:.0f}, {face.y:.0f}")
        for path in saved:
            print(f"  saved   {path}")
    if job.failure:
        return _complain(f"{photo}: {job.failure.reason}: {job.failure.detail}")
    return 0


def _save(service: Service, job: Job, folder: Path | None, stem: str) -> list[str]:
    if folder is None or job.failure:
        return []
    saved = []
    for render in job.render:
        path = folder / f"{stem}-{render}.jpg"
        path.write_bytes(service.result(job.job_id, render))
        saved.append(str(path))
    return saved


def _stems(photos: Sequence[Path]) -> Iterator[str]:
    """A name for each photo's results; photos of the same name in different folders are numbered."""
    seen: Counter[str] = Counter()
    for photo in photos:
        seen[photo.stem] += 1
        yield photo.stem if seen[photo.stem] == 1 else f"{photo.stem}-{seen[photo.stem]}"


def _listen(service: Service, given: argparse.Namespace) -> int:
    limits = service.limits
    if given.replay > limits.replay_limit:
        _complain(f"--replay takes at most {limits.replay_limit}")
        return USAGE
    if given.job:
        # Of a job that is not there nothing would ever be heard.
        service.job(given.job)
    try:
        return asyncio.run(_show_events(limits.stream_url, given))
    except websockets.InvalidStatus as error:
        raise ServiceError(f"The stream refused: HTTP {error.response.status_code}.") from None


async def _show_events(url: str, given: argparse.Namespace) -> int:
    replay = 1 if given.job else given.replay
    async for event in listen(url, replay=replay, job_id=given.job):
        print(json.dumps(event) if given.json else _line(event), flush=True)
        if given.job:
            return 0 if event["type"] == "job.completed" else FAILED
    return 0


def _line(event: Event) -> str:
    """A job, or the event that ended one: what is told here of both has the same names."""
    if event.get("type") == "job.deleted":
        return f"{event['job_id']}  deleted"
    failure = event["failure"]
    told = f"{failure['reason']}: {failure['detail']}" if failure else _faces(event["face_count"])
    at = event["completed_at"] or event["created_at"]
    return f"{event['job_id']}  {at[:19]}Z  {event['status']:10}  {told}".rstrip()


def _jobs(service: Service, given: argparse.Namespace) -> int:
    for job in islice(service.jobs(given.status), given.limit):
        if given.json:
            print(json.dumps(job.data))
        else:
            print(_line(job.data))
    return 0


def _delete(service: Service, given: argparse.Namespace) -> int:
    return _each(given.job_ids, service.delete, "deleted")


def _retry(service: Service, given: argparse.Namespace) -> int:
    return _each([given.job_id], service.retry, "is processed again")


def _each(job_ids: Sequence[str], act: Callable[[str], None], done: str) -> int:
    outcome = 0
    for job_id in job_ids:
        try:
            act(job_id)
            print(f"{job_id} {done}")
        except ServiceError as error:
            outcome = _complain(f"{job_id}: {error}")
    return outcome


def _faces(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count or 'no'} face{'' if count == 1 else 's'}"


def _complain(message: str) -> int:
    print(f"facecast: {message}", file=sys.stderr)
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="facecast", description="Finds faces in photos, with a Facecast service.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--url", help="address of the service (else FACECAST_URL, else a local stack of this folder)")
    lines = argparse.ArgumentParser(add_help=False)
    lines.add_argument("--json", action="store_true", help="print a JSON object a line")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Command, text: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[shared, *parents], help=text, description=text)
        command.set_defaults(run=run)
        return command

    detect = add("detect", _detect, "send photos, and tell the faces in them", lines)
    detect.add_argument("photos", nargs="+", type=_photo, metavar="PHOTO")
    detect.add_argument("--render", type=_renders, default=("boxes",), help=f"of {', '.join(RENDERS)}, with commas")
    detect.add_argument("--min-confidence", type=float, metavar="SHARE", help="leave out less sure faces, from 0 to 1")
    detect.add_argument("--max-faces", type=int, metavar="N", help="keep the N surest faces")
    detect.add_argument("--out", type=Path, metavar="DIR", help="save the results there")
    heard = add("listen", _listen, "print what becomes of everyone's photos as it comes, until Ctrl-C", lines)
    which = heard.add_mutually_exclusive_group()
    which.add_argument("--job", help="hear of this job alone, until it has ended")
    which.add_argument("--replay", type=int, default=0, metavar="N", help="begin with the latest N")
    jobs = add("jobs", _jobs, "list jobs, newest first", lines)
    jobs.add_argument("--status", choices=STATUSES)
    jobs.add_argument("--limit", type=int, default=20, metavar="N")
    add("delete", _delete, "delete jobs with their images").add_argument("job_ids", nargs="+", metavar="JOB")
    add("retry", _retry, "look at a failed job's image again").add_argument("job_id", metavar="JOB")
    return parser


def _photo(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


def _renders(text: str) -> tuple[str, ...]:
    renders = tuple(part.strip() for part in text.split(","))
    if unknown := [render for render in renders if render not in RENDERS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(RENDERS)}")
    return renders
