"""Problem documents (RFC 9457): what kept a program's request from being done."""

import json
from http import HTTPStatus

from flask import Response


def problem(status: int, detail: str = "", errors: list[dict[str, str]] | None = None) -> Response:
    """One as an answer."""
    said: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        said["detail"] = detail
    if errors:
        said["errors"] = errors
    answer = Response(json.dumps(said), status, mimetype="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
