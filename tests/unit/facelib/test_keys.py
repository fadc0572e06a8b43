import pytest
from facelib.domain import object_keys
from facelib.domain.renders import DRAWN

from infra.errors import CommandFailed
from infra.keys import new_key

JOB_ID = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


def test_an_originals_key_identifies_its_job() -> None:
    assert object_keys.job_id_of_original(object_keys.original(JOB_ID)) == JOB_ID


@pytest.mark.parametrize(
    "key",
    [
        "",
        JOB_ID,
        f"results/{JOB_ID}",
        "originals/",
        "originals/x",
        f"originals/{JOB_ID}/x",
        pytest.param("originals/1b9f3a0e-6c1d-11f1-9a57-2c1d5e3f7a10", id="a UUID of version 1"),
    ],
)
def test_a_key_that_this_service_never_writes_does_not_identify_a_job(key: str) -> None:
    assert object_keys.job_id_of_original(key) is None


def test_each_render_has_its_own_result() -> None:
    assert len({object_keys.result(JOB_ID, render) for render in DRAWN}) == len(DRAWN)


@pytest.mark.parametrize(
    ("owner", "is_one"),
    [("a", True), ("photos.example-7_x", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("-a", False)]
    + [(owner, False) for owner in ("A", "a/b", "a#b", "a b", "ä", "a\n")],
)
def test_every_owner_with_a_key_can_drop_files_and_be_erased(owner: str, *, is_one: bool) -> None:
    assert object_keys.is_owner(owner) is is_one
    assert (object_keys.owner_of_drop(f"{object_keys.inbox(owner)}photo.jpg") == owner) is is_one
    if is_one:
        assert new_key(owner, "send", None, 1)[0].owner == owner
        return
    with pytest.raises(CommandFailed, match=r"Invalid owner .*: use 1 to 64 characters"):
        new_key(owner, "send", None, 1)
