"""The OpenAPI description of `POST /rekognition`, whose requests, responses and errors have the format of AWS's API."""

from collections.abc import Mapping
from typing import Any, Final

from facelib.domain.job import EXAMPLE_ID

from face_api.documents.examples import FACE, IMAGE
from face_api.routes.rekognition import MEDIA_TYPE, OPERATION, DetectFacesRequest, face_detail

SECURITY_SCHEME: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Amz-Security-Token",
    "description": "The key, as boto3 sends it if it is passed as `aws_session_token`.",
}
_REQUEST: Final = {
    "Image": {"S3Object": {"Bucket": "facecast-originalsbucket-1x2y3z", "Name": f"originals/{EXAMPLE_ID}"}},
    "Attributes": ["DEFAULT"],
}
_ERROR: Final = {
    "__type": "InvalidS3ObjectException",
    "Message": "Original not found. Set Name to originals/<job_id>; an original is kept no longer than its job.",
}
_DETAIL: Final = face_detail(FACE, IMAGE)


def _content(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": schema, "example": example}}


_RESPONSES: Final[Mapping[str, Any]] = {
    "200": {
        "description": "The faces, in the format of DetectFaces.",
        "content": _content(
            {
                "type": "object",
                "required": ["FaceDetails"],
                "properties": {"FaceDetails": {"type": "array", "items": {"type": "object"}}},
            },
            {"FaceDetails": [_DETAIL]},
        ),
    },
    "400": {
        "description": "A Rekognition error; the client raises an exception with this name.",
        "content": _content(
            {
                "type": "object",
                "required": ["__type", "Message"],
                "properties": {"__type": {"type": "string"}, "Message": {"type": "string"}},
            },
            _ERROR,
        ),
    },
}


def describe_rekognition(operation: dict[str, Any], components: dict[str, Any]) -> None:
    """Complete FastAPI's description of the operation, and add the schemas that it refers to."""
    request = DetectFacesRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= {**request.pop("$defs"), DetectFacesRequest.__name__: request}
    components["securitySchemes"]["sessionToken"] = SECURITY_SCHEME
    operation["security"] = [{"sessionToken": []}, {}]
    operation["parameters"] = [
        {"name": "X-Amz-Target", "in": "header", "required": True, "schema": {"type": "string", "enum": [OPERATION]}}
    ]
    operation["requestBody"] = {
        "required": True,
        "content": _content({"$ref": f"#/components/schemas/{DetectFacesRequest.__name__}"}, _REQUEST),
    }
    operation["responses"] |= _RESPONSES
    # Invalid requests get a 400 instead.
    operation["responses"].pop("422", None)
