"""`facecast blur`: hide the faces in photos on this computer, without a service."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from facecast.bundled import HIDING
from facecast.cli.files import save
from facecast.cli.options import JsonOption, Paths, one_of
from facecast.cli.output import Terminal, faces
from facecast.cli.photos import STDIN, PhotoFile, Unusable, assign_stems, find_photos
from facecast.cli.record import Record
from facecast.cli.tally import Tally
from facecast.generated import Size as Sizes
from facecast.problems import duration
from facecast.version import __version__

if TYPE_CHECKING:
    from facecast.local import LocalDetector

_SIZES: Final = (Sizes.ORIGINAL.value, Sizes.FIT.value)
_JPEG: Final = frozenset({".jpg", ".jpeg", ".jpe"})
# The detector refuses larger files; reading them whole could exhaust the memory.
_AT_MOST_BYTES: Final = 1 << 30


Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results, created if missing.")]
Render = Annotated[
    str,
    typer.Option("--render", callback=one_of(HIDING), metavar="NAME", help=f"How to hide faces: {', '.join(HIDING)}."),
]
Strength = Annotated[
    int,
    typer.Option("--blur-strength", min=1, max=5, metavar="1..5", help="Strength of blur and pixelate."),
]
Size = Annotated[
    str,
    typer.Option(
        "--size", callback=one_of(_SIZES), metavar="original|fit", help="Keep the photo's size, or shrink to 2,048 px."
    ),
]


def blur(  # noqa: PLR0913 - the options of a command
    paths: Paths,
    *,
    out: Out,
    render: Render = "blur",
    blur_strength: Strength = 3,
    size: Size = "original",
    as_json: JsonOption = False,
) -> None:
    """Hide the faces in photos on this computer, without a service.

    Results keep the photos' file names and subfolders, but no metadata. They are JPEG: photo.heic becomes photo.jpg.
    Everything that may be a face is hidden, including a few things that are not. This command requires: pip install
    'facecast[local]'. After Ctrl-C, run the same command again to resume.
    """
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file; choose a folder.", param_hint="--out")
    sources = list(find_photos(paths, skip=out))
    photos = [one for one in sources if isinstance(one, PhotoFile)]
    record = Record(None, out, photos)
    names = _names(photos, record.first_saved(out))
    _check_overwrites(photos, names, out)
    terminal = Terminal()
    settings = f"{__version__} {render} {blur_strength} {size}"
    run = _Run(_detector(terminal, render, blur_strength, size), settings, out, names, record, terminal, as_json)
    run.start(photos, [one for one in sources if isinstance(one, Unusable)])
    raise typer.Exit(1 if run.tally.failed else 0)


def _detector(terminal: Terminal, render: str, strength: int, size: str) -> "LocalDetector":
    try:
        # The import takes a second, and needs libraries that the other commands do not.
        from facecast.local import LocalDetector  # noqa: PLC0415
    except ImportError as error:
        terminal.log(str(error))
        raise typer.Exit(1) from None
    return LocalDetector(render, strength=strength, size=size)


def _names(photos: Sequence[PhotoFile], saved: dict[str, Path]) -> dict[str, str]:
    """Return the path of each photo's result, relative to the folder for results."""
    stems = assign_stems(photos, {photo: str(path.with_suffix("")) for photo, path in saved.items()})
    return {photo.identity: f"{stems[photo.identity]}{_suffix(photo)}" for photo in photos}


def _suffix(photo: PhotoFile) -> str:
    suffix = Path(photo.name).suffix
    return suffix if photo.name != STDIN and suffix.lower() in _JPEG else ".jpg"


def _check_overwrites(photos: Sequence[PhotoFile], names: dict[str, str], out: Path) -> None:
    sources = {photo.identity for photo in photos}
    overwritten = [name for name in names.values() if str((out / name).resolve()) in sources]
    if overwritten:
        raise typer.BadParameter(
            f"the result would overwrite the photo {out / overwritten[0]}; choose another folder.", param_hint="--out"
        )


@dataclass
class _Run:
    """Hides the faces in one photo at a time, because the detector uses every processor."""

    detector: "LocalDetector"
    settings: str
    out: Path
    names: dict[str, str]
    record: Record
    terminal: Terminal
    as_json: bool
    tally: Tally = field(default_factory=lambda: Tally(0))

    def start(self, photos: Sequence[PhotoFile], unusable: Sequence[Unusable]) -> None:
        began = time.monotonic()
        self.tally = Tally(len(photos) + len(unusable))
        self.record.begin()
        is_complete = False
        try:
            with self.terminal.bar(self.tally.total):
                for one in unusable:
                    self._fail(one.name, one.reason)
                for photo in photos:
                    skipped = self._hide(photo)
                    self.terminal.advance(done=self.tally.done, failed=self.tally.failed, skipped=skipped)
            is_complete = True
        except KeyboardInterrupt:
            self.terminal.log(
                f"{self.tally.done} of {self.tally.total} photos are finished. Run the same command again to resume."
            )
            raise
        finally:
            self.record.end(is_complete=is_complete)
        if self.tally.total > 1:
            failed = f", {self.tally.failed} failed" if self.tally.failed else ""
            self.terminal.log(
                f"{self.tally.done - self.tally.failed} of {self.tally.total} photos, {faces(self.tally.faces)} hidden"
                f"{failed}, in {duration(time.monotonic() - began)}"
            )

    def _hide(self, photo: PhotoFile) -> bool:
        """Hide the faces in a photo. Return whether an earlier run had already done so."""
        from facecast.local import PhotoRejected  # noqa: PLC0415 - as above

        try:
            data = photo.read(_AT_MOST_BYTES)
        except OSError as error:
            self._fail(photo.name, error.strerror or str(error))
            return False
        mark = hashlib.sha256(self.settings.encode() + b"\n" + data).hexdigest()[:32]
        if line := self.record.find(photo, mark):
            self.tally.count(line["face_count"])
            return True
        try:
            hidden = self.detector.hide(data)
        except PhotoRejected as rejected:
            self._fail(photo.name, str(rejected))
            return False
        path = str(save(self.out, self.names[photo.identity], hidden.jpeg))
        line = {"photo": photo.name, "saved": [path], "fingerprint": mark, "face_count": hidden.face_count}
        self.record.add(photo, line)
        self.terminal.say(json.dumps(line) if self.as_json else f"{path}  {faces(hidden.face_count)}")
        self.tally.count(hidden.face_count)
        return False

    def _fail(self, name: str, reason: str) -> None:
        self.terminal.log(f"{name}: {reason}")
        self.tally.count(failed=True)
