"""Direct invocations of the detector."""

from typing import Final

from botocore.exceptions import ClientError

from facelib.domain.errors import DetectorBusy
from facelib.messages.detector_requests import (
    CorrectRequest,
    DetectReply,
    DetectRequest,
    FaceReply,
    FaceRequest,
    RenderReply,
    RenderRequest,
)
from facelib.stores.clients import code_of, lambda_

# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
_THROTTLED: Final = frozenset({"TooManyRequestsException", "EC2ThrottledException"})


class DetectorClient:
    def __init__(self, function: str) -> None:
        self._function = function

    def detect(self, request: DetectRequest) -> DetectReply:
        """Detect faces without a job. Raises DetectorBusy, and RuntimeError if the detector crashed."""
        return DetectReply.model_validate_json(self._invoke(request))

    def render(self, request: RenderRequest) -> RenderReply:
        """Draw one more result of a job. Raises DetectorBusy, and RuntimeError if the detector crashed."""
        return RenderReply.model_validate_json(self._invoke(request))

    def correct(self, request: CorrectRequest) -> RenderReply:
        """Correct a job and its results. Raises DetectorBusy, and RuntimeError if the detector crashed."""
        return RenderReply.model_validate_json(self._invoke(request))

    def face(self, request: FaceRequest) -> FaceReply:
        """Return the picture of one face. Raises DetectorBusy, and RuntimeError if the detector crashed."""
        return FaceReply.model_validate_json(self._invoke(request))

    def _invoke(self, request: DetectRequest | RenderRequest | FaceRequest | CorrectRequest) -> bytes:
        try:
            response = lambda_().invoke(FunctionName=self._function, Payload=request.model_dump_json().encode())
        except ClientError as error:
            if code_of(error) not in _THROTTLED:
                raise
            raise DetectorBusy from None
        payload = response["Payload"].read()
        if "FunctionError" in response:
            raise RuntimeError(f"The detector failed: {payload[:500].decode(errors='replace')}")
        return payload
