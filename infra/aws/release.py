"""Deploy to AWS what `make package` built, and delete it again, buckets and all: `python -m infra.aws.release`."""

import os
import shlex
import sys
import tomllib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.arguments import Arguments
from infra.aws.package import BUILD, shipped_models
from infra.errors import Refused, aws_failure
from infra.local.layout import ROOT
from infra.parameters import detection_models, installed_models, read_parameters
from infra.sam import sam

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFIG: Final = ROOT / "samconfig.toml"
_DELETE_AT_ONCE: Final = 1_000


def parameters_of(environment: str, more: Iterable[str] = ()) -> dict[str, str]:
    """Merge the template's parameters: those of samconfig.toml, overridden by those given here as NAME=VALUE.

    Raises Refused for what template.yaml does not allow.
    """
    configured = _config(environment).get("deploy", {}).get("parameters", {}).get("parameter_overrides", "")
    return read_parameters([*shlex.split(configured), *more])


def stack_of(environment: str) -> str:
    return str(_config(environment)["global"]["parameters"]["stack_name"])


def _config(environment: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    # Beside its sections the file has a version.
    sections = {name: section for name, section in tomllib.loads(CONFIG.read_text()).items() if name != "version"}
    if environment not in sections:
        raise Refused(f"There is no environment {environment!r}. samconfig.toml has: {', '.join(sections)}.")
    section: Mapping[str, Mapping[str, Mapping[str, str]]] = sections[environment]
    return section


def deploy(environment: str, parameters: dict[str, str]) -> int:
    """Run `sam deploy`, which lists the changes and asks for confirmation.

    Raises Refused if nothing is built, or without the model that is asked for.
    """
    template = BUILD / "template.yaml"
    if not template.is_file():
        raise Refused("Nothing is built yet: make package")
    models = detection_models(parameters, shipped_models(BUILD))
    print(f"Detection models: {', '.join(models)}")
    # An endpoint of one's own is a local stack, which refuses some of what the template has for AWS.
    local = {"LocalEndpoint": endpoint} if (endpoint := os.environ.get("AWS_ENDPOINT_URL")) else {}
    given = [f"{name}={value}" for name, value in (local | parameters | {"DetectionModels": ",".join(models)}).items()]
    # Beside the built template SAM would look for a samconfig.toml of its own.
    configured = ["--config-file", str(CONFIG), "--config-env", environment]
    arguments = ["deploy", "--template-file", str(template), *configured, "--parameter-overrides", *given]
    status = sam(arguments, os.environ).returncode
    if status == 0 and parameters.get("Access", "keys") == "keys":
        print(f"\nIt asks for keys. Make the first one: make key OWNER=me ENVIRONMENT={environment}")
    return status


def delete(stack: str) -> int:
    """Empty the stack's buckets, which AWS would refuse to delete otherwise, then delete it without a question."""
    session = boto3.Session()
    if session.region_name is None:
        raise Refused("Name the region: AWS_DEFAULT_REGION=us-east-1 make delete")
    try:
        resources = session.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    except ClientError as error:
        raise Refused(f"Nothing was deleted: {error.response['Error']['Message']}") from None
    for resource in resources:
        if resource["ResourceType"] == "AWS::S3::Bucket" and "PhysicalResourceId" in resource:
            empty(session.client("s3"), resource["PhysicalResourceId"])
    arguments = ["delete", "--no-prompts", "--stack-name", stack, "--region", session.region_name]
    return sam(arguments, os.environ).returncode


def empty(s3: "S3Client", bucket: str, prefix: str = "") -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": _DELETE_AT_ONCE}
    )
    for page in pages:
        if keys := [entry["Key"] for entry in page.get("Contents", ())]:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})


def confirm(question: str, name: str, done: str) -> None:
    """Have the name typed. Raises Refused otherwise."""
    try:
        typed = input(question)
    except EOFError:
        raise Refused(
            f"\nNothing was {done}: the name has to be typed to confirm, and there is no terminal to type it on."
        ) from None
    if typed != name:
        raise Refused(f"Nothing was {done}.")


def main() -> int:
    parser = Arguments(prog="python -m infra.aws.release", description=__doc__)
    parser.add_argument("command", choices=["check", "deploy", "delete"])
    parser.add_argument("parameters", nargs="*", help="NAME=VALUE, over those of samconfig.toml")
    parser.add_argument("--environment", default="default", help="a section of samconfig.toml")
    # Intermixed: an option may stand between the command and its parameters.
    arguments = parser.parse_intermixed_args()
    try:
        if arguments.command != "delete":
            parameters = parameters_of(arguments.environment, arguments.parameters)
            detection_models(parameters, installed_models())
            return deploy(arguments.environment, parameters) if arguments.command == "deploy" else 0
        stack = stack_of(arguments.environment)
        confirm(f"Delete the stack {stack} with every job and image in it? Type its name: ", stack, "deleted")
        return delete(stack)
    except Refused as refused:
        print(refused, file=sys.stderr)
    except (ClientError, BotoCoreError) as error:
        print(aws_failure(error), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
