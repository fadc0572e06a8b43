"""Every handler, run by an interpreter without site-packages from nothing but the built layers and its own folder."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import skimage
from PIL import Image

from infra.local.layout import ROOT
from infra.template import Resource, functions, layers_of, load
from tests.support.pictures import encoded

pytestmark = pytest.mark.xdist_group("packaging")

EVENTS = ROOT / "events"
FUNCTIONS = {function.name: function for function in functions()}
# What is not a plain value in the template; a handler that is only imported asks for no more.
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    # Tracing is switched on as on Lambda, so that what the tracer needs is proven to be there.
    "LAMBDA_TASK_ROOT": "/var/task",
    "JOB_KEPT_DAYS": "1",
    # The pages of the API name the origins of both buckets.
    "ORIGINALS_BUCKET": "originals",
    "RESULTS_BUCKET": "results",
    "ACCESS": "open",
    "ACCESS_TABLE": "access",
    "KEYS_TABLE": "keys",
    "ALLOWED_ORIGINS": "*",
    "LEASE_SECONDS": "30",
    "INDEX_SHARDS": "8",
    "IS_PROCESSOR_SHARED": "true",
    "DETECTOR": "best",
    "QUALITY": "balanced",
}


def environment(function: Resource) -> dict[str, str]:
    variables = {
        **load()["Globals"]["Function"]["Environment"]["Variables"],
        **function.properties["Environment"]["Variables"],
    }
    return {
        name: value if isinstance(value, str) else "http://example.test" for name, value in variables.items()
    } | ENVIRONMENT


def run(built: Path, function: Resource, *events: Path) -> dict[str, Any]:
    folders = [*(built / layer / "python" for layer in layers_of(function)), built / function.name]
    paths = [argument for folder in folders for argument in ("--path", str(folder))]
    script = [ROOT / "infra" / "local" / "handler.py", *paths, function.properties["Handler"], *events]
    done = subprocess.run(
        [sys.executable, "-I", "-S", *script], env=environment(function), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    response: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return response


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_needs_nothing_but_its_layers(name: str, for_this_python: Path) -> None:
    run(for_this_python, FUNCTIONS[name])


def test_the_api_answers(for_this_python: Path) -> None:
    (health,) = run(for_this_python, FUNCTIONS["ApiFunction"], EVENTS / "api" / "get-health.json")["responses"]
    assert health["response"]["statusCode"] == 200
    assert json.loads(health["response"]["body"]) == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/asyncapi.json", "/swagger-ui/swagger-ui-bundle.js"])
def test_the_api_serves_its_page_and_its_documentation(path: str, for_this_python: Path, tmp_path: Path) -> None:
    event = json.loads((EVENTS / "api" / "get-health.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event))
    (response,) = run(for_this_python, FUNCTIONS["ApiFunction"], file)["responses"]
    assert response["response"]["statusCode"] == 200


def test_the_detector_finds_a_face_in_every_format(for_this_python: Path, tmp_path: Path) -> None:
    formats = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIC")
    with Image.open(Path(skimage.__file__).parent / "data" / "astronaut.png") as photo:
        events = [as_event(photo, image_format, tmp_path) for image_format in formats]
    for response in run(for_this_python, FUNCTIONS["DetectorFunction"], *events)["responses"]:
        assert response["response"]["failure"] is None
        assert len(response["response"]["faces"]) == 1, response["event"]


def as_event(photo: Image.Image, image_format: str, folder: Path) -> Path:
    event = folder / f"{image_format}.json"
    event.write_text(
        json.dumps(
            {"action": "detect", "image": base64.b64encode(encoded(photo.convert("RGB"), image_format)).decode()}
        )
    )
    return event


@pytest.mark.parametrize("event", ["s3-test.json", "sqs-test.json"])
def test_the_detector_takes_s3s_test_event(event: str, for_this_python: Path) -> None:
    (response,) = run(for_this_python, FUNCTIONS["DetectorFunction"], EVENTS / "detector" / event)["responses"]
    assert response["response"] in (None, {"batchItemFailures": []})


def test_every_aws_client_finds_its_data(for_this_python: Path) -> None:
    """The data of other services is left out; a client that lacks its own fails when it is made."""
    script = (
        f"import site; site.addsitedir({str(for_this_python / 'CommonLayer' / 'python')!r})\n"
        "from facelib.stores import clients\n"
        "clients.dynamodb(), clients.sqs(), clients.lambda_(), clients.event_bridge()\n"
        "print(clients.s3().generate_presigned_post('bucket', 'key')['url'])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("https://"), done.stderr
