"""The OpenAPI document: what the framework generates, with the error answers told as they really are."""

from typing import Any

from litestar import Litestar, MediaType, Response, get
from litestar.serialization import encode_json

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "stable, for machines"},
        "instance": {"type": "string", "description": "the request's id in the log"},
        "params": {"type": "object", "additionalProperties": True},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "value": {},
                },
            },
        },
    },
}
PROBLEM_ANSWER: dict[str, Any] = {
    "description": "A problem: the code says which",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def openapi_document(app: Litestar) -> dict[str, Any]:
    """The document as JSON values, the same for the same code."""
    document: dict[str, Any] = app.openapi_schema.to_schema()
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for path in document.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"] = {
                    status: answer for status, answer in operation["responses"].items() if status < "400"
                } | {"default": PROBLEM_ANSWER}
    return document


@get("/openapi.json", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def get_openapi(request: Any) -> Response[Any]:
    state = request.app.state
    if "openapi" not in state:  # made once: it takes a tenth of a second, and anybody may ask for it
        state["openapi"] = encode_json(openapi_document(request.app))
    return Response(state["openapi"], media_type=MediaType.JSON)
