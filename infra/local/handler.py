"""Calls a Lambda handler as Lambda does: once for each event, with imports from the given folders only.

    python -I -S infra/local/handler.py --path LAYER/python --path FUNCTION face_api.main.handler EVENT.json

It uses only the standard library, so that an interpreter without site-packages can run it. The last line on stdout is
JSON: the import (Lambda's init) in milliseconds of wall-clock time and of processor time, and for each event the
response and the milliseconds it took.
"""

import argparse
import importlib
import json
import os
import site
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Context:
    """The parts of Lambda's context object that handlers use."""

    function_name: str
    memory_limit_in_mb: int = 1769
    function_version: str = "$LATEST"
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"
    _until: float = field(default_factory=lambda: time.monotonic() + 30)

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self._until - time.monotonic()) * 1_000))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", action="append", default=[], help="folder to import from; may be repeated")
    parser.add_argument("handler")
    parser.add_argument("events", nargs="*", type=Path)
    arguments = parser.parse_args()
    for folder in arguments.path:
        site.addsitedir(folder)
    module, name = arguments.handler.rsplit(".", 1)
    begun, processor = time.perf_counter(), time.process_time()
    handler = getattr(importlib.import_module(module), name)
    init = {"init_ms": _since(begun), "init_processor_ms": round((time.process_time() - processor) * 1_000, 1)}
    responses = []
    for event in arguments.events:
        begun = time.perf_counter()
        response = handler(json.loads(event.read_text()), Context(os.environ.get("AWS_LAMBDA_FUNCTION_NAME", module)))
        responses.append({"event": str(event), "response": response, "milliseconds": _since(begun)})
    print(json.dumps({**init, "responses": responses}))
    return 0


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1_000, 1)


if __name__ == "__main__":
    sys.exit(main())
