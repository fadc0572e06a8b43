import pytest
from facelib import keys
from facelib.options import Render

JOB_ID = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


def test_an_original_leads_back_to_its_job() -> None:
    assert keys.job_id_of_original(keys.original(JOB_ID)) == JOB_ID


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
def test_a_key_that_this_service_never_writes(key: str) -> None:
    assert keys.job_id_of_original(key) is None


def test_each_render_has_its_own_result() -> None:
    assert len({keys.result(JOB_ID, render) for render in Render}) == len(Render)
