"""Examples of requests and responses in /docs, for one portrait, as instances of the models."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from facelib.domain import limits
from facelib.domain.access import Access, Scope
from facelib.domain.corrections import Corrections, HiddenBox
from facelib.domain.face import Box, Face, FaceQuality, Landmarks, Point, Pose
from facelib.domain.frozen import Frozen
from facelib.domain.job import EXAMPLE_ID, DetectorInfo, ImageFormat, ImageInfo, Job, Quality, Status
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.job_view import JobSummary, JobView, Links

from face_api.models import (
    CorrectionsOfJob,
    Health,
    JobAccepted,
    JobList,
    Limits,
    RenderReady,
    RenderRequested,
    ResultAddress,
    StreamTicket,
    UploadAccepted,
    UploadForm,
    UploadRequest,
    Usage,
)

_URL: Final = "https://api.example.com"
_STREAM_URL: Final = "wss://stream.example.com/ws"
_BUCKET: Final = "https://facecast-resultsbucket-1x2y3z.s3.eu-central-1.amazonaws.com"
_SENT: Final = datetime(2026, 11, 24, 9, 30, 0, 58_769, UTC)
_ADDRESS_EXPIRES: Final = _SENT + timedelta(seconds=limits.RESULT_URL_SECONDS)
IMAGE: Final = ImageInfo(width=512, height=512, format=ImageFormat.JPEG, bytes=61_368)

# The sample photo of the web page, as the service describes it.
FACE: Final = Face.in_image(
    (IMAGE.width, IMAGE.height),
    box=Box(x=179.6, y=60.12, width=90.81, height=118.65),
    confidence=0.9277,
    landmarks=Landmarks(
        left_eye=Point(x=203.05, y=101.65),
        right_eye=Point(x=247.07, y=104.54),
        nose=Point(x=223.22, y=125.16),
        mouth_left=Point(x=203.49, y=142.64),
        mouth_right=Point(x=241.36, y=144.81),
    ),
    pose=Pose(roll=3.5, yaw=3.3, pitch=-15.9),
    quality=FaceQuality(brightness=61.5, sharpness=67.5),
)
_JOB: Final = Job(
    job_id=EXAMPLE_ID,
    owner="alice",
    status=Status.COMPLETED,
    created_at=_SENT,
    expires_at=_SENT + timedelta(days=1),
    completed_at=_SENT + timedelta(milliseconds=104),
    image=IMAGE,
    detector=DetectorInfo(name="centerface+yunet", version="09189deaaf86+25a606a145a5", quality=Quality.BALANCED),
    face_count=1,
    faces=(FACE,),
    timings_ms={"header": 0.4, "decode": 1.0, "upright": 0.0, "detect": 62.6, "render": 4.8, "encode": 0.7},
)
_CORRECTIONS: Final = Corrections(hide=(HiddenBox(x=20, y=31.5, width=64, height=80),), show=(0,))
_LINKS: Final = Links.of(EXAMPLE_ID, _URL)

_EXAMPLES: Final[tuple[Frozen, ...]] = (
    Health(status="ok", detectors=("centerface", "yunet")),
    Limits.in_force(job_kept_days=1, stream_url=_STREAM_URL, access=Access.KEYS),
    JobAccepted(job_id=EXAMPLE_ID, status=Status.PENDING, links=_LINKS),
    JobView.of(_JOB, _URL),
    JobList(jobs=(JobSummary.of(_JOB, _URL),), next_cursor=None),
    UploadRequest(content_type="image/jpeg", options=Options(render=(Render.BOXES,))),
    UploadAccepted(
        job_id=EXAMPLE_ID,
        upload=UploadForm(
            url=_BUCKET.replace("results", "originals"),
            fields={
                "key": f"originals/{EXAMPLE_ID}",
                "Content-Type": "image/jpeg",
                "x-amz-algorithm": "AWS4-HMAC-SHA256",
                "x-amz-credential": "ASIAEXAMPLE/20261124/eu-central-1/s3/aws4_request",
                "x-amz-date": "20261124T093000Z",
                "x-amz-security-token": "...",
                "policy": "...",
                "x-amz-signature": "...",
            },
        ),
        expires_at=_SENT + timedelta(seconds=limits.PRESIGNED_UPLOAD_SECONDS),
        links=_LINKS,
    ),
    ResultAddress(url=f"{_BUCKET}/results/{EXAMPLE_ID}/boxes.jpg?X-Amz-Signature=...", expires_at=_ADDRESS_EXPIRES),
    _CORRECTIONS,
    CorrectionsOfJob(hide=_CORRECTIONS.hide, show=_CORRECTIONS.show, corrected_at=_SENT + timedelta(minutes=5)),
    RenderRequested(render=Render.BLUR),
    RenderReady(
        render=Render.BLUR,
        url=f"{_BUCKET}/results/{EXAMPLE_ID}/blur.jpg?X-Amz-Signature=...",
        expires_at=_ADDRESS_EXPIRES,
    ),
    StreamTicket(
        ticket="qvQ3x1J0c0bq8n3m2Jr8w7bW0k5cGm4yq1d9sT6uVhE",
        stream_url=_STREAM_URL,
        expires_at=_SENT + timedelta(seconds=limits.TICKET_SECONDS),
    ),
    Usage(
        owner="alice",
        scopes=tuple(sorted(Scope)),
        key_expires_at=_SENT + timedelta(days=90),
        day=_SENT.date(),
        images=41,
        images_per_day=1_000,
        resets_at=datetime(2026, 11, 25, tzinfo=UTC),
    ),
)
# Keyed by model name. Fields that are not set are left out of a request, so their defaults apply.
EXAMPLE_OF: Final[dict[str, Any]] = {
    type(one).__name__: one.model_dump(mode="json", exclude_unset=isinstance(one, UploadRequest)) for one in _EXAMPLES
}
