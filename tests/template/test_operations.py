"""Alarms and the dashboard: they watch what is really reported, and somebody hears them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.layout import ROOT
from infra.template import Resource, functions, resources

ALARMS = list(resources("AWS::CloudWatch::Alarm"))
SERVICES = {function.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for function in functions()}
CODE = "\n".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))


def metrics(alarm: Resource) -> Iterator[dict[str, Any]]:
    """Yield the metrics that an alarm reads, whether one or several in an expression."""
    if "MetricName" in alarm.properties:
        yield dict(alarm.properties)
    for metric in alarm.properties.get("Metrics", ()):
        if "MetricStat" in metric:
            yield metric["MetricStat"]["Metric"]


def is_reported(name: str) -> bool:
    """Whether the code has this metric, by its name or by its stage (`DecodeTime` is `decode`)."""
    stage = name.removesuffix("Time").lower()
    return f'"{name}"' in CODE or (name.endswith("Time") and f'timed("{stage}")' in CODE)


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarm_is_heard_and_explained(alarm: Resource) -> None:
    assert alarm.properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm.properties["AlarmDescription"].endswith(".")
    # An idle service reports nothing, and that is well.
    assert alarm.properties["TreatMissingData"] == "notBreaching"
    assert f"### {alarm.name}" in (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarm_reads_metrics_that_exist(alarm: Resource) -> None:
    watched = list(metrics(alarm))
    assert watched
    for metric in watched:
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
        if metric["Namespace"] == "Facecast":
            assert is_reported(metric["MetricName"])
            assert set(dimensions) == {"service"}
            assert dimensions["service"] in SERVICES


def test_what_must_be_watched_is_watched() -> None:
    watched = {(metric["Namespace"], metric["MetricName"]) for alarm in ALARMS for metric in metrics(alarm)}
    assert watched >= {
        ("AWS/SQS", "NumberOfMessagesReceived"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/Lambda", "Duration"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "IteratorAge"),
        ("AWS/ApiGateway", "5xx"),
        ("Facecast", "FailedJobs"),
    }


@pytest.mark.parametrize("metric", ["Throttles", "Errors"])
def test_every_function_is_watched(metric: str) -> None:
    watched = {
        dimension["Value"]["Ref"]
        for alarm in ALARMS
        for statistic in metrics(alarm)
        if statistic["MetricName"] == metric
        for dimension in statistic["Dimensions"]
    }
    assert watched == {function.name for function in functions()}


def test_the_alarm_on_a_queue_that_is_drained_counts_what_is_received() -> None:
    """A dead-letter queue with a consumer shows no waiting messages, and a redrive is not counted as sent."""
    (given_up,) = (alarm for alarm in ALARMS if alarm.name == "GivenUpAlarm")
    assert given_up.properties["MetricName"] == "NumberOfMessagesReceived"


def test_the_dashboard_is_json_and_shows_metrics_that_exist() -> None:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard")
    body = json.loads(re.sub(r"\$\{[^}]*\}", "name", dashboard.properties["DashboardBody"]["Fn::Sub"]))
    shown = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    assert {metric[0] for metric in shown} == {"Facecast", "AWS/SQS", "AWS/Lambda", "AWS/ApiGateway"}
    assert all(is_reported(metric[1]) for metric in shown if metric[0] == "Facecast")
