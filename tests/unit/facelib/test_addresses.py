"""A bucket's URLs contain its Region on AWS, and the endpoint on a local stack."""

from functools import cache
from urllib.parse import urlsplit

import pytest
from face_api.pages.content_security import docs_policy, page_policy
from facelib.domain.access import Access
from facelib.domain.renders import Render
from facelib.settings import ApiSettings
from facelib.stores import clients
from facelib.stores.objects.images import ImageStore

from infra.cloudformation import Region
from tests.support.regions import REGIONS

SETTINGS = ApiSettings(
    access=Access.OPEN,
    access_table="",
    allowed_origins="*",
    job_kept_days=1,
    jobs_table="",
    originals_bucket="originals",
    results_bucket="results",
    detect_queue_url="",
    detector_function="",
    public_url="https://api.example",
    stream_url="wss://stream.example/ws",
)


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> ImageStore:
    """Return a store whose S3 client is created from the test's environment variables."""
    monkeypatch.setattr("facelib.stores.objects.images.s3", cache(clients.s3.__wrapped__))
    return ImageStore("originals", "results")


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_presigned_addresses_name_the_region_of_the_bucket(
    images: ImageStore, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region.name)
    form, result = images.upload_form("job", None).url, images.result_url("job", Render.BOXES, 60)
    assert form == f"https://originals.s3.{region.name}.{region.suffix}/"
    assert result.startswith(f"https://results.s3.{region.name}.{region.suffix}/results/job/")
    assert f"%2F{region.name}%2Fs3%2Faws4_request" in result


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_the_pages_may_connect_only_to_the_buckets_and_the_stream(
    images: ImageStore, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region.name)
    domain = f"s3.{region.name}.{region.suffix}"
    page = page_policy(SETTINGS, images).split("; ")
    assert f"img-src 'self' blob: data: https://results.{domain}" in page
    assert f"connect-src 'self' https://results.{domain} https://originals.{domain} wss://stream.example" in page
    assert f"connect-src 'self' https://results.{domain}" in docs_policy(images).split("; ")


def test_a_local_stack_uses_one_host_for_all_buckets(images: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    assert images.upload_form("job", None).url == "http://localhost:4566/originals"
    assert urlsplit(images.result_url("job", Render.BOXES, 60)).netloc == "localhost:4566"
