"""`python -m infra.local.commands run|demo|deploy|status`: what the make targets of these names do."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from infra.arguments import Arguments
from infra.errors import CommandFailed
from infra.local import demo
from infra.local.deploy import deploy
from infra.local.layout import DEFAULT_PORT, SAMPLE_PHOTO, Addresses, LocalStack, port_number
from infra.local.server import is_answering, running
from infra.local.warm import start_workers
from infra.parameters import check_together, detection_models, installed_models, parameters_of_template, read_parameters


@contextmanager
def started(stack: LocalStack, parameters: dict[str, str]) -> Iterator[Addresses]:
    """Run a stack and stop it afterwards; the parameters are those of template.yaml."""
    with running(stack) as pid:
        print(f"starting    a local AWS stack on port {stack.port}, deploying template.yaml with SAM ...", flush=True)
        try:
            yield deploy(stack, pid, parameters)
        finally:
            stack.stack_file.unlink(missing_ok=True)


def run(stack: LocalStack, given: dict[str, str]) -> None:
    models = detection_models(given, installed_models())
    with started(stack, given) as addresses:
        start_workers(addresses)
        print(f"detector    {', '.join(models)}, quality {given.get('Quality', parameters_of_template()['Quality'])}")
        _print_addresses(stack, addresses)
        print(f"ready       Ctrl-C stops it and erases its jobs and images. Addresses: {stack.stack_file}", flush=True)
        signal.pause()


def _print_addresses(stack: LocalStack, addresses: Addresses) -> None:
    print(f"page        {addresses.http_url}/")
    print(f"api         {addresses.http_url}/")
    print(f"docs        {addresses.docs_url}")
    print(f"stream      {addresses.ws_url}")
    if addresses.outputs["Access"] == "keys":
        print(f"access      with a key; in another terminal: {stack.make('key')} OWNER=me")


def run_demo(stack: LocalStack, image: Path, parameters: dict[str, str], *, as_json: bool) -> None:
    if not image.is_file():
        raise CommandFailed(f"There is no file {image}. Pass a photo: make demo IMAGE=photo.jpg")
    addresses = stack.addresses()
    if addresses and is_answering(stack):
        if addresses.outputs["Access"] == "keys":
            raise CommandFailed(
                f"The stack on port {stack.port} requires a key, and the demo has none. Use another port: "
                f"make demo PORT={stack.port + 1}"
            )
        demo.run(addresses, image, stack.log, as_json=as_json)
        return
    with started(stack, parameters) as new_addresses:
        demo.run(new_addresses, image, stack.log, as_json=as_json)


def deploy_packages(stack: LocalStack) -> None:
    """Deploy with the layers as they go to AWS, for a stack that runs functions in containers of AWS's image."""
    if not is_answering(stack):
        raise CommandFailed(
            f"No stack answers on port {stack.port}. Start one: docker compose -f infra/compose.yaml up. "
            "(`make run` starts one without containers, and deploys by itself.)"
        )
    stack.folder.mkdir(parents=True, exist_ok=True)
    print(deploy(stack, pid=0, packaged=True).model_dump_json(indent=2))


def status(stack: LocalStack, *, as_json: bool) -> None:
    addresses = stack.addresses()
    if addresses is None or not is_answering(stack):
        raise CommandFailed(f"No stack is running on port {stack.port}. Start one: {stack.make('run')}")
    if as_json:
        print(addresses.model_dump_json(indent=2))
        return
    _print_addresses(stack, addresses)
    print(f"bucket      {addresses.outputs['OriginalsBucketName']}, at {addresses.endpoint_url}")
    print(f"running     process {addresses.pid}; what it logs: {stack.log}")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = Arguments(prog="python -m infra.local.commands", description=__doc__)
    parser.add_argument("command", choices=["run", "demo", "deploy", "status"])
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", str(DEFAULT_PORT)))
    parser.add_argument("--image", type=Path, default=SAMPLE_PHOTO)
    parser.add_argument("--parameters", nargs="*", default=[], metavar="NAME=VALUE", help="as in template.yaml")
    parser.add_argument("--json", action="store_true", help="print everything as JSON, for scripts (demo, status)")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        stack = LocalStack(arguments.port)
        parameters = read_parameters(arguments.parameters)
        check_together({**parameters_of_template(), "LocalEndpoint": stack.endpoint_url, **parameters})
        match arguments.command:
            case "run":
                run(stack, parameters)
            case "demo":
                run_demo(stack, arguments.image, parameters, as_json=arguments.json)
            case "deploy":
                deploy_packages(stack)
            case _:
                status(stack, as_json=arguments.json)
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 0 if arguments.command == "run" else 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
