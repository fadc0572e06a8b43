"""Deploys the service to AWS, and deletes it with its buckets."""

import os
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, cast

import boto3
import typer

from infra.aws import stack as stacks
from infra.aws.account import Account
from infra.aws.concurrency import ASK_FOR_MORE, FITTED, check_reserved, fit
from infra.aws.gradual import prepare
from infra.aws.package import BUILD, Architecture, package, shipped_models
from infra.aws.samconfig import CONFIG, section_of, stack_of
from infra.errors import CommandFailed, Stopped
from infra.options import Parameters
from infra.parameters import check_together, detection_models, installed_models, parameters_of_template, read_parameters
from infra.sam import sam

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DELETE_AT_ONCE: Final = 1_000
OnAws = Annotated[str, typer.Option("--environment", help="Environment, a section of samconfig.toml.")]


def parameters_of(environment: str, more: Iterable[str] = ()) -> dict[str, str]:
    """Return the template's parameters in samconfig.toml, overridden by the given NAME=VALUE pairs.

    Raises CommandFailed for values that template.yaml does not allow.
    """
    configured = section_of(environment).get("deploy", {}).get("parameters", {}).get("parameter_overrides", "")
    return read_parameters([*shlex.split(configured), *more])


@dataclass(frozen=True)
class Plan:
    """A planned deployment: `given` are the parameters that it changes, `parameters` all of them after the change."""

    environment: str
    stack: str
    given: Mapping[str, str]
    parameters: Mapping[str, str]
    notes: Sequence[str]

    @classmethod
    def of(
        cls, environment: str, given: Mapping[str, str], before: Mapping[str, str], executions: int | None
    ) -> "Plan":
        """Adapt the requested deployment to the account. A parameter that is not given keeps its previous value.

        Raises CommandFailed if the values contradict each other, or reserve more than the account allows.
        """
        known = parameters_of_template()
        kept = {name: value for name, value in before.items() if name in known}
        parameters = {**known, **kept, **given}
        check_together(parameters)
        fitted, notes = _fitted(parameters, before, executions)
        return cls(environment, stack_of(environment), {**given, **fitted}, {**parameters, **fitted}, notes)

    @property
    def architecture(self) -> Architecture:
        return cast("Architecture", self.parameters["Architecture"])

    def __str__(self) -> str:
        concurrency = " ".join(f"{name}={self.parameters[name]}" for name in sorted(FITTED))
        return "\n".join([f"stack       {self.stack}", f"concurrency {concurrency}", *self.notes])


def _fitted(
    parameters: Mapping[str, str], before: Mapping[str, str], executions: int | None
) -> tuple[dict[str, str], list[str]]:
    if executions is None:
        return {}, [
            "            The quota could not be read (lambda:GetAccountSettings), so concurrency was not adjusted."
        ]
    check_reserved(parameters, before, executions)
    fitted = fit(parameters, executions)
    if not fitted:
        return {}, []
    lowered = ", ".join(f"{name} from {parameters[name]} to {value}" for name, value in sorted(fitted.items()))
    return fitted, [
        f"            Lowered {lowered}: this account allows {executions} concurrent executions,",
        f"            and the API needs some of them. Request more ({ASK_FOR_MORE}), then set these parameters.",
    ]


def deploy(
    parameters: Parameters = None,
    environment: OnAws = "default",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Deploy without confirmation.")] = False,
) -> int:
    """Build the service and deploy it to AWS."""
    given = parameters_of(environment, parameters or ())
    if not yes and not sys.stdin.isatty():
        raise CommandFailed(
            "Nothing was deployed: changes can be confirmed only in a terminal. To deploy without confirmation: "
            "make deploy YES=1"
        )
    stack = stack_of(environment)
    account, before = Account.of_caller(), stacks.find(stack)
    if before:
        before.check_ready()
    plan = Plan.of(environment, given, before.parameters if before else {}, account.executions)
    detection_models(plan.parameters, installed_models())
    print(f"{account}\n{plan}", flush=True)
    package(plan.architecture)
    status = _deploy(plan, ask=not yes)
    return status or _tell(stack, environment, before)


def _deploy(plan: Plan, *, ask: bool) -> int:
    models = ",".join(detection_models(plan.parameters, shipped_models(BUILD)))
    # A custom endpoint is a local stack, which does not support all of the template's resources for AWS.
    local = {"LocalEndpoint": endpoint} if (endpoint := os.environ.get("AWS_ENDPOINT_URL")) else {}
    given = [f"{name}={value}" for name, value in {**local, **plan.given, "DetectionModels": models}.items()]
    template = prepare(BUILD / "template.yaml", {**plan.parameters, "DetectionModels": models})
    arguments = ["deploy", "--template-file", str(template)]
    # Otherwise, SAM would look for samconfig.toml in the folder of the built template.
    arguments += ["--config-file", str(CONFIG), "--config-env", plan.environment]
    arguments += [] if ask else ["--no-confirm-changeset"]
    status = _sam([*arguments, "--parameter-overrides", *given], plan.stack)
    if status:
        _discard_review(plan.stack)
    return status


def _sam(arguments: Sequence[str], stack: str) -> int:
    """Run SAM. Raises Stopped after Ctrl-C, reporting whether CloudFormation is still running."""
    try:
        return sam(arguments, os.environ).returncode
    except KeyboardInterrupt:
        _discard_review(stack)
        left = stacks.find(stack)
        if left is None or not left.is_busy:
            raise Stopped(f"Stopped before anything was changed in the stack {stack}.") from None
        raise Stopped(
            f"Stopped here, but CloudFormation is still running: the stack {stack} is {left.status}. Run the same "
            "command again when it has finished."
        ) from None


def _discard_review(stack: str) -> None:
    """Remove the empty stack that remains if the first deployment was declined."""
    if (left := stacks.find(stack)) and left.is_review:
        stacks.discard_review(stack)


def _tell(stack: str, environment: str, before: stacks.DeployedStack | None) -> int:
    """Report the result of the deployment, as read from the stack."""
    now = stacks.find(stack)
    if now is None or not now.is_deployed:
        _discard_review(stack)
        print("\nNothing was deployed.", file=sys.stderr)
        return 1
    if before and before.changed == now.changed:
        print(f"\nThe stack {stack} was not changed.")
        return 0
    for label, output in (("page", "HttpUrl"), ("docs", "DocsUrl"), ("stream", "StreamUrl"), ("watch", "DashboardUrl")):
        print(f"{label:<11} {now.outputs[output]}")
    if now.outputs["Access"] == "keys":
        print(f"access      with a key. Issue the first one: make key OWNER=me ENVIRONMENT={environment}")
    print(f"next        make verify ENVIRONMENT={environment}")
    return 0


def delete(environment: OnAws = "default") -> int:
    """Delete the service from AWS with every job and image."""
    stack = stack_of(environment)
    account = Account.of_caller()
    if stacks.find(stack) is None:
        raise CommandFailed(
            f"Nothing was deleted: there is no stack {stack} in {account.region}, account {account.number}."
        )
    print(account)
    confirm(f"Delete the stack {stack} with all its jobs and images? Type its name to confirm: ", stack, "deleted")
    # AWS does not delete a bucket that contains objects.
    s3 = boto3.client("s3")
    for bucket in stacks.buckets(stack):
        empty(s3, bucket)
    return _sam(["delete", "--no-prompts", "--stack-name", stack, "--region", account.region], stack)


def empty(s3: "S3Client", bucket: str, prefix: str = "") -> None:
    """Delete every object with this prefix. Raises CommandFailed if S3 fails to delete any of them."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": _DELETE_AT_ONCE}
    )
    for page in pages:
        if keys := [entry["Key"] for entry in page.get("Contents", ())]:
            done = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
            if errors := done.get("Errors"):
                raise CommandFailed(
                    f"Objects not deleted from {bucket}: {len(errors)}, for example {errors[0].get('Key')} "
                    f"({errors[0].get('Message', errors[0].get('Code'))}). Run the same command again."
                )


def confirm(question: str, name: str, done: str) -> None:
    """Ask the user to type the name. Raises CommandFailed if they do not."""
    try:
        typed = input(question)
    except EOFError:
        raise CommandFailed(f"\nNothing was {done}: type the name to confirm, which requires a terminal.") from None
    if not sys.stdin.isatty():
        # The user did not press Enter, so the next output would be on the line of the question.
        print(flush=True)
    if typed != name:
        raise CommandFailed(f"Nothing was {done}.")
