"""Configures schemathesis: Rekognition's media type is JSON."""

from typing import Any

import schemathesis

_MEDIA_TYPE = "application/x-amz-json-1.1"

schemathesis.serializer.alias(_MEDIA_TYPE, "application/json")


@schemathesis.deserializer(_MEDIA_TYPE)
def read_json(_: object, response: schemathesis.Response) -> Any:
    return response.json()


@schemathesis.hook
def filter_case(_: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Skip forms with an empty list, because a form contains nothing in its place."""
    is_form = case.media_type == "multipart/form-data"
    return not (is_form and isinstance(case.body, dict) and [] in case.body.values())
