"""`python -m face_api.schema > docs/openapi.json`: the OpenAPI document of every route."""

import json
import sys

from face_api.app import create_app
from face_api.documents.openapi import describe


def text() -> str:
    return json.dumps(describe(create_app()), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
