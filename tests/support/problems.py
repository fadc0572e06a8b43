"""Checks that apply to every problem document."""

import httpx


def assert_problem(response: httpx.Response, status: int, *words: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["request_id"]
    for word in words:
        assert word in problem["detail"]
