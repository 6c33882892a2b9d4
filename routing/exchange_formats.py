"""The formats in which a plan is given and taken: which there are, and which a file is of."""

from collections.abc import Callable
from dataclasses import dataclass

from routing.exchange import Fault, FormatName, PlanFile, PlanFileError
from routing.exchange_geojson import from_geojson, to_geojson
from routing.exchange_gpx import from_gpx, to_gpx
from routing.exchange_xlsx import from_xlsx, to_xlsx
from routing.words import Words


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is written and read, by what its files begin with, and its media type."""

    media_type: str
    starts: bytes
    write: Callable[[PlanFile], bytes]
    read: Callable[[bytes], PlanFile]


FORMATS: dict[FormatName, Format] = {
    "geojson": Format("application/geo+json", b"{", to_geojson, from_geojson),
    "gpx": Format("application/gpx+xml", b"<", to_gpx, from_gpx),
    "xlsx": Format(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK", to_xlsx, from_xlsx
    ),
}


def read_plan_file(data: bytes) -> PlanFile:
    """The plan in a file, whose format is told by its content. PlanFileError with every fault when it cannot be used."""
    begins = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    for each in FORMATS.values():
        if begins.startswith(each.starts):
            return each.read(data)
    remedy = Words(
        "请给 GeoJSON、GPX 或 xlsx 文件；可以先导出一个方案看看格式",
        "give a GeoJSON, GPX or xlsx file; export a plan to see what they look like",
    )
    raise PlanFileError(
        [Fault(Words("整个文件", "the whole file"), "format", begins[:20].decode(errors="replace"), remedy)]
    )
