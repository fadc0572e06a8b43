"""Every handler, run by an interpreter without site-packages, from only the built layers and its own folder."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from face_detector.analyse import find_faces
from face_detector.detection.detector import load_detector
from face_models import BEST
from facelib.domain.job import Quality
from facelib.domain.options import Options
from PIL import Image

from infra import ROOT
from infra.aws.packaged import LAMBDA, environment, run
from infra.local.layout import SAMPLE_PHOTO
from infra.template import functions, layers_of
from tests.support.packages import Runnable
from tests.support.pictures import encoded

pytestmark = pytest.mark.xdist_group("packaging")

EVENTS = ROOT / "events"
FUNCTIONS = {function.name: function for function in functions()}


def responses(built: Runnable, name: str, *events: Path) -> list[Any]:
    said = run(built.folder, FUNCTIONS[name], *events, python=built.python, options=built.options)
    return [each["response"] for each in said["responses"]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_needs_only_its_layers(name: str, runnable: Runnable) -> None:
    responses(runnable, name)


def test_handlers_are_imported_on_arm64(runnable_on_arm64: Runnable) -> None:
    """One process imports them all, because an emulated processor is slow. The test above checks each one's layers."""
    built = runnable_on_arm64.folder
    layers = sorted({layer for function in FUNCTIONS.values() for layer in layers_of(function)})
    folders = [*(built / layer / "python" for layer in layers), *(built / name for name in FUNCTIONS)]
    handlers = [function.properties["Handler"].rsplit(".", 1) for function in FUNCTIONS.values()]
    script = "import importlib, site\n" + "\n".join(
        [
            *(f"site.addsitedir({str(folder)!r})" for folder in folders),
            *(f"importlib.import_module({module!r}).{name}" for module, name in handlers),
        ]
    )
    command = [runnable_on_arm64.python, *runnable_on_arm64.options, "-I", "-S", "-c", script]
    variables = {name: value for function in FUNCTIONS.values() for name, value in environment(function).items()}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_api_answers_and_serves_its_page_and_its_documentation(runnable: Runnable, tmp_path: Path) -> None:
    paths = ["/", "/docs", "/openapi.json", "/asyncapi.json", "/swagger-ui/swagger-ui-bundle.js"]
    events = [request_of(path, tmp_path / f"{number}.json") for number, path in enumerate(paths)]
    health, *served = responses(runnable, "ApiFunction", EVENTS / "api" / "get-health.json", *events)
    assert health["statusCode"] == 200
    assert json.loads(health["body"]) == {"status": "ok", "detectors": ["centerface"]}
    assert dict.fromkeys(paths, 200) == {path: each["statusCode"] for path, each in zip(paths, served, strict=True)}


def request_of(path: str, file: Path) -> Path:
    event = json.loads((EVENTS / "api" / "get-health.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    file.write_text(json.dumps(event))
    return file


def test_the_detector_finds_the_same_face_as_on_this_machine_in_every_format(
    runnable: Runnable, tmp_path: Path
) -> None:
    here = load_detector(BEST, Quality.BALANCED)
    with Image.open(SAMPLE_PHOTO) as photo:
        pictures = [encoded(photo.convert("RGB"), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIC")]
    events = [as_event(picture, tmp_path / f"{number}.json") for number, picture in enumerate(pictures)]
    for picture, response in zip(pictures, responses(runnable, "DetectorFunction", *events), strict=True):
        assert response["failure"] is None
        (face,) = response["faces"]
        (expected,) = find_faces(picture, Options(), here).faces
        # Other processors round differently.
        assert face["box"] == pytest.approx(expected.box.model_dump(), abs=1)
        assert face["confidence"] == pytest.approx(expected.confidence, abs=0.01)


def as_event(picture: bytes, path: Path) -> Path:
    path.write_text(json.dumps({"action": "detect", "image": base64.b64encode(picture).decode()}))
    return path


def test_the_detector_accepts_s3s_test_event(runnable: Runnable) -> None:
    events = [EVENTS / "detector" / name for name in ("s3-test.json", "sqs-test.json")]
    for response in responses(runnable, "DetectorFunction", *events):
        assert response in (None, {"batchItemFailures": []})


def test_every_aws_client_finds_its_data(runnable: Runnable) -> None:
    """The package lacks the data of unused services, and a client cannot be created without its service's data."""
    script = (
        f"import site; site.addsitedir({str(runnable.folder / 'CommonLayer' / 'python')!r})\n"
        "from facelib.stores import clients\n"
        "clients.dynamodb(), clients.sqs(), clients.lambda_(), clients.event_bridge()\n"
        "print(clients.s3().generate_presigned_post('bucket', 'key')['url'])"
    )
    done = subprocess.run(
        [runnable.python, "-I", "-S", "-c", script], env=LAMBDA, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("https://"), done.stderr
