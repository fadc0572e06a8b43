"""Configures schemathesis: Rekognition's media type is JSON."""

from typing import Any

import schemathesis

_MEDIA_TYPE = "application/x-amz-json-1.1"

schemathesis.serializer.alias(_MEDIA_TYPE, "application/json")


@schemathesis.deserializer(_MEDIA_TYPE)
def read_json(_: object, response: schemathesis.Response) -> Any:
    return response.json()
