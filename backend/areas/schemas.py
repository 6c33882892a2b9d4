"""Wire types of areas."""

import uuid

import msgspec


class AreaRef(msgspec.Struct):
    """An area as other things name it."""

    id: uuid.UUID
    path: str
    name_zh: str
    name_en: str


class BaseMap(msgspec.Struct):
    """The vector base map of a district: one file, fetched whole."""

    url: str
    sha256: str
    min_zoom: int
    max_zoom: int


class AreaOut(msgspec.Struct):
    """An area with what a map needs; `bounds` is west, south, east, north."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    path: str
    kind: str
    name_zh: str
    name_en: str
    center: tuple[float, float]
    bounds: tuple[float, float, float, float]
    time_zone: str
    demo: bool
    basemap: BaseMap | None
