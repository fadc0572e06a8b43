"""Commands that start, try or describe a local stack, or deploy to it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from infra.errors import CommandFailed
from infra.local import demo
from infra.local.deploy import deploy
from infra.local.layout import DEFAULT_PORT, SAMPLE_PHOTO, Addresses, LocalStack
from infra.local.server import is_answering, running
from infra.local.warm import start_workers
from infra.options import AsJson, Parameters, Port
from infra.parameters import check_together, detection_models, installed_models, parameters_of_template, read_parameters


@contextmanager
def started(stack: LocalStack, parameters: dict[str, str]) -> Iterator[Addresses]:
    """Run a stack with these parameters of template.yaml, and stop it afterwards."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with running(stack) as pid:
        print(f"starting    a local AWS stack on port {stack.port}, deploying template.yaml with SAM ...", flush=True)
        try:
            yield deploy(stack, pid, parameters)
        finally:
            stack.stack_file.unlink(missing_ok=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(parameters: Parameters = None, port: Port = DEFAULT_PORT) -> None:
    """Start the local stack and keep it running until Ctrl-C."""
    stack, given = LocalStack(port), read_parameters(parameters or ())
    effective = {**parameters_of_template(), "LocalEndpoint": stack.endpoint_url, **given}
    check_together(effective)
    models = detection_models(given, installed_models())
    try:
        with started(stack, given) as addresses:
            start_workers(addresses)
            print(f"detector    {', '.join(models)}, quality {effective['Quality']}")
            _print_addresses(stack, addresses)
            print(
                f"ready       Ctrl-C stops it and erases its jobs and images. Addresses: {stack.stack_file}", flush=True
            )
            signal.pause()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)


def _print_addresses(stack: LocalStack, addresses: Addresses) -> None:
    print(f"page        {addresses.http_url}/")
    print(f"api         {addresses.http_url}/")
    print(f"docs        {addresses.docs_url}")
    print(f"stream      {addresses.ws_url}")
    if addresses.outputs["Access"] == "keys":
        print(f"access      with a key; in another terminal: {stack.make('key')} OWNER=me")


def run_demo(
    image: Annotated[
        Path, typer.Option("--image", help="The photo to send; a sample if omitted.", show_default=False)
    ] = SAMPLE_PHOTO,
    port: Port = DEFAULT_PORT,
    *,
    as_json: AsJson = False,
) -> None:
    """Send a photo to the local stack and print its faces."""
    if not image.is_file():
        raise CommandFailed(f"File not found: {image}. Pass a photo: make demo IMAGE=photo.jpg")
    stack = LocalStack(port)
    addresses = stack.addresses()
    if addresses and is_answering(stack):
        if addresses.outputs["Access"] == "keys":
            raise CommandFailed(
                f"The stack on port {stack.port} requires a key, which the demo does not have. Use another port: "
                f"make demo PORT={stack.port + 1}"
            )
        demo.run(addresses, image, stack.log, as_json=as_json)
        return
    with started(stack, {}) as new_addresses:
        demo.run(new_addresses, image, stack.log, as_json=as_json)


def deploy_packages(port: Port = DEFAULT_PORT) -> None:
    """Deploy to a local stack that runs functions in containers."""
    stack = LocalStack(port)
    if not is_answering(stack):
        raise CommandFailed(
            f"No stack answers on port {stack.port}. Start one: docker compose -f infra/compose.yaml up. "
            "(`make run` starts one without containers, and deploys by itself.)"
        )
    stack.folder.mkdir(parents=True, exist_ok=True)
    print(deploy(stack, pid=0, packaged=True).model_dump_json(indent=2))


def status(port: Port = DEFAULT_PORT, *, as_json: AsJson = False) -> None:
    """Print the addresses of the local stack."""
    print_status(LocalStack(port), as_json=as_json)


def print_status(stack: LocalStack, *, as_json: bool) -> None:
    addresses = stack.addresses()
    if addresses is None or not is_answering(stack):
        raise CommandFailed(f"No stack is running on port {stack.port}. Start one: {stack.make('run')}")
    if as_json:
        print(addresses.model_dump_json(indent=2))
        return
    _print_addresses(stack, addresses)
    print(f"bucket      {addresses.outputs['OriginalsBucketName']}, at {addresses.endpoint_url}")
    print(f"running     process {addresses.pid}; its log: {stack.log}")
