"""Values that the template repeats: the index's projection, the stream's filter, and the prefixes of objects."""

import json
import re
from typing import Any

import pytest
from facelib.domain import object_keys
from facelib.domain.job import TRANSITIONS, Job, Status
from facelib.domain.renders import Render
from facelib.messages.events import JobEnded
from facelib.stores.jobs.items import DELETED, to_item
from facelib.stream.job_stream import job_of_record

from infra.template import functions, load, resources
from tests.support.jobs import completed_job, corrected_job
from tests.support.stream import record

ORIGINALS, RESULTS, INBOX = ("originals/", "results/", "inbox/")
_OF_OBJECTS = re.compile(r"^\$\{(Originals|Results)Bucket\.Arn\}/(.+)$")


def by_event() -> dict[str, Any]:
    [index] = [
        index
        for index in load()["Resources"]["JobsTable"]["Properties"]["GlobalSecondaryIndexes"]
        if index["IndexName"] == "by_event"
    ]
    return dict(index)


def test_the_index_of_events_has_only_the_fields_of_an_event() -> None:
    required = {name for name, field in Job.model_fields.items() if field.is_required()}
    # The options determine whether there is a result whose URL an event may contain.
    of_events = set(JobEnded.model_fields) & set(Job.model_fields) | {"options"}
    in_every_index = {"job_id", *(key["AttributeName"] for key in by_event()["KeySchema"])}
    assert set(by_event()["Projection"]["NonKeyAttributes"]) == (required | of_events) - in_every_index


def filters() -> list[list[dict[str, Any]]]:
    """Return the filter patterns of each function that reads the table's stream."""
    found = []
    for function in functions():
        for source in function.properties.get("Events", {}).values():
            if source["Type"] == "DynamoDB":
                patterns = source["Properties"]["FilterCriteria"]["Filters"]
                found.append([json.loads(one["Pattern"]) for one in patterns])
    return found


def passes(pattern: object, part: object) -> bool:
    """Return whether a part of a record matches a pattern.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    if isinstance(pattern, dict):
        return isinstance(part, dict) and all(name in part and passes(of, part[name]) for name, of in pattern.items())
    assert isinstance(pattern, list)
    return part in pattern or {"exists": True} in pattern


# Sorted, because all workers of pytest-xdist must collect the tests in the same order.
CHANGES = [(old, new) for old, news in TRANSITIONS.items() for new in sorted(news)]


@pytest.mark.parametrize(("old", "new"), [*CHANGES, (Status.DELETING, DELETED)])
def test_the_filter_passes_exactly_the_changes_that_are_events(old: str, new: str) -> None:
    images = {"OldImage": _job_in(old), "NewImage": _job_in(new)}
    change = {"eventName": "MODIFY", "dynamodb": images}
    is_event = job_of_record(change) is not None
    assert len(filters()) == 2, "the broadcaster and the notifier read the stream"
    for patterns in filters():
        assert any(passes(pattern, change) for pattern in patterns) is is_event


@pytest.mark.parametrize("old", [{}, {"corrected_at": {"S": "2026-11-24T10:00:00.000000Z"}}])
def test_a_correction_passes_the_filter(old: dict[str, Any]) -> None:
    """If two detectors draw the same corrections at the same time, the write of the second one also passes."""
    change = record(corrected_job(), Status.COMPLETED, corrected=True)
    change["dynamodb"]["OldImage"].update(old)
    assert job_of_record(change)
    for patterns in filters():
        assert any(passes(pattern, change) for pattern in patterns)


def test_the_start_of_a_correction_and_a_new_render_are_not_read() -> None:
    completed, corrected = to_item(completed_job()), to_item(corrected_job())
    begun = {name: value for name, value in corrected.items() if name != "corrected_at"}
    for old, new in ((corrected, begun), (completed, completed | {"renders": {"SS": ["solid"]}})):
        change = {"eventName": "MODIFY", "dynamodb": {"OldImage": old, "NewImage": new}}
        assert job_of_record(change) is None
        assert not any(passes(pattern, change) for patterns in filters() for pattern in patterns)


def test_a_new_or_removed_record_is_not_read() -> None:
    job = to_item(completed_job())
    for change in (
        {"eventName": "INSERT", "dynamodb": {"NewImage": job}},
        {"eventName": "REMOVE", "dynamodb": {"OldImage": job}},
    ):
        assert not any(passes(pattern, change) for patterns in filters() for pattern in patterns)


def _job_in(status: str) -> dict[str, Any]:
    """Return the item of a job with this status.

    The item has an event id once the job has ended, and a different one once the job is being deleted.
    """
    item = to_item(completed_job()) | {"status": {"S": str(status)}}
    if status in (Status.PENDING, Status.PROCESSING):
        return {name: value for name, value in item.items() if name != "event_id"}
    is_deletion = status in (Status.DELETING, DELETED)
    return item | {"event_id": {"S": "20261124T100000.000000Z-00000000"}} if is_deletion else item


def test_the_prefixes_of_objects_are_those_of_the_code() -> None:
    job_id = completed_job().job_id
    assert object_keys.original(job_id) == f"{ORIGINALS}{job_id}"
    assert all(key.startswith(RESULTS) for key in object_keys.all_results(job_id))
    assert object_keys.result(job_id, Render.BOXES).startswith(object_keys.results(job_id))
    assert object_keys.inbox("alice") == f"{INBOX}alice/"


def test_roles_name_these_prefixes_and_no_others() -> None:
    texts = (text for role in resources("AWS::IAM::Role") for text in _texts(role.properties))
    found = {(match[1], match[2]) for match in map(_OF_OBJECTS.match, texts) if match}
    assert found == {("Originals", f"{ORIGINALS}*"), ("Originals", f"{INBOX}*"), ("Results", f"{RESULTS}*")}


def test_each_prefix_of_the_originals_has_its_queue() -> None:
    bucket = load()["Resources"]["OriginalsBucket"]["Properties"]
    configurations = bucket["NotificationConfiguration"]["QueueConfigurations"]
    queues = {one["Filter"]["S3Key"]["Rules"][0]["Value"]: one["Queue"] for one in configurations}
    assert queues == {
        ORIGINALS: {"Fn::GetAtt": ["DetectQueue", "Arn"]},
        INBOX: {"Fn::GetAtt": ["IntakeQueue", "Arn"]},
    }


def _texts(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for part in node.values() for text in _texts(part)]
    if isinstance(node, list):
        return [text for part in node for text in _texts(part)]
    return [node] if isinstance(node, str) else []
