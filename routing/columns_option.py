"""The option `--columns` of commands that read incident files."""

import click


def read_columns(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> dict[str, str] | None:
    """FIELD=HEADER,… as a mapping; an empty header says that the file has no such column."""
    if value is None:
        return None
    pairs = [part.partition("=") for part in value.split(",")]
    if not all(field.strip() and equals for field, equals, _ in pairs):
        raise click.BadParameter(f"{value!r} is not FIELD=HEADER,... such as time=报警时间,lon=经度,lat=纬度")
    return {field.strip(): header.strip() for field, _, header in pairs}
