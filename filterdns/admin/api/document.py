"""The OpenAPI 3.1 document, made of the table of operations."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from filterdns import __version__
from filterdns.admin.api.operation import Operation
from filterdns.admin.api.shape import Shape, each, number, record, text

PROBLEM = record(
    {"type": text(), "title": text(), "status": number()},
    {"detail": text(most=2000), "errors": each(record({"pointer": text(), "detail": text(most=2000)}))},
)
_CODES = (400, 401, 403, 404, 405, 409, 413, 415, 422, 503)


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """As served at /api/v1/openapi.json."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "FilterDNS",
            "version": __version__,
            "description": "What the parents' page does, for programs. A parent makes a key for each program; it has "
            "a role, which each operation names. Times are epoch seconds.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": PROBLEM},
            "responses": {
                f"Problem{code}": {
                    "description": HTTPStatus(code).phrase,
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                for code in _CODES
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.about,
        "x-role": operation.role,
        "responses": {
            str(operation.status): {
                "description": HTTPStatus(operation.status).phrase,
                "content": {"application/json": {"schema": operation.answer}},
            },
            **{str(code): {"$ref": f"#/components/responses/Problem{code}"} for code in _CODES},
        },
    }
    parameters = [_parameter(name, "path", number()) for name in operation.keys]
    parameters += [_parameter(name, "query", shape) for name, shape in operation.query.items()]
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        found["requestBody"] = {
            "required": "required" in operation.body,
            "content": {"application/json": {"schema": operation.body}},
        }
    return found


def _parameter(name: str, place: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": shape}
