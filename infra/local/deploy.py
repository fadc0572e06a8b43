"""Deploys the template to a local stack with the SAM CLI, in the same way as to AWS."""

import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from localstack_client.session import Session

from infra import ROOT
from infra.errors import CommandFailed
from infra.local.layout import KEY, STACK_NAME, Addresses, LocalStack
from infra.parameters import detection_models, installed_models, parameters_of_template
from infra.sam import SAM, sam
from infra.template import load

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LOCAL_PARAMETERS = {
    # A stack on a laptop is not reachable from outside.
    "Access": "open",
    "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    # On the local stack, this is free.
    "PublishEvents": "true",
    "PostsPerSecond": "800",
    # Each list of jobs queries every partition, and one user of a laptop does not need the default of eight.
    "IndexShards": "2",
}


def deploy(
    stack: LocalStack, pid: int, parameters: dict[str, str] | None = None, *, packaged: bool = False
) -> Addresses:
    """Build and deploy, then write `stack.json`. If SAM fails, raises CommandFailed with the end of its output.

    The layers contain only our own code, because the emulator's interpreter has all packages. If `packaged` is set,
    they are built as for AWS.
    """
    given = _parameters(stack, parameters or {})
    overrides = [f"{name}={value}" for name, value in given.items()]
    build = ["build", "--build-dir", str(stack.build), "--parallel", "--parameter-overrides", *overrides]
    _sam(stack, build, {} if packaged else {"FACECAST_BUILD": "local"})
    template = str(stack.build / "template.yaml")
    config = ["--config-env", "local", "--config-file", str(ROOT / "samconfig.toml")]
    _sam(stack, ["deploy", *config, "--template-file", template, "--parameter-overrides", *overrides])
    addresses = addresses_of(stack, pid)
    _finish(stack, addresses.outputs, given)
    stack.stack_file.write_text(addresses.model_dump_json(indent=2) + "\n")
    return addresses


def _parameters(stack: LocalStack, parameters: dict[str, str]) -> dict[str, str]:
    """Return the template's parameters: those for the local stack, overridden by the given ones."""
    return {
        "LocalEndpoint": stack.endpoint_url,
        "CorsOrigins": ",".join(stack.origins),
        "DetectionModels": ",".join(detection_models(parameters, installed_models())),
        **LOCAL_PARAMETERS,
        **parameters,
    }


def _sam(stack: LocalStack, arguments: list[str], extra: dict[str, str] | None = None) -> None:
    for tool, advice in ((str(SAM), "Run `make setup`."), ("make", "Install it with your system's package manager.")):
        if shutil.which(tool) is None:
            raise CommandFailed(f"`{Path(tool).name}` is missing. {advice}")
    with stack.deploy_log.open("a") as log:
        log.write(f"$ sam {' '.join(arguments)}\n")
        log.flush()
        done = sam(arguments, stack.environment() | (extra or {}), log)
    if done.returncode != 0:
        lines = stack.deploy_log.read_text(errors="replace").splitlines()
        raise CommandFailed(
            f"`sam {arguments[0]}` failed:\n  " + "\n  ".join(lines[-15:]) + f"\nThe complete log: {stack.deploy_log}"
        )


def session(stack: LocalStack) -> Session:
    """Return a boto3 session whose clients use this stack."""
    return Session(KEY, KEY, None, localstack_host=f"localhost:{stack.port}")


def addresses_of(stack: LocalStack, pid: int) -> Addresses:
    """Read the addresses of the deployed service from the outputs of its stack."""
    (deployed,) = session(stack).client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in deployed["Outputs"]}
    return Addresses(
        endpoint_url=stack.endpoint_url,
        http_url=outputs["HttpUrl"],
        ws_url=outputs["StreamUrl"],
        docs_url=outputs["DocsUrl"],
        pid=pid,
        outputs=outputs,
    )


def _finish(stack: LocalStack, outputs: dict[str, str], given: dict[str, str]) -> None:
    """Call each service to apply the settings that the emulator's CloudFormation ignores."""
    clients = session(stack)
    dynamodb = clients.client("dynamodb")
    for table in (value for name, value in outputs.items() if name.endswith("TableName")):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    cors = load()["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]
    clients.client("apigatewayv2").update_api(
        ApiId=outputs["HttpUrl"].rpartition("/")[2],
        CorsConfiguration={**cors, "AllowOrigins": given["CorsOrigins"].split(",")},
    )
    days = int(given.get("JobKeptDays", parameters_of_template()["JobKeptDays"]))
    for bucket in ("OriginalsBucket", "ResultsBucket"):
        expire(clients.client("s3"), outputs[f"{bucket}Name"], days)


def expire(s3: "S3Client", bucket: str, days: int) -> None:
    """Set a bucket's lifecycle rules to those in the template."""
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "expire",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "Expiration": {"Days": days},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                }
            ]
        },
    )
