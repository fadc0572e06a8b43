"""Errors in a form are explained in the sender's terms."""

import pytest

from tests.support.api import Api
from tests.support.large_files import photo

TYPE = {"content-type": "multipart/form-data; boundary=edge"}
FILE = b'Content-Disposition: form-data; name="file"; filename="x.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + photo()
RENDER = b'Content-Disposition: form-data; name="render"\r\n\r\nsolid'
FORM = b"--edge\r\n" + FILE + b"\r\n--edge\r\n" + RENDER + b"\r\n--edge--\r\n"


def refused(api: Api, body: bytes) -> str:
    response = api.post("/image", content=body, headers=TYPE)
    assert response.status_code == 400
    return str(response.json()["detail"])


def test_a_whole_form_is_accepted(api: Api) -> None:
    assert api.post("/image", content=FORM + b"an epilogue", headers=TYPE).status_code == 202


@pytest.mark.parametrize("left", [30, 200, -1_000, -70, -20, -8, -5])
def test_a_truncated_form_is_refused_with_the_reason(api: Api, left: int) -> None:
    """This includes truncation after the image, because an option that hides faces may be lost."""
    assert refused(api, FORM[:left]) == "The form ends before its final boundary. Send it again."


def test_a_form_with_text_before_the_first_boundary_is_refused(api: Api) -> None:
    assert "begin with its boundary" in refused(api, b"This is a message in MIME format.\r\n" + FORM)


def test_a_form_with_only_an_extended_file_name_is_refused(api: Api) -> None:
    assert "`filename*` alone" in refused(api, FORM.replace(b'filename="x.jpg"', b"filename*=UTF-8''x.jpg"))


@pytest.mark.parametrize("media_type", ["text/plain", "text/plain; charset=utf-8", "application/json"])
def test_the_error_for_an_image_that_was_decoded_as_text_suggests_the_content_type(api: Api, media_type: str) -> None:
    decoded = photo().decode("utf-8", errors="replace").encode()
    response = api.post("/image", content=decoded, headers={"content-type": media_type})
    assert response.status_code == 415
    assert "send the image as image/jpeg" in response.json()["detail"]
    plain = api.post("/image", content=decoded, headers={"content-type": "image/jpeg"})
    assert "Content-Type" not in plain.json()["detail"]
