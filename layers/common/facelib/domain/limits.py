"""The limits that users can reach, each defined once. `GET /limits` returns them; docs/limits.md explains them."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# A Lambda request is at most 6 MB, and a binary body is encoded as base64 (4/3), which leaves 4.5 MB.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
DIRECT_UPLOAD_BYTES: Final = 4_500_000
PRESIGNED_UPLOAD_BYTES: Final = 25 * MIB
PRESIGNED_UPLOAD_SECONDS: Final = 15 * 60
# A job of `POST /image` expires this soon if the API crashes before it has stored the image. A request takes at most
# half a minute; the rest allows for clocks that differ.
UNSTORED_SECONDS: Final = 5 * 60
# A job of `POST /uploads` expires this soon unless a detector claims it, which shows that the form was used. An upload
# that waits longer than this is not lost: its job is visible again once a detector claims it.
UNUSED_FORM_SECONDS: Final = PRESIGNED_UPLOAD_SECONDS + 3600
RESULT_URL_SECONDS: Final = 5 * 60

# These follow from the memory needed to decode a photo and draw it at full size (docs/decisions/0003-decoding.md).
# The first is for JPEG, the second for PNG and for still WebP without alpha, the third for all other images.
IMAGE_PIXELS: Final = 110_000_000
PLAIN_IMAGE_PIXELS: Final = 100_000_000
COSTLY_IMAGE_PIXELS: Final = 51_000_000
# For an AVIF or HEIC that may have more than 8 bits per channel and also has alpha or colours at full resolution.
DEEP_IMAGE_PIXELS: Final = 36_000_000
# Total pixels of all images that make up an AVIF or HEIC: a grid, its tiles (which extend beyond its edges), and the
# same for alpha.
DECODED_PIXELS: Final = 4 * COSTLY_IMAGE_PIXELS
# libjpeg's limit for each side; results are JPEG.
IMAGE_SIDE: Final = 65_500
RESULT_LONG_SIDE: Final = 2_048
PREVIEW_LONG_SIDE: Final = 640
# The side of the picture of one face, which must fit into a Lambda response.
FACE_IMAGE_SIDE: Final = 1_024
# docs/decisions/0007-hiding.md describes each strength.
BLUR_STRENGTH: Final = 5
BLUR_STRENGTH_DEFAULT: Final = 3
# The maximum padding, as a multiple of the largest face's side.
CROP_PADDING: Final = 5.0
CROP_PADDING_DEFAULT: Final = 0.5

# Parts of a file, counted before a library parses it (face_detector.imaging.structure). A photo has up to about 300
# segments: 255 for a colour profile, the others for depth maps and previews of 64 KiB each. A PNG stores its pixels in
# chunks of 8 KiB.
IMAGE_PARTS: Final = 1_000
PIXEL_PARTS: Final = 50_000
# One JPEG segment holds at most 64 KiB of EXIF; a few writers use more than one.
EXIF_BYTES: Final = 256 * KIB
# Size of a colour profile; a larger one is ignored. Profiles for printing presses have up to about 3 MB.
PROFILE_BYTES: Final = 4 * MIB
# Stray bytes and fill bytes before segments (ITU-T T.81, B.1.1.2), which few encoders write.
JPEG_FILL_BYTES: Final = MIB
# For each item, libavif and libheif search through all items; a box of this size contains about ten thousand.
META_BOX_BYTES: Final = 256 * KIB
# A still image has one frame; a progressive image has at most one for each of AV1's four spatial layers. libavif writes
# three units around a frame. Other encoders write one unit for each group of tiles.
AV1_FRAMES: Final = 8
AV1_UNITS: Final = 100
# A progressive JPEG has about ten scans, which cover eight coefficients per pixel, and a decoder keeps all coefficients
# until the last scan. An empty scan of a few bytes takes as long as a full one.
JPEG_SCANNED: Final = 1_000_000_000
JPEG_HELD: Final = 200_000_000

# A DynamoDB item is at most 400 KB; a stored face takes about 150 bytes.
MAX_FACES: Final = 1_000

# Manually hidden rectangles in one photo.
HIDDEN_BOXES: Final = 100

# Partitions of each index of the jobs table; the default of the template's parameter `IndexShards`.
INDEX_SHARDS: Final = 8

# Limits on untrusted input, and on quotations of it in responses and records.
QUERY_BYTES: Final = 8 * KIB
JSON_BYTES: Final = 16 * KIB
FORM_FIELD_BYTES: Final = 1 * KIB
# Renders in one request, repetitions included.
RENDER_LIST: Final = 20
# Size of a failure's detail in JSON.
DETAIL_BYTES: Final = 500
# The number of problems that one error reports, and the size of each.
PROBLEMS: Final = 10
PROBLEM_BYTES: Final = 200

LIST_LIMIT: Final = 100
LIST_DEFAULT: Final = 20
WAIT_SECONDS: Final = 20

# API Gateway closes a WebSocket after 2 hours. If $disconnect is lost, the row expires 15 minutes later.
CONNECTION_TTL_SECONDS: Final = 2 * 3600 + 15 * 60
# API Gateway bills frames in units of 32 KB, and refuses larger ones.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
FRAME_BYTES: Final = 32_000
# An event consists of ids, times, a URL and a limited detail. A test tries to create a larger one.
EVENT_BYTES: Final = 1_024
REPLAY_LIMIT: Final = 100
REPLAY_DEFAULT: Final = 20
# Event ids sort by the clock of the function that created them, and an event may reach listeners late: its record waits
# up to 60 s in the table's stream, and its write is retried for up to about 20 s. Therefore, a replay after an event
# starts this long before it, and listeners drop duplicates.
REPLAY_OVERLAP_SECONDS: Final = 90
# Delay of a replay that is requested on connecting, because its index lags behind the table by less than a second.
REPLAY_SETTLE_SECONDS: Final = 1

# A Rekognition request contains the image as base64 in JSON. It is encoded as base64 again on its way through two
# Lambda calls of at most 6 MB.
REKOGNITION_BYTES: Final = 3_300_000
IDEMPOTENCY_KEY_CHARACTERS: Final = 255
# A ticket admits one listener, so it only has to be valid until the handshake.
TICKET_SECONDS: Final = 60
# API Gateway caches the result of the authorizer for this long, so a revoked key may be accepted until then.
KEY_CACHE_SECONDS: Final = 60
LISTENERS_OF_OWNER: Final = 1_000
RETRIES: Final = 5
