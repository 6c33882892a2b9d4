"""The OpenAPI document is valid and complete: the web app's types are made from it."""

from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.support.app import ApiClient

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
async def document(client: ApiClient) -> dict[str, Any]:
    """The document as anybody may fetch it."""
    answer = await client.get("/api/openapi.json")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    return answer.json()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every operation with its path."""
    return [
        (path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


async def test_it_is_valid(document: dict[str, Any]) -> None:
    """By the rules of OpenAPI 3.1."""
    assert document["openapi"].startswith("3.1")
    validate(document)


async def test_operations_are_named_once(document: dict[str, Any]) -> None:
    """Each has an id of its own in snake_case and says in a sentence what it does."""
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids)) > 50
    assert all(each.replace("_", "").isalnum() and each == each.lower() for each in ids)
    assert [path for path, operation in operations(document) if not operation.get("summary")] == []


async def test_every_operation_may_answer_with_a_problem(document: dict[str, Any]) -> None:
    """And with no other error: what the framework guesses about errors is wrong."""
    for path, operation in operations(document):
        assert {status for status in operation["responses"] if status >= "4"} == {"default"}, path
        content = operation["responses"]["default"]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


async def test_only_the_api_is_described(document: dict[str, Any]) -> None:
    """Pages and files are no operations."""
    outside = {path for path in document["paths"] if not path.startswith("/api/")}
    assert outside <= {"/healthz", "/readyz", "/metrics"}


async def test_it_is_made_once(client: ApiClient) -> None:
    """The second answer is the same, to the byte."""
    first = await client.get("/api/openapi.json")
    assert (await client.get("/api/openapi.json")).content == first.content
