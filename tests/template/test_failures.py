"""Every kind of failure has a destination, and nothing is retried indefinitely."""

from typing import Any

import pytest

from infra.cloudformation import CloudFormation
from infra.template import Resource, functions, load, resources

QUEUES = {queue.name: queue for queue in resources("AWS::SQS::Queue")}
SOURCES = [
    pytest.param(function, event["Type"], event["Properties"], id=f"{function.name}-{name}")
    for function in functions()
    for name, event in function.properties.get("Events", {}).items()
]
# The failure queues, in which messages stay until an operator handles them.
LAST = {"DetectDeadLetterQueue", "BroadcastFailureQueue", "NotifyFailureQueue", "IntakeFailureQueue"}


@pytest.mark.parametrize(("function", "kind", "source"), SOURCES)
def test_one_bad_record_does_not_repeat_the_others(function: Resource, kind: str, source: dict[str, Any]) -> None:
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(("function", "kind", "source"), SOURCES)
def test_every_source_has_a_destination_for_failures(function: Resource, kind: str, source: dict[str, Any]) -> None:
    if kind == "SQS":
        queue = source["Queue"]["Fn::GetAtt"][0]
        redrive = QUEUES[queue].properties.get("RedrivePolicy", {})
        assert queue in LAST or redrive["maxReceiveCount"] >= 2
    else:
        assert source["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] in LAST


@pytest.mark.parametrize("name", sorted(LAST))
def test_failures_are_kept_for_two_weeks(name: str) -> None:
    assert QUEUES[name].properties["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize(("function", "kind", "source"), SOURCES)
def test_a_stream_is_never_blocked_indefinitely(function: Resource, kind: str, source: dict[str, Any]) -> None:
    if kind == "DynamoDB":
        assert 60 <= source["MaximumRecordAgeInSeconds"] <= 3600
        assert 0 < source["MaximumRetryAttempts"] <= 10
        assert source["BisectBatchOnFunctionError"] is True


@pytest.mark.parametrize(("function", "kind", "source"), SOURCES)
def test_a_message_is_hidden_six_times_as_long_as_its_function_may_run(
    function: Resource, kind: str, source: dict[str, Any]
) -> None:
    """AWS recommends this ratio: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html."""
    template = load()
    for seconds in template["Parameters"]["DetectorTimeout"]["AllowedValues"] if kind == "SQS" else ():
        stack = CloudFormation(template, {"DetectorTimeout": str(seconds)})
        timeout = stack.resolve(function.properties.get("Timeout", template["Globals"]["Function"]["Timeout"]))
        visible = stack.resolve(QUEUES[source["Queue"]["Fn::GetAtt"][0]].properties["VisibilityTimeout"])
        assert int(visible) >= 6 * int(timeout)


@pytest.mark.parametrize(("function", "kind", "source"), SOURCES)
def test_no_queue_uses_the_whole_concurrency_of_an_account(
    function: Resource, kind: str, source: dict[str, Any]
) -> None:
    """A new account has few concurrent executions. A message that exceeds them is throttled and loses an attempt."""
    if kind == "SQS":
        # The local stack cannot read a number from a parameter here.
        most = CloudFormation(load(), {"LocalEndpoint": "http://localhost:4566"}).resolve(source["ScalingConfig"])
        assert most == {"MaximumConcurrency": 2}
        queue = QUEUES[source["Queue"]["Fn::GetAtt"][0]]
        assert queue.name in LAST or queue.properties["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_concurrent_detectors_are_limited() -> None:
    (detector,) = (function for function in functions() if function.name == "DetectorFunction")
    scaling = detector.properties["Events"]["Original"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert scaling == {"Fn::If": ["IsLocal", 2, {"Ref": "DetectorConcurrency"}]}


def test_concurrency_is_reserved_only_on_request() -> None:
    """A new account cannot reserve concurrency: AWS refuses a reservation that leaves fewer than ten executions."""
    reserved = {one.name: one.properties.get("ReservedConcurrentExecutions") for one in functions()}
    for name, parameter in (("DetectorFunction", "DetectorReserved"), ("ApiFunction", "ApiReserved")):
        assert reserved[name] == {"Fn::If": [f"Has{parameter}", {"Ref": parameter}, {"Ref": "AWS::NoValue"}]}
        assert load()["Parameters"][parameter]["Default"] == 0
