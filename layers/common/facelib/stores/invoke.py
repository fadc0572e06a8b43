"""The detector, asked directly."""

from facelib.detection import DetectReply, DetectRequest
from facelib.stores.clients import lambda_


class DetectorClient:
    def __init__(self, function: str) -> None:
        self._function = function

    def detect(self, request: DetectRequest) -> DetectReply:
        """Raises RuntimeError if the detector crashed."""
        answer = lambda_().invoke(FunctionName=self._function, Payload=request.model_dump_json().encode())
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise RuntimeError(f"The detector failed: {payload[:500].decode(errors='replace')}")
        return DetectReply.model_validate_json(payload)
