"""Errors as RFC 9457 problem details: a stable type and code, parameters for the phone to word, and every field.

A feature raises a `Problem`; `problem_handlers` turns it, and everything else that can go wrong while a request is
served, into one `application/problem+json` answer.
"""

import http
import re
from typing import Any, ClassVar

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.types import ExceptionHandlersMap
from litestar.utils.scope.state import ScopeState

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "https://lexun.invalid/problems/"


class FieldError(msgspec.Struct, frozen=True):
    """One wrong field: its path ("stops.0.lon"), a code, the value as it was sent, and what to write instead."""

    field: str
    code: str
    message: str
    value: Any = None


class Problem(Exception):
    """A refusal with a status, a stable code and parameters; subclasses name the usual ones."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "The request cannot be carried out"

    def __init__(self, detail: str = "", /, *, headers: dict[str, str] | None = None, **params: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.params = params
        self.headers = headers or {}
        self.errors: list[FieldError] = []

    @staticmethod
    def of(code: str, status: int, title: str, /, **params: Any) -> "Problem":
        """A problem of a kind that needs no class of its own."""
        kind = type("".join(part.title() for part in code.split("-")), (Problem,), {})
        kind.status, kind.code, kind.title = status, code, title
        return kind(**params)


class NotFound(Problem):
    """The thing is not there, or the asker has nothing to do with it."""

    status, code, title = 404, "not-found", "There is no such thing here"


class NotSignedIn(Problem):
    """A session is needed."""

    status, code, title = 401, "not-signed-in", "Sign in first"


class NotAllowed(Problem):
    """The session's roles do not cover this."""

    status, code, title = 403, "not-allowed", "Your role does not allow this here"


class ReauthenticationRequired(Problem):
    """The password must have been given within the last minutes."""

    status, code, title = 403, "reauthentication-required", "Enter your password once more"


class Conflict(Problem):
    """The thing's state does not allow the move."""

    status, code, title = 409, "conflict", "The state of this does not allow that step"


class StaleVersion(Conflict):
    """Someone else changed it meanwhile."""

    code, title = "stale-version", "Someone else changed this meanwhile; look again"


class Gone(Problem):
    """It was here, and is over."""

    status, code, title = 410, "gone", "This is over"


class RateLimited(Problem):
    """Too many tries."""

    status, code, title = 429, "rate-limited", "Too many tries; wait a little"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_s)}, retry_after_s=retry_after_s)


class InvalidFields(Problem):
    """One or more fields are wrong; all of them are named."""

    status, code, title = 422, "invalid-fields", "Some fields need a correction"

    def __init__(self, errors: list[FieldError]) -> None:
        first = errors[0]
        super().__init__(f"{first.field}: {first.message}")
        self.errors = errors


class Unavailable(Problem):
    """A part that is needed does not answer."""

    status, code, title = 503, "unavailable", "This part is not available right now"


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """The body of every error answer."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    params: dict[str, Any] = {}
    errors: list[FieldError] = []


def request_id_of(request: Request[Any, Any, Any]) -> str:
    """The id under which this request stands in the log."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def problem_response(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """The answer for `problem`."""
    body = ProblemDetails(
        type=TYPE_PREFIX + problem.code,
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        code=problem.code,
        instance=request_id_of(request),
        params=problem.params,
        errors=problem.errors,
    )
    return Response(
        msgspec.json.encode(body, enc_hook=str),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def _from_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, Problem)
    return problem_response(request, error)


def _from_validation(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, ValidationException)
    extra = [item for item in error.extra if isinstance(item, dict)] if isinstance(error.extra, list) else []
    found = [
        _parameter_error(request, str(item.get("key", "query")), str(item.get("message", "")))
        for item in extra
        if item.get("source") != "body" and item.get("key") != "data"
    ]
    if missing := _MISSING_PARAMETER.search(error.detail):
        found.append(FieldError(missing["name"], "missing", f"This {missing['kind']} parameter is needed"))
    found += _body_errors(request)
    if not found:  # a body that is no JSON structure, such as a form
        messages = [str(item.get("message", "")) for item in extra] or [error.detail]
        found = [FieldError("body", "invalid", message) for message in messages]
    return problem_response(request, InvalidFields(found))


def _parameter_error(request: Request[Any, Any, Any], key: str, message: str) -> FieldError:
    """A wrong parameter by the name it has in the address, with the value that was sent."""
    model = request.route_handler.signature_model
    field = model._fields.get(key) if model is not None else None
    name = getattr(field.kwarg_definition, "name", None) if field is not None else None
    return FieldError(name or key, "invalid", message, request.query_params.get(name or key))


_MISSING_PARAMETER = re.compile(r"^Missing required (?P<kind>\w+) parameter '(?P<name>[^']+)'")


def _body_errors(request: Request[Any, Any, Any]) -> list[FieldError]:
    """All errors of a JSON body; the body was read before the handler failed and is still at hand."""
    from backend.core.validation import field_errors

    body = ScopeState.from_scope(request.scope).body
    expected = request.route_handler.parsed_data_field
    if not isinstance(body, bytes) or expected is None or not _is_struct(expected.annotation):
        return []
    return field_errors(expected.annotation, body)


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


_HTTP_CODES = {
    400: "bad-request",
    401: "not-signed-in",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    429: "rate-limited",
    503: "unavailable",
}


def _from_http(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, HTTPException)
    if error.status_code >= 500:
        return _from_unexpected(request, error)
    if isinstance(error.__cause__, SerializationException) and (unreadable := _body_errors(request)):
        return problem_response(request, InvalidFields(unreadable))
    code = _HTTP_CODES.get(error.status_code, "bad-request")
    if error.status_code == 403 and "CSRF" in error.detail:
        code = "csrf-failed"
    detail = error.detail if error.status_code in (400, 403, 413, 415) else ""
    problem = Problem.of(code, error.status_code, http.HTTPStatus(error.status_code).phrase)
    problem.detail = detail or problem.title
    problem.headers = {
        name: value
        for name, value in (error.headers or {}).items()
        if name.lower() in ("allow", "retry-after")
    }
    return problem_response(request, problem)


def _from_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    if isinstance(error, RecursionError) and (unreadable := _body_errors(request)):
        return problem_response(request, InvalidFields(unreadable))
    log.error("unhandled_error", exc_info=error, request_id=request_id_of(request))
    return problem_response(
        request, Problem.of("internal", 500, "Something went wrong on our side; nothing of yours was lost")
    )


problem_handlers: ExceptionHandlersMap = {
    Problem: _from_problem,
    ValidationException: _from_validation,
    HTTPException: _from_http,
    Exception: _from_unexpected,
}
