"""Direct invocations of the detector."""

from facelib.detector_requests import DetectReply, DetectRequest, RenderReply, RenderRequest
from facelib.stores.clients import lambda_


class DetectorClient:
    def __init__(self, function: str) -> None:
        self._function = function

    def detect(self, request: DetectRequest) -> DetectReply:
        """Detect without a job. Raises RuntimeError if the detector crashed."""
        return DetectReply.model_validate_json(self._invoke(request))

    def render(self, request: RenderRequest) -> RenderReply:
        """Draw one more result of a job. Raises RuntimeError if the detector crashed."""
        return RenderReply.model_validate_json(self._invoke(request))

    def _invoke(self, request: DetectRequest | RenderRequest) -> bytes:
        response = lambda_().invoke(FunctionName=self._function, Payload=request.model_dump_json().encode())
        payload = response["Payload"].read()
        if "FunctionError" in response:
            raise RuntimeError(f"The detector failed: {payload[:500].decode(errors='replace')}")
        return payload
