"""Every wrong field of a body at once: the decoder stops at its first error, a person wants to mend all of them."""

import re
import types
import typing
from typing import Any

import msgspec
from litestar import Request

from backend.core.problems import FieldError, InvalidFields

NAMED_VALUE_LENGTH_MAX = 80
ERRORS_MAX = 100
SECRET_FIELDS = ("password", "totp", "token", "secret")


def field_errors(wanted: Any, body: bytes) -> list[FieldError]:
    """What is wrong in `body` (JSON) compared with the type `wanted`, by field path ("stops.0.lon").

    Empty when nothing is wrong; at most `ERRORS_MAX`. Values are quoted back, shortened, except secrets.
    """
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        return [FieldError("body", "not-json", f"The body is not JSON: {error}")]
    except RecursionError:
        return [FieldError("body", "not-json", "The body is nested too deeply")]
    return _check(wanted, value, "")[:ERRORS_MAX]


async def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """Refuse the character U+0000 in a query or a JSON body: no text of ours has it, and PostgreSQL cannot keep it."""
    named = [name for name, value in request.query_params.multi_items() if "\0" in name + str(value)]
    if named:
        raise InvalidFields(
            [
                FieldError(name.replace("\0", ""), "invalid", "Leave out the character U+0000")
                for name in named
            ]
        )
    if request.content_type[0] in ("application/json", "") and rb"\u0000" in await request.body():
        raise InvalidFields([FieldError("body", "invalid", "Leave out the character U+0000")])


def _check(wanted: Any, value: Any, path: str) -> list[FieldError]:
    bare = _bare(wanted)
    origin = typing.get_origin(bare)
    if origin in (typing.Union, types.UnionType):
        options = [each for each in typing.get_args(bare) if each not in (types.NoneType, msgspec.UnsetType)]
        return (
            _check(options[0], value, path)
            if value is not None and len(options) == 1
            else _whole(wanted, value, path)
        )
    if origin is list and isinstance(value, list):
        item_type = typing.get_args(bare)[0]
        found = [
            error
            for index, item in enumerate(value)
            for error in _check(item_type, item, _join(path, str(index)))
        ]
        return found or _whole(wanted, value, path)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct) and isinstance(value, dict):
        return _check_struct(bare, value, path)
    return _whole(wanted, value, path)


def _bare(wanted: Any) -> Any:
    """The type without its alias and its constraints."""
    while True:
        if isinstance(wanted, typing.TypeAliasType):
            wanted = wanted.__value__
        elif typing.get_origin(wanted) is typing.Annotated:
            wanted = typing.get_args(wanted)[0]
        else:
            return wanted


def _check_struct(wanted: type[msgspec.Struct], value: dict[str, Any], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    fields = msgspec.structs.fields(wanted)
    for field in fields:
        place = _join(path, field.encode_name)
        if field.encode_name in value:
            found += _check(field.type, value[field.encode_name], place)
        elif field.required:
            found.append(FieldError(place, "missing", "This field is needed"))
    if wanted.__struct_config__.forbid_unknown_fields:
        known = [field.encode_name for field in fields]
        unknown = [key for key in value if key not in known]
        message = f"There is no such field; known are {', '.join(known)}"
        found += [
            FieldError(_join(path, key[:NAMED_VALUE_LENGTH_MAX]), "unknown", message) for key in unknown
        ]
    return found or _whole(wanted, value, path)


def _whole(wanted: Any, value: Any, path: str) -> list[FieldError]:
    try:
        msgspec.convert(value, wanted, strict=False)  # as forgiving as the framework is with bodies
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        path = _join(path, re.sub(r"\[([^\]]*)\]", r".\1", place.rstrip("`")).strip("."))
        secret = any(part in path for part in SECRET_FIELDS)
        return [FieldError(path or "body", "invalid", message, None if secret else _quoted(value))]
    return []


def _join(path: str, part: str) -> str:
    return ".".join(each for each in (path, part) if each)


def _quoted(value: Any) -> Any:
    if isinstance(value, str):
        return value[:NAMED_VALUE_LENGTH_MAX]
    return value if isinstance(value, int | float | bool) else None
