"""`make deploy` and `make delete`, with fakes of AWS and SAM."""

import io
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from face_models import MODELS, YUNET, Model

from infra.__main__ import main
from infra.aws import release, samconfig
from infra.aws import stack as stacks
from infra.aws.account import Account
from infra.aws.stack import DeployedStack
from infra.errors import CommandFailed


def test_given_parameters_override_those_of_samconfig() -> None:
    parameters = release.parameters_of(
        "prod", ["LogRetentionDays=90", "Architecture=x86_64", "CorsOrigins=https://a.test,b=c"]
    )
    assert parameters["LogRetentionDays"] == "90"
    assert parameters["DetectorConcurrency"] == "50"
    assert parameters["Architecture"] == "x86_64"
    assert parameters["CorsOrigins"] == "https://a.test,b=c"


def test_a_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(CommandFailed, match="NAME=VALUE"):
        release.parameters_of("default", ["Quality"])


@pytest.mark.parametrize("environment", ["staging", "version", ""])
def test_an_unknown_environment_is_refused(environment: str) -> None:
    with pytest.raises(CommandFailed, match="samconfig"):
        samconfig.stack_of(environment)


def test_each_environment_is_a_separate_stack() -> None:
    assert samconfig.stack_of("default") != samconfig.stack_of("prod")


@dataclass
class Aws:
    """A fake of AWS and SAM: it returns the stack before and after a deployment, and records the calls to SAM."""

    before: DeployedStack | None = None
    after: DeployedStack | None = None
    status: int = 0
    interrupted: bool = False
    executions: int = 1_000
    called: list[Sequence[str]] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)

    def find(self, _name: str) -> DeployedStack | None:
        return self.after if self.called else self.before

    def sam(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        self.called.append(arguments)
        if self.interrupted:
            raise KeyboardInterrupt
        return subprocess.CompletedProcess(arguments, self.status)

    def overrides(self) -> dict[str, str]:
        [arguments] = self.called
        given = arguments[arguments.index("--parameter-overrides") + 1 :]
        return dict(pair.split("=", 1) for pair in given)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    """Return a fake of AWS and SAM, which keeps `release` from building and from sending requests."""
    made = Aws()
    for model in MODELS.values():
        (tmp_path / model.file_name).touch()
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(Model, "path", property(lambda model: tmp_path / str(model.file_name)))
    monkeypatch.setattr(release, "BUILD", tmp_path)
    monkeypatch.setattr(release, "package", lambda architecture: None)
    monkeypatch.setattr(release, "sam", made.sam)
    monkeypatch.setattr(stacks, "find", made.find)
    monkeypatch.setattr(stacks, "discard_review", made.discarded.append)
    caller = "arn:aws:iam::123456789012:user/me"
    monkeypatch.setattr(Account, "of_caller", lambda: Account("123456789012", caller, "eu-west-1", made.executions))
    return made


def deployed(status: str = "UPDATE_COMPLETE", day: int = 1, **parameters: str) -> DeployedStack:
    outputs = {name: f"https://{name}.test" for name in ("HttpUrl", "DocsUrl", "StreamUrl", "DashboardUrl")}
    outputs["Access"] = parameters.get("Access", "keys")
    return DeployedStack("facecast", status, datetime(2026, 1, day, tzinfo=UTC), parameters, outputs)


def test_deploy_accepts_parameters_after_its_options(aws: Aws) -> None:
    """The arguments are exactly those that the Makefile's target passes."""
    aws.after = deployed()
    assert main(["deploy", "--environment", "default", "--yes", "Architecture=x86_64"]) == 0
    assert aws.overrides() == {"Architecture": "x86_64", "DetectionModels": "centerface,yunet"}
    assert aws.called[0][aws.called[0].index("--config-file") + 1] == str(samconfig.CONFIG)
    assert "--no-confirm-changeset" in aws.called[0]


def test_deploying_without_the_requested_model_is_refused(aws: Aws, tmp_path: Path) -> None:
    (tmp_path / YUNET.file_name).unlink()
    with pytest.raises(CommandFailed, match="make model MODEL=yunet"):
        release.deploy(["Detector=yunet"], yes=True)
    assert aws.called == []


def test_a_second_deployment_keeps_the_parameters_of_the_first(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    """The first deployment set `Detector=yunet Access=open`, and the second sets only `Quality=balanced`."""
    aws.before = deployed(Detector="yunet", Access="open", DetectorConcurrency="40", GoneSince="1")
    aws.after = deployed(day=2, Detector="yunet", Access="open")
    assert release.deploy(["Quality=balanced"], yes=True) == 0
    assert aws.overrides() == {"Quality": "balanced", "DetectionModels": "yunet"}
    shown = capsys.readouterr().out
    assert "make key" not in shown
    assert "DetectorConcurrency=40" in shown
    assert "https://HttpUrl.test" in shown


def test_concurrency_is_lowered_to_fit_a_new_account(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.executions, aws.after = 10, deployed()
    assert release.deploy(yes=True) == 0
    fitted = {"DetectorConcurrency": "2", "IntakeConcurrency": "2", "DeliveryConcurrency": "2", "WaitingRequests": "2"}
    assert fitted.items() <= aws.overrides().items()
    assert "DetectorConcurrency from 10 to 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, None),
        (None, deployed("REVIEW_IN_PROGRESS")),
        (deployed("REVIEW_IN_PROGRESS"), deployed("REVIEW_IN_PROGRESS")),
    ],
)
def test_a_declined_first_deployment_leaves_nothing_and_is_reported(
    aws: Aws, capsys: pytest.CaptureFixture[str], before: DeployedStack | None, after: DeployedStack | None
) -> None:
    aws.before, aws.after = before, after
    assert release.deploy(yes=True) == 1
    assert aws.discarded == (["facecast"] if after else [])
    said = capsys.readouterr()
    assert "Nothing was deployed" in said.err
    assert "make key" not in said.out


def test_a_refused_change_set_leaves_nothing(aws: Aws) -> None:
    aws.status, aws.after = 1, deployed("REVIEW_IN_PROGRESS")
    assert release.deploy(yes=True) == 1
    assert aws.discarded == ["facecast"]


def test_a_declined_update_is_not_reported_as_deployed(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.before = aws.after = deployed()
    assert release.deploy(yes=True) == 0
    shown = capsys.readouterr().out
    assert "was not changed" in shown
    assert "make key" not in shown


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_a_stack_that_cannot_be_updated_is_refused_before_the_build(aws: Aws, status: str) -> None:
    aws.before = deployed(status)
    with pytest.raises(CommandFailed, match=status):
        release.deploy(yes=True)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (deployed("UPDATE_IN_PROGRESS"), "CloudFormation is still running: the stack facecast is UPDATE_IN_PROGRESS"),
        (deployed("REVIEW_IN_PROGRESS"), "before anything was changed"),
        (deployed("UPDATE_COMPLETE"), "before anything was changed"),
        (None, "before anything was changed"),
    ],
)
def test_ctrl_c_reports_whether_cloudformation_is_still_running(
    aws: Aws, capsys: pytest.CaptureFixture[str], left: DeployedStack | None, words: str
) -> None:
    aws.interrupted, aws.after = True, left
    assert main(["deploy", "--yes"]) == 130
    assert words in capsys.readouterr().err


def test_deploying_without_a_terminal_explains_how_to_confirm(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandFailed, match="YES=1"):
        release.deploy()
    assert aws.called == []


def test_delete_without_a_terminal_deletes_nothing(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.before = deployed()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["delete"]) == 1
    assert "Nothing was deleted" in capsys.readouterr().err
    assert aws.called == []


def test_deleting_a_missing_stack_fails_without_a_question(aws: Aws) -> None:
    with pytest.raises(CommandFailed, match="there is no stack facecast in eu-west-1, account 123456789012"):
        release.delete("default")
