"""Every wrong field of a body at once: the decoder stops at its first error, a person wants to mend all of them."""

from typing import Any

import msgspec
from msgspec import inspect as types

from backend.core.problems import FieldError

NAMED_VALUE_LENGTH_MAX = 80
SECRET_FIELDS = ("password", "totp", "token", "secret")


def field_errors(wanted: Any, body: bytes) -> list[FieldError]:
    """What is wrong in `body` (JSON) compared with the type `wanted`, by field path ("stops.0.lon").

    Empty when nothing is wrong. Values are quoted back, shortened, except secrets.
    """
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        return [FieldError("body", "not-json", f"The body is not JSON: {error}")]
    return list(_check(types.type_info(wanted), wanted, value, ""))


def _check(info: types.Type, wanted: Any, value: Any, path: str) -> list[FieldError]:
    if isinstance(info, types.StructType) and isinstance(value, dict):
        return _check_struct(info, value, path)
    if isinstance(info, types.ListType) and isinstance(value, list):
        found: list[FieldError] = []
        for index, item in enumerate(value):
            found += _check_inner(info.item_type, item, f"{path}.{index}" if path else str(index))
        return found or _whole(wanted, value, path)
    if isinstance(info, types.UnionType) and value is not None:
        structs = [option for option in info.types if isinstance(option, types.StructType)]
        if len(structs) == 1 and isinstance(value, dict):
            return _check_struct(structs[0], value, path)
    return _whole(wanted, value, path)


def _check_inner(info: types.Type, value: Any, path: str) -> list[FieldError]:
    if isinstance(info, types.StructType):
        return _check(info, info.cls, value, path)
    return []


def _check_struct(info: types.StructType, value: dict[str, Any], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    hints = {field.name: field for field in msgspec.structs.fields(info.cls)}
    for field in info.fields:
        place = f"{path}.{field.encode_name}" if path else field.encode_name
        if field.encode_name in value:
            found += _check(field.type, hints[field.name].type, value[field.encode_name], place)
        elif field.required:
            found.append(FieldError(place, "missing", "This field is needed"))
    if info.forbid_unknown_fields:
        known = [field.encode_name for field in info.fields]
        found += [
            FieldError(f"{path}.{key}" if path else key, "unknown", f"There is no such field; known are {', '.join(known)}")
            for key in value
            if key not in known
        ]
    return found or _whole(info.cls, value, path)


def _whole(wanted: Any, value: Any, path: str) -> list[FieldError]:
    try:
        msgspec.convert(value, wanted, strict=True)
    except msgspec.ValidationError as error:
        message = str(error).split(" - at `")[0]
        secret = any(part in path for part in SECRET_FIELDS)
        return [FieldError(path or "body", "invalid", message, None if secret else _quoted(value))]
    return []


def _quoted(value: Any) -> Any:
    if isinstance(value, str):
        return value[:NAMED_VALUE_LENGTH_MAX]
    return value if isinstance(value, int | float | bool) else None
