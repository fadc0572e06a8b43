"""The routes that describe the service itself, tested in process."""

import httpx
import pytest
from face_api import dependencies
from face_api.offers import OptionOffered, options_offered
from facelib.domain import limits
from facelib.domain.options import Options
from facelib.domain.renders import Render

from tests.support.api import Api

PAGES = [
    "/",
    "/docs",
    "/openapi.json",
    "/asyncapi.json",
    "/health",
    "/limits",
    "/static/page.js",
    "/swagger-ui/swagger-ui.css",
]


@pytest.mark.parametrize("path", PAGES)
def test_get_and_head_of_a_page_agree(api: Api, path: str) -> None:
    page, head = api.get(path), api.request("HEAD", path)
    assert (page.status_code, head.status_code, head.content) == (200, 200, b"")
    assert page.headers["content-type"] == head.headers["content-type"]
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_health_lists_the_networks_that_detect_faces(api: Api) -> None:
    assert api.get("/health").json() == {"status": "ok", "detectors": ["centerface", "yunet"]}


def test_the_limits_route_returns_the_current_limits(api: Api) -> None:
    response = api.get("/limits").json()
    assert response["direct_upload_bytes"] == limits.DIRECT_UPLOAD_BYTES
    assert response["job_kept_days"] == 1
    assert response["stream_url"] == "wss://stream.example"


def test_the_limits_route_lists_every_render(api: Api) -> None:
    offered = {render["name"]: render for render in api.get("/limits").json()["renders"]}
    assert list(offered) == list(Render)
    hiding = {name for name, render in offered.items() if render["hides_faces"]}
    assert hiding >= {"blur", "pixelate", "solid"}
    assert not hiding & {"boxes", "plain", "crop", "preview", "none"}
    assert offered["blur"] == {
        "name": "blur",
        "label": "Blurred",
        "description": "Every face blurred.",
        "hides_faces": True,
        "media_type": "image/jpeg",
        "suffix": "jpg",
        "options": ["blur_strength"],
    }


def test_the_limits_route_lists_the_options_that_are_declared_with_a_control(api: Api) -> None:
    response = api.get("/limits").json()
    offered = {option["name"]: option for option in response["options"]}
    assert offered["crop_faces"] == {
        "name": "crop_faces",
        "label": "Faces to keep",
        "choices": [{"value": None, "label": "all"}, {"value": "largest", "label": "the largest"}],
    }
    # The page shows the options of the chosen render, so each of them must be offered.
    assert {option for render in response["renders"] for option in render["options"]} <= offered.keys()


@pytest.mark.parametrize(
    ("option", "value"), [(one.name, choice.value) for one in options_offered() for choice in one.choices]
)
def test_every_choice_that_is_offered_is_accepted(option: str, value: bool | float | str | None) -> None:
    if value is None:
        return
    assert getattr(Options.model_validate({option: value}), option) == value
    assert Options.model_validate({option: value}) == Options.from_text({option: str(value)})


@pytest.mark.parametrize("option", options_offered(), ids=lambda option: str(option.name))
def test_every_offered_option_has_one_choice_that_leaves_it_to_the_service(option: OptionOffered) -> None:
    assert [choice.value for choice in option.choices].count(None) == 1
    default = Options.model_fields[option.name].default
    assert default not in [choice.value for choice in option.choices if choice.value is not None]


def test_only_static_files_are_cached(api: Api) -> None:
    assert api.get("/static/page.js").headers["cache-control"] == "public, max-age=300"
    assert api.get("/health").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/image", 405)])
def test_unknown_addresses_and_methods_are_problems(api: Api, method: str, path: str, status: int) -> None:
    response = api.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


def test_the_page_may_connect_only_to_the_buckets_and_the_stream(api: Api) -> None:
    policy = directives(api.get("/"))
    results = "https://results.s3.us-east-1.amazonaws.com"
    uploads = results.replace("results", "originals")
    assert policy["img-src"] == f"'self' blob: data: {results}"
    assert policy["connect-src"] == f"'self' {results} {uploads} wss://stream.example"


@pytest.mark.parametrize("path", ["/", "/docs", "/health"])
def test_no_policy_names_a_whole_scheme(api: Api, path: str) -> None:
    sources = " ".join(directives(api.get(path)).values()).split()
    assert not {"http:", "https:", "ws:", "wss:", "*"} & set(sources)


def directives(response: httpx.Response) -> dict[str, str]:
    pairs = (one.strip().partition(" ") for one in response.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in pairs}


def test_the_streams_description_names_this_deployment(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    described = api.get("/asyncapi.json").json()
    assert described["servers"] == {"stream": {"host": "stream.example", "pathname": "/", "protocol": "wss"}}
    assert described["components"]["messages"]["jobEvents"]["examples"]
    monkeypatch.setenv("ACCESS", "keys")
    dependencies.settings.cache_clear()
    (scheme,) = api.get("/asyncapi.json").json()["servers"]["stream"]["security"]
    assert described["components"]["securitySchemes"][scheme["$ref"].rpartition("/")[2]]["name"] == "ticket"


def test_the_error_for_an_unknown_path_mentions_the_documentation(api: Api) -> None:
    """The message does not contain a full URL, because the service may have a path prefix, as on the local stack."""
    assert "open /docs below the service's base URL" in api.get("/nothing").json()["detail"]


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/static/page.js", "/jobs"])
def test_long_responses_are_compressed_if_the_client_accepts_gzip(api: Api, path: str) -> None:
    for _ in range(3):
        api.post("/uploads", json={})
    plain = api.get(path, headers={"Accept-Encoding": "identity"})
    packed = api.get(path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
