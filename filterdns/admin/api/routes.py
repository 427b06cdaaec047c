"""The way of a program's request: its route, its checks, its operation, its answer."""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from flask import Blueprint, Response, jsonify, request

from filterdns.admin.api import changing, reading, settling
from filterdns.admin.api.document import document
from filterdns.admin.api.operation import Call, Operation, ProblemError
from filterdns.admin.api.problem import problem
from filterdns.admin.api.shape import Shape, faults
from filterdns.admin.change import sentence
from filterdns.admin.gate import open_to_all, open_to_programs
from filterdns.household.accounts import AccountError
from filterdns.household.changes import ChangedMeanwhileError
from filterdns.household.history import HistoryError
from filterdns.household.requests import RequestError
from filterdns.policy.rules import RuleError
from filterdns.verdict import AskedWrongError, NothingPublishedError

pages = Blueprint("api", __name__, url_prefix="/api/v1")

OPERATIONS = (*reading.OPERATIONS, *changing.OPERATIONS, *settling.OPERATIONS)


@pages.get("/openapi.json")
@open_to_all
def openapi() -> Response:
    """What programs may ask for."""
    return jsonify(document(OPERATIONS))


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**keys: int) -> Response:
        try:
            found = operation.act(Call(keys, _body(operation), _query(operation)))
        except ProblemError as error:
            return problem(error.status, error.detail, error.errors)
        except ChangedMeanwhileError as error:
            return problem(409, sentence(error))
        except RequestError:
            return problem(409, "This is answered already.")
        except (RuleError, AskedWrongError, AccountError) as error:
            return problem(422, sentence(error))
        except (NothingPublishedError, HistoryError):
            return problem(503, "This cannot be read just now.")
        answer: Response = jsonify(found)
        answer.status_code = operation.status
        return answer

    view.__doc__ = operation.about
    return open_to_programs(operation.role)(view)


def _body(operation: Operation) -> dict[str, Any]:
    content = request.get_data()
    if operation.method in ("GET", "DELETE") or (not content and operation.body is None):
        return {}
    try:
        body = json.loads(content or b"{}", parse_constant=_refuse, object_pairs_hook=_without_doublets)
    except ValueError:  # of JSON, of UTF-8, of what is refused
        raise ProblemError(400, "The body is not JSON.") from None
    _check(operation.body or {"type": "object", "properties": {}, "additionalProperties": False}, body)
    return body  # type: ignore[no-any-return]


def _query(operation: Operation) -> dict[str, str]:
    given = request.args.to_dict()
    typed: dict[str, object] = dict(given)
    for name, shape in operation.query.items():
        if shape["type"] == "integer" and name in given:
            is_number = given[name].isascii() and given[name].isdigit() and len(given[name]) < 20  # noqa: PLR2004
            typed[name] = int(given[name]) if is_number else given[name]
    _check({"type": "object", "properties": dict(operation.query), "additionalProperties": False}, typed)
    return given


def _check(shape: Shape, value: object) -> None:
    found = [{"pointer": place, "detail": fault} for place, fault in faults(shape, value)]
    if found:
        raise ProblemError(422, "Some of this is not as it must be.", found[:50])


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _without_doublets(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


for _each in OPERATIONS:
    _rule = _each.path.replace("{", "<int:").replace("}", ">")
    pages.add_url_rule(_rule, _each.id, _view(_each), methods=[_each.method])
