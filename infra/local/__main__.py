"""`python -m infra.local run|demo|deploy|status`: what the make targets of these names do."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from infra.local import demo
from infra.local.deploy import deploy
from infra.local.errors import LocalError
from infra.local.layout import DEFAULT_PORT, Addresses, Place
from infra.local.server import is_answering, running


@contextmanager
def stack(place: Place, parameters: dict[str, str]) -> Iterator[Addresses]:
    """A stack of one's own, gone afterwards; the parameters are those of template.yaml."""
    with running(place) as pid:
        print(f"starting    a local AWS stack on port {place.port}, deploying template.yaml with SAM ...", flush=True)
        try:
            yield deploy(place, pid, parameters)
        finally:
            place.stack_file.unlink(missing_ok=True)


def run(place: Place, parameters: dict[str, str]) -> None:
    with stack(place, parameters) as addresses:
        print(f"page        {addresses.http_url}/")
        print(f"api         {addresses.http_url}")
        print(f"docs        {addresses.docs_url}")
        print(f"stream      {addresses.ws_url}")
        print(f"ready       Ctrl-C stops it. The addresses stand in {place.stack_file} as well.", flush=True)
        signal.pause()


def run_demo(place: Place, image: Path, parameters: dict[str, str]) -> None:
    if not image.is_file():
        raise LocalError(f"There is no file {image}. Name a photo: make demo IMAGE=photo.jpg")
    addresses = place.addresses()
    if addresses and is_answering(place):
        demo.run(addresses, image)
        return
    with stack(place, parameters) as started:
        demo.run(started, image)


def deploy_packages(place: Place) -> None:
    """Deploy with the layers as they go to AWS, for a stack that runs functions in containers of AWS's image."""
    if not is_answering(place):
        raise LocalError(
            f"No stack answers on port {place.port}. Start one: docker compose -f infra/compose.yaml up. "
            "(`make run` starts one without containers, and deploys by itself.)"
        )
    place.folder.mkdir(parents=True, exist_ok=True)
    print(deploy(place, pid=0, packaged=True).model_dump_json(indent=2))


def status(place: Place) -> None:
    addresses = place.addresses()
    if addresses is None or not is_answering(place):
        raise LocalError(f"No stack is running on port {place.port}. Start one: make run")
    print(addresses.model_dump_json(indent=2))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("command", choices=["run", "demo", "deploy", "status"])
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", DEFAULT_PORT)))
    parser.add_argument("--image", type=Path, default=demo.sample_photo())
    parser.add_argument("--parameters", nargs="*", default=[], metavar="NAME=VALUE", help="as in template.yaml")
    arguments = parser.parse_args()
    place = Place(arguments.port)
    parameters = dict(given.split("=", 1) for given in arguments.parameters)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        match arguments.command:
            case "run":
                run(place, parameters)
            case "demo":
                run_demo(place, arguments.image, parameters)
            case "deploy":
                deploy_packages(place)
            case _:
                status(place)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 0 if arguments.command == "run" else 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
