"""Models as DynamoDB items: old items can be read, and models that cannot be stored fail on import."""

from datetime import timedelta
from typing import Any

import pytest
from facelib.domain.access import ApiKey, Scope
from facelib.domain.face import Face
from facelib.domain.frozen import Frozen
from facelib.domain.job import Failure, FailureReason, Job, Status, Tombstone
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.stores.access.api_keys import key_item
from facelib.stores.attributes import Items
from facelib.stores.jobs.items import from_item, job_or_tombstone, to_item, tombstone_item
from pydantic import ValidationError

from infra.keys import new_key
from tests.support.jobs import completed_job, form_job, new_job

# An item stored before field types were mapped to DynamoDB's types.
STORED: dict[str, Any] = {
    "ttl": {"N": "1764460800"},
    "job_id": {"S": "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"},
    "owner": {"S": "alice"},
    "owner_shard": {"S": "alice#3"},
    "status": {"S": "completed"},
    "created_at": {"S": "2025-11-29T00:00:00.000000Z"},
    "expires_at": {"S": "2025-11-30T00:00:00.000000Z"},
    "options": {"S": '{"render":["boxes"],"min_confidence":0.5,"max_faces":1000,"blur_strength":3,"size":"fit"}'},
    "completed_at": {"S": "2025-11-29T00:00:01.250000Z"},
    "event_id": {"S": "20251129T000001.250000Z-0b9f3a0e"},
    "image": {"S": '{"width":640,"height":480,"format":"jpeg","bytes":12345}'},
    "detector": {"S": '{"name":"centerface","version":"09189deaaf86","quality":"balanced"}'},
    "face_count": {"N": "1"},
    "faces": {"S": "[[5.25,7.5,64,80.75,0.9,10,20,11,21,12,22,13,23,14,24,null,null,null,51.2,63.4]]"},
    "timings_ms": {"S": '{"decode": 4.2, "detect": 88.1}'},
    "original_etag": {"S": "e1"},
    "renders": {"SS": ["plain", "blur"]},
    "retries": {"N": "2"},
}


def test_an_old_item_can_be_read() -> None:
    job = from_item(STORED)
    assert (job.status, job.face_count, job.timings_ms) == (Status.COMPLETED, 1, {"decode": 4.2, "detect": 88.1})
    assert job.options == Options(render=(Render.BOXES,), min_confidence=0.5)
    assert job.renders == (Render.BLUR, Render.PLAIN)
    assert job.faces
    assert (job.faces[0].pose, job.faces[0].box_ratio.width) == (None, 0.1)


def test_the_item_is_still_written_in_the_same_form() -> None:
    job, item = from_item(STORED), to_item(from_item(STORED))
    of_jobs = STORED.keys() - {"owner_shard", "retries", "ttl", "options", "faces", "renders"}
    assert {name: item[name] for name in of_jobs} == {name: STORED[name] for name in of_jobs}
    assert sorted(item["renders"]["SS"]) == ["blur", "plain"]
    assert item["options"] == {"S": job.options.model_dump_json()}
    assert item["faces"]["S"].startswith("[[5.25,7.5,64.0,80.75,0.9,10.0,")


@pytest.mark.parametrize(
    "job",
    [
        new_job(),
        form_job(timedelta(hours=1)),
        completed_job(3).model_copy(update={"renders": (Render.PLAIN, Render.PREVIEW), "source": "inbox/a/é.jpg"}),
        completed_job().model_copy(
            update={"status": Status.FAILED, "failure": Failure(reason=FailureReason.TOO_LARGE, detail="é")}
        ),
    ],
    ids=["new", "form", "completed", "failed"],
)
def test_a_stored_job_can_be_loaded(job: Job) -> None:
    assert from_item(to_item(job)) == job


def test_a_stored_tombstone_can_be_loaded() -> None:
    item = to_item(completed_job()) | {"owner_shard": {"S": "public#1"}}
    left = job_or_tombstone(tombstone_item(item))
    assert left == Tombstone(job_id=item["job_id"]["S"], owner="public", event_id=item["event_id"]["S"])


def test_a_stored_key_can_be_loaded() -> None:
    key, _ = new_key("alice", "send,read", 10, 30)
    item = key_item(key)
    assert {kind for value in item.values() for kind in value} == {"S", "SS", "N"}
    assert set(item["scopes"]["SS"]) == {Scope.SEND, Scope.READ}
    assert Items(ApiKey).model(item) == key


@pytest.mark.parametrize("annotation", [bytes, tuple[str, ...], list[int], tuple[Face, ...], str | int, object])
def test_a_field_of_an_unmapped_type_is_rejected(annotation: Any) -> None:
    model = type("Wrong", (Frozen,), {"__annotations__": {"field": annotation}})
    with pytest.raises(TypeError, match=r"^field: .* is not mapped"):
        Items(model)


@pytest.mark.parametrize("value", [0.0, -61.5, 0.1 + 0.2, 1e-9, 1 / 3, 1e20])
def test_a_stored_float_is_loaded_exactly(value: float) -> None:
    class Measured(Frozen):
        value: float

    items = Items(Measured)
    assert items.model(items.item(Measured(value=value))).value == value


@pytest.mark.parametrize("attribute", [{"M": {}}, {"L": []}, {"SS": ["a"]}])
def test_an_attribute_of_another_type_is_malformed(attribute: dict[str, Any]) -> None:
    for name in ("owner", "created_at", "face_count"):
        with pytest.raises(ValidationError):
            from_item(STORED | {name: attribute})
