"""Only the intended routes are open to anyone."""

from typing import Any

from facelib.domain import limits

from infra.template import load, resources

PUBLIC = {
    "ANY /",
    "ANY /static/{proxy+}",
    "ANY /docs",
    "ANY /swagger-ui/{proxy+}",
    "ANY /openapi.json",
    "ANY /asyncapi.json",
    "ANY /health",
    "ANY /limits",
    # Preflights do not have a key.
    "OPTIONS /{proxy+}",
}
# Frames of an accepted connection do not need a key.
OF_CONNECTIONS = {"$default", "$disconnect"}
AUTHORIZERS = {
    ("HttpApi", "$default"): "KeyAuthorizer",
    ("HttpApi", "POST /rekognition"): "TokenAuthorizer",
    ("HttpApi", "POST /rekognition/{proxy+}"): "TokenAuthorizer",
    ("WebSocketApi", "$connect"): "TicketAuthorizer",
}


def routes() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (route.properties["ApiId"]["Ref"], route.properties["RouteKey"]): dict(route.properties)
        for route in resources("AWS::ApiGatewayV2::Route")
    }


def test_keys_are_required_by_default() -> None:
    template = load()
    assert template["Parameters"]["Access"]["Default"] == "keys"
    assert template["Conditions"]["NeedsKeys"] == {"Fn::Equals": [{"Ref": "Access"}, "keys"]}


def test_only_these_routes_are_open_to_anyone() -> None:
    is_open = {key for key, route in routes().items() if "AuthorizationType" not in route}
    assert is_open == {("HttpApi", key) for key in PUBLIC} | {("WebSocketApi", key) for key in OF_CONNECTIONS}


def test_every_other_route_has_its_authorizer() -> None:
    guarded = {key: route for key, route in routes().items() if "AuthorizationType" in route}
    assert set(guarded) == set(AUTHORIZERS)
    for key, route in guarded.items():
        assert route["AuthorizationType"] == {"Fn::If": ["NeedsKeys", "CUSTOM", "NONE"]}
        assert route["AuthorizerId"] == {"Fn::If": ["NeedsKeys", {"Ref": AUTHORIZERS[key]}, {"Ref": "AWS::NoValue"}]}


def test_the_cache_key_is_the_header_with_the_key() -> None:
    sources = {one.name: one.properties for one in resources("AWS::ApiGatewayV2::Authorizer")}
    assert {name: source["IdentitySource"] for name, source in sources.items()} == {
        "KeyAuthorizer": ["$request.header.Authorization"],
        "TokenAuthorizer": ["$request.header.X-Amz-Security-Token"],
        "TicketAuthorizer": ["route.request.querystring.ticket"],
    }
    for name in ("KeyAuthorizer", "TokenAuthorizer"):
        assert sources[name]["AuthorizerResultTtlInSeconds"] == limits.KEY_CACHE_SECONDS
        assert sources[name]["EnableSimpleResponses"] is True
    # A ticket is valid once, so the result must not be cached; WebSocket APIs never cache it.
    assert "AuthorizerResultTtlInSeconds" not in sources["TicketAuthorizer"]


def test_no_function_can_create_a_key() -> None:
    granted = [
        statement["Action"]
        for role in resources("AWS::IAM::Role")
        for policy in role.properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "KeysTable" in str(statement.get("Resource"))
    ]
    assert granted == ["dynamodb:GetItem"] * 2
