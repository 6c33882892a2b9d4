"""Why points moved: lines of a code and parameters, which the phone puts into words."""

import msgspec

Parameter = str | int | float | bool | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One reason and the points it adds or takes; params are what its wording needs."""

    code: str
    points: int
    params: dict[str, Parameter] = {}


def dump_lines(lines: tuple[Line, ...]) -> str:
    """The lines as JSON text; the same lines always give the same text."""
    return msgspec.json.encode(lines, order="sorted").decode()


def load_lines(text: str) -> tuple[Line, ...]:
    """The lines that `dump_lines` wrote."""
    return msgspec.json.decode(text, type=tuple[Line, ...])
