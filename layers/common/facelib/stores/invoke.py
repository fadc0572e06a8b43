"""Direct invocations of the detector."""

from facelib.detection import DetectReply, DetectRequest
from facelib.stores.clients import lambda_


class DetectorClient:
    def __init__(self, function: str) -> None:
        self._function = function

    def detect(self, request: DetectRequest) -> DetectReply:
        """Detect without a job. Raises RuntimeError if the detector crashed."""
        response = lambda_().invoke(FunctionName=self._function, Payload=request.model_dump_json().encode())
        payload = response["Payload"].read()
        if "FunctionError" in response:
            raise RuntimeError(f"The detector failed: {payload[:500].decode(errors='replace')}")
        return DetectReply.model_validate_json(payload)
