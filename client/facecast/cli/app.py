"""The commands and their error reporting.

Exit codes: 0 success; 1 something failed (a photo, a job); 2 a usage error; 3 the service cannot be reached or
refuses every request (key, scope, quota), so the same command may work later; 130 Ctrl-C.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from facecast.cli import jobs
from facecast.cli.blur import blur
from facecast.cli.detect import detect
from facecast.cli.listen import listen
from facecast.cli.output import Terminal
from facecast.errors import SERVICE_UNUSABLE, ServiceError
from facecast.version import __version__

FAILED: Final = 1
BLOCKED: Final = 3

app = typer.Typer(
    help="Hide faces in photos on this computer with `facecast blur`, or find and hide them with a Facecast service.",
    epilog="Exit codes: 0 success, 1 something failed, 2 usage error, "
    "3 the service cannot be reached or refuses the key, 130 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(requested: bool) -> None:  # noqa: FBT001 - a callback
    if requested:
        typer.echo(f"facecast {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hide faces in photos on this computer with `facecast blur`, or find and hide them with a Facecast service."""


for command in (blur, detect, listen, jobs.jobs, jobs.show, jobs.faces, jobs.delete, jobs.retry, jobs.limits):
    app.command()(command)
app.command("watch", help="Alias of listen.")(listen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        typer.main.get_command(app).main(args=arguments, prog_name="facecast")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except ServiceError as error:
        Terminal().log(str(error))
        return BLOCKED if isinstance(error, SERVICE_UNUSABLE) else FAILED
    except OSError as error:
        Terminal().log(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return FAILED
    return 0
