"""Alarms and the dashboard use existing metrics, and alarms notify someone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import ROOT
from infra.template import Resource, functions, resources

ALARMS = list(resources("AWS::CloudWatch::Alarm"))
OWN = "Facecast/${AWS::StackName}"
SERVICES = {function.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for function in functions()}
CODE = "\n".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))


def metrics(alarm: Resource) -> Iterator[dict[str, Any]]:
    """Yield the metrics that an alarm reads: its only one, or those in its expression."""
    if "MetricName" in alarm.properties:
        yield dict(alarm.properties)
    for metric in alarm.properties.get("Metrics", ()):
        if "MetricStat" in metric:
            yield metric["MetricStat"]["Metric"]


def namespace(metric: dict[str, Any]) -> str:
    return str(metric["Namespace"]["Fn::Sub"] if isinstance(metric["Namespace"], dict) else metric["Namespace"])


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub generates for the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_reported(name: str) -> bool:
    """Return whether the code reports this metric, under its name or as a timed stage (`decode` for `DecodeTime`)."""
    stage = name.removesuffix("Time").lower()
    return f'"{name}"' in CODE or (name.endswith("Time") and f'timed("{stage}")' in CODE)


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarm_notifies_and_is_explained(alarm: Resource) -> None:
    assert alarm.properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    # An idle service does not report metrics, which is normal.
    assert alarm.properties["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarm_links_to_what_to_do(alarm: Resource) -> None:
    link = re.search(r"\. See (\S+)#(\S+)$", alarm.properties["AlarmDescription"])
    assert link
    assert link[1] == "docs/alarms.md"
    assert link[2] in anchors(ROOT / link[1])


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarm_reads_metrics_that_exist(alarm: Resource) -> None:
    watched = list(metrics(alarm))
    assert watched
    for metric in watched:
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
        if namespace(metric) == OWN:
            assert is_reported(metric["MetricName"])
            assert set(dimensions) == {"service"}
            assert dimensions["service"] in SERVICES


def test_required_alarms_exist() -> None:
    watched = {(namespace(metric), metric["MetricName"]) for alarm in ALARMS for metric in metrics(alarm)}
    assert watched >= {
        ("AWS/SQS", "NumberOfMessagesReceived"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/Lambda", "Duration"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "IteratorAge"),
        ("AWS/ApiGateway", "5xx"),
        (OWN, "FailedJobs"),
    }


@pytest.mark.parametrize("metric", ["Throttles", "Errors"])
def test_every_function_has_its_own_alarm(metric: str) -> None:
    """A sum over functions has no value until each of them has been invoked."""
    watched = [
        alarm.properties["Dimensions"][0]["Value"]["Ref"]
        for alarm in ALARMS
        if alarm.properties.get("MetricName") == metric
    ]
    assert sorted(watched) == sorted(function.name for function in functions())


def test_an_alarm_expression_reads_a_single_metric() -> None:
    """FILL does not work for a metric that was never reported, so the expression would have no value."""
    for alarm in ALARMS:
        assert len({json.dumps([one["MetricName"], one["Dimensions"]]) for one in metrics(alarm)}) == 1, alarm.name


def test_an_alarm_on_a_stream_can_fire() -> None:
    """A mapping drops records above a certain age, so a greater age is never reported."""
    ages = {
        f"{function.name}": event["Properties"]["MaximumRecordAgeInSeconds"]
        for function in functions()
        for event in function.properties.get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    }
    thresholds = {
        alarm.properties["Dimensions"][0]["Value"]["Ref"]: alarm.properties["Threshold"] / 1_000
        for alarm in ALARMS
        if alarm.properties.get("MetricName") == "IteratorAge"
    }
    assert ages.keys() == thresholds.keys()
    assert all(thresholds[name] <= age / 2 for name, age in ages.items())


def test_the_alarm_on_a_queue_that_is_drained_counts_what_is_received() -> None:
    """A dead-letter queue with a consumer has no visible messages, and redriven messages do not count as sent."""
    (given_up,) = (alarm for alarm in ALARMS if alarm.name == "GivenUpAlarm")
    assert given_up.properties["MetricName"] == "NumberOfMessagesReceived"


def test_the_dashboard_is_json_and_shows_metrics_that_exist() -> None:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard")
    body = json.loads(dashboard.properties["DashboardBody"]["Fn::Sub"])
    shown = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    assert {metric[0] for metric in shown} == {OWN, "AWS/SQS", "AWS/Lambda", "AWS/ApiGateway"}
    assert all(is_reported(metric[1]) for metric in shown if metric[0] == OWN)
